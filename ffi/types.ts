/**
 * The C types that cross the border. Addresses and sizes (`usize`) are plain numbers on both runtimes:
 * user space ends below 2^47, so they are always safe integers. A `handle` is as wide, and may be one of the few negative
 * numbers that mean something on Windows (-1: none, or this process). A `u32` is never negative.
 */
export type CType = "i32" | "u32" | "usize" | "handle";

/** The type of a C function. */
export interface Signature {
  readonly args: readonly CType[];
  readonly returns: CType;
}

/** A C function as it is called from here. */
export type ForeignFunction = (...args: number[]) => number;

/** A C function that runs on another thread. */
export type AsyncForeignFunction = (...args: number[]) => Promise<number>;

/** A function of ours that C calls, on whatever thread; it runs when the event loop comes to it. */
export interface Callback {
  readonly address: number;
  /** Give it back; nobody may call it any more. */
  close(): void;
}

/** What a runtime offers for calling C; one implementation per runtime. */
export interface ForeignRuntime {
  /**
   * Open a shared library and bind functions of it.
   * @throws whatever the runtime throws when the library or a symbol is missing
   */
  open(library: string, symbols: Record<string, Signature>): Record<string, ForeignFunction>;
  /** Bind the function at an address. */
  functionAt(address: number, signature: Signature): ForeignFunction;
  /** Bind the function at an address to run on another thread; null where the runtime offers no such thing. */
  asyncFunctionAt(address: number, signature: Signature): AsyncForeignFunction | null;
  /** Make a function that C can call from any thread, with what it is given; it keeps no program alive. */
  callback(call: (...args: number[]) => void, args: readonly CType[]): Callback;
  /** Whether the runtime marks the descriptors it was started with close-on-exec. */
  readonly hidesInherited: boolean;
  /** Whether an epoll of the runtime's is readable as long as its event loop has something to do, and else never. */
  readonly isLoopPollable: boolean;
  /**
   * The read end of a pipe as a stream of bytes, which closes it at its end. Part of this border because the
   * runtimes differ: Bun's node:fs blocks a thread per pipe, and Deno's does not know foreign descriptors.
   * @param readRest reads what is left in a pipe, without waiting for more
   */
  readableOf(descriptor: number, readRest: (descriptor: number) => Uint8Array): ReadableStream<Uint8Array>;
  /** All writers of such a stream are dead: keep what is left in its pipe, and let go of the descriptor. */
  settle(stream: ReadableStream<Uint8Array>): void;
  /** Read such a stream to its end for nothing; whoever had a reader has let go of it. */
  drain(stream: ReadableStream<Uint8Array>): Promise<void>;
  /** Have code that runs often compiled as soon as that pays, where the program was built to put it off. */
  compileSoon(): void;
  /** View foreign memory; the view stays valid as long as the memory does. */
  bytesAt(address: number, length: number): Uint8Array;
}
