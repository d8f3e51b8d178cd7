import { asyncFunctionAt } from "../../../ffi/mod.ts";
import { nodeFs } from "../../../io/builtins.ts";
import { errnoName, systemError } from "./errno.ts";
import type { LibSystem } from "./libsystem.ts";

const LARGEST_PIECE = 65_536;
const MODE = 0o644;
const O_WRONLY = 1;
const O_CLOEXEC = 0x100_0000;
const O_APPEND = 8;
const RTLD_LAZY = 1;

/** Writes that may keep us waiting, on other threads: by node:fs where that takes any descriptor, else by C. */
export class AsyncWriter {
  constructor(readonly system: LibSystem) {}

  /**
   * Open a file for writing, made anew or to be added to, without blocking the program; its descriptor.
   * @throws an error with the `code` of the failed open
   */
  readonly openForWriting = async (path: string, append = false): Promise<number> => {
    const { promises } = nodeFs();
    if ("Bun" in globalThis) {
      return await new Promise((resolve, reject) => {
        nodeFs().open(
          path,
          append ? "a" : "w",
          MODE,
          (error, descriptor) => error ? reject(error) : resolve(descriptor),
        );
      });
    }
    // Deno closes what its node:fs has opened when that is collected: the number is to be ours.
    const file = await promises.open(path, append ? "a" : "w", MODE);
    try {
      const flags = O_WRONLY | O_CLOEXEC | (append ? O_APPEND : 0);
      const descriptor = this.system.c.open(this.system.string(path), flags);
      if (descriptor < 0) throw systemError("open", this.system.errno());
      return descriptor;
    } finally {
      await file.close();
    }
  };

  /**
   * Write some bytes to a descriptor; how many.
   * @throws an error with the `code` of the failed write
   */
  readonly writeDescriptor = async (descriptor: number, bytes: Uint8Array): Promise<number> => {
    if ("Bun" in globalThis) {
      return await new Promise((resolve, reject) => {
        nodeFs().write(
          descriptor,
          bytes,
          0,
          bytes.length,
          null,
          (error, written) => error ? reject(error) : resolve(written),
        );
      });
    }
    // The program itself, and all that is loaded with it (dlopen(3)).
    const everything = this.system.c.dlopen(0, RTLD_LAZY);
    const address = this.system.c.dlsym(everything, this.system.string("write"));
    const write = asyncFunctionAt(address, { args: ["i32", "usize", "usize"], returns: "i32" });
    const piece = bytes.subarray(0, LARGEST_PIECE);
    const memory = this.system.allocate(piece.length);
    try {
      memory.bytes.set(piece);
      const written = await write!(descriptor, memory.address, piece.length);
      if (written >= 0) return written;
      // Another thread's errno is out of reach: the reader is gone, or the disk is full.
      throw Object.assign(new Error("write"), { code: errnoName(5) });
    } finally {
      memory.free();
    }
  };
}
