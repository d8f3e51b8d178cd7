/**
 * Output on its way from a FIFO to the end of a file. Whoever writes to the FIFO cannot cut the file; whoever is killed
 * meanwhile, no byte is lost or doubled.
 */
export interface OutputPump {
  /** Whether that can be done with files of a directory. */
  canPump(directory: string): boolean;
  /**
   * Make a FIFO where there is none, with these permissions whatever the umask.
   * @throws an error with the `code` of what failed
   */
  makeFifo(path: string, mode: number): void;
  /**
   * Have a FIFO's output moved until nobody can write to it any more, also beyond our end; nothing where somebody does.
   * @param title what the process is called in lists
   * @throws an error with the `code` of what failed; ProctorError of kind `system`
   */
  startPump(fifo: string, file: string, title: readonly string[]): void;
  /** Whether somebody moves output to a file. */
  isPumped(file: string): boolean;
  /** Whether something in a FIFO waits to be moved. @param held a descriptor of it, where one is open */
  hasInput(fifo: string, held?: number): boolean;
  /** Whether something waits in any of some FIFOs, by descriptors of theirs. */
  hasAnyInput(held: readonly number[]): boolean;
}

/** Descriptors: pipes and files that processes write to and read from. */
export interface Streams {
  /** A pipe, both ends close-on-exec: what is read from, and what is written to. */
  makePipe(): [number, number];
  /** /dev/null, to be read or written. */
  openNull(): number;
  /**
   * Open a file for writing, made anew or to be added to, without blocking the program (a pipe waits for its reader).
   * @throws an error with the `code` of the failed open
   */
  openForWriting(path: string, append?: boolean): Promise<number>;
  closeDescriptor(descriptor: number): void;
  /**
   * The descriptor of a handle that whoever has started us has passed on: where that is how streams are handed over.
   * From then on our children do not inherit it.
   * @throws ProctorError of kind `usage` where it is none
   */
  openHandle(handle: number): number;
  /** Whether a descriptor is open and leads to a pipe. */
  isPipe(descriptor: number): boolean;
  /** Give the file or pipe that a descriptor leads to another owner; false where that cannot be. */
  changeOwner(descriptor: number, uid: number, gid: number): boolean;
  /** The read end of a pipe as a stream, which closes it. */
  readableOf(descriptor: number): ReadableStream<Uint8Array>;
  /** All writers of such a stream are dead: keep what is left in its pipe, and let go of the descriptor. */
  settle(stream: ReadableStream<Uint8Array>): void;
  /** Read such a stream to its end for nothing, whatever its length; whoever had a reader has let go of it. */
  drain(stream: ReadableStream<Uint8Array>): Promise<void>;
  /**
   * Write to a pipe or socket what it takes without waiting: how many bytes; null for any other file.
   * @throws an error with the `code` of the failed write
   */
  writeAtOnce(descriptor: number, bytes: Uint8Array): number | null;
  /**
   * How to write to a file of a disk of this machine, which does not keep its writers waiting but where it is flooded:
   * how many bytes were written. null for any other file.
   * @throws an error with the `code` of the failed write, when called
   */
  fileWriterAtOnce(descriptor: number): ((bytes: Uint8Array) => number) | null;
  /**
   * Write some bytes to a descriptor without blocking the program; how many.
   * @throws an error with the `code` of the failed write
   */
  writeDescriptor(descriptor: number, bytes: Uint8Array): Promise<number>;
  /** Descriptors above 2 that this process was started with, as far as the runtime keeps them from its children. */
  inheritedDescriptors(): number[];
  /** Mark descriptors close-on-exec; those that are not open are passed over. */
  keepFromChildren(descriptors: readonly number[]): void;
  /** Give a part of a file back to the file system: it reads as zeros then. False where that cannot be done. */
  releaseFileSpace(path: string, offset: number, length: number): boolean;
  /** Moves output through FIFOs into files, by processes that outlive us. */
  readonly outputPump: OutputPump;
}
