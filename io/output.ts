/** Something that takes bytes. */
export interface Output {
  /** For messages: a path, or `standard output`. */
  readonly label: string;
  /** Write some of the bytes without blocking the program; how many, or an error with a `code`. */
  write(bytes: Uint8Array): Promise<number>;
  /**
   * Write what can be taken without waiting: how many bytes, or null where nobody can tell beforehand.
   * @throws an error with a `code`
   */
  writeAtOnce?(bytes: Uint8Array): number | null;
  /** Whether that is asked of what has gathered, not of each record: it has a price of its own. */
  readonly gathers?: boolean;
  close(): void;
  /** Resolves when nothing half-done is left behind; nothing to wait for when left out. */
  settled?(): Promise<void>;
}
