import { bytesAt } from "../../../ffi/mod.ts";
import { libc } from "./libc.ts";
import { systemCall } from "./machine_code.ts";

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;

/** Memory of the kernel, or of a file, as if it were ours (mmap(2)). */
export class Mapping {
  /** What stands there now. */
  readonly bytes: Uint8Array;

  private constructor(readonly address: number, readonly size: number) {
    this.bytes = bytesAt(address, size);
  }

  /**
   * Map a piece of what a descriptor stands for; undefined where that cannot be.
   * @param mode to read, or to write, what is shared; or to read what may not be
   */
  static of(
    descriptor: number,
    offset: number,
    size: number,
    mode: "read" | "write" | "read alone",
  ): Mapping | undefined {
    const protection = mode === "write" ? PROT_READ | PROT_WRITE : PROT_READ;
    const sharing = mode === "read alone" ? MAP_PRIVATE : MAP_SHARED;
    const address = libc.mmap(0, size, protection, sharing, descriptor, offset);
    // MAP_FAILED is -1, whether that comes as a signed number or not.
    if (address <= 0 || address > Number.MAX_SAFE_INTEGER) return undefined;
    return new Mapping(address, size);
  }

  /** Give it back; no view of it may be used afterwards. */
  close(): void {
    systemCall("munmap", this.address, this.size);
  }
}
