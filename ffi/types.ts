/**
 * The C types that cross the border. Addresses and sizes (`usize`) are plain numbers on both runtimes:
 * user space ends below 2^47, so they are always safe integers.
 */
export type CType = "i32" | "usize";

/** The type of a C function. */
export interface Signature {
  readonly args: readonly CType[];
  readonly returns: CType;
}

/** A C function as it is called from here. */
export type ForeignFunction = (...args: number[]) => number;

/** A C function that runs on another thread. */
export type AsyncForeignFunction = (...args: number[]) => Promise<number>;

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
  /** Whether the runtime marks the descriptors it was started with close-on-exec. */
  readonly hidesInherited: boolean;
  /**
   * The read end of a pipe as a stream of bytes, which closes it at its end. Part of this border because the
   * runtimes differ: Bun's node:fs blocks a thread per pipe, and Deno's does not know foreign descriptors.
   */
  readableOf(descriptor: number): ReadableStream<Uint8Array>;
  /** All writers of such a stream are dead: keep what is left in its pipe, and let go of the descriptor. */
  settle(stream: ReadableStream<Uint8Array>): void;
  /** View foreign memory; the view stays valid as long as the memory does. */
  bytesAt(address: number, length: number): Uint8Array;
}
