/** What carries messages to a log. */
export interface Transport {
  /** Take a message over, or say by an error code why not: `EAGAIN` where there is just no room. Never waits. */
  send(message: Uint8Array): string | null;
  /** Whether all that was taken over has left. */
  readonly isIdle: boolean;
  close(): void;
}

/** What may be on its way within the runtime. */
export const MOST_UNDER_WAY_BYTES = 262_144;

/** What an error is called, or says. */
export const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? (error as Error).message;
