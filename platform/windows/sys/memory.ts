import { ProctorError } from "../../../core/error.ts";
import { bytesAt } from "../../../ffi/mod.ts";
import { kernel32 } from "./libraries.ts";

export { getI64, getU64, setI64 } from "../../words.ts";

const MEM_COMMIT_RESERVE = 0x3000;
const MEM_RELEASE = 0x8000;
const PAGE_READWRITE = 4;

/** Zeroed memory of ours at an address that never moves, by VirtualAlloc. */
export class Memory {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;

  /** @param size in bytes */
  constructor(readonly size: number) {
    this.address = kernel32().VirtualAlloc(0, size, MEM_COMMIT_RESERVE, PAGE_READWRITE);
    if (this.address === 0) {
      throw new ProctorError("system", `there are no ${size} bytes of memory to be had`);
    }
    this.bytes = bytesAt(this.address, size);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, size);
  }

  /** Give it back; no view of it may be used afterwards. */
  free(): void {
    kernel32().VirtualFree(this.address, 0, MEM_RELEASE);
  }
}

/** Memory with these bytes. */
export function copyOf(bytes: Uint8Array): Memory {
  const memory = new Memory(Math.max(1, bytes.length));
  memory.bytes.set(bytes);
  return memory;
}

let scratch: Memory | undefined;

/** 4 KiB for the structures of one call, with what the one before has left in it; never to be kept. */
export function scratchMemory(): Memory {
  return scratch ??= new Memory(4_096);
}
