import { ForeignBlock } from "../../posix/foreign_memory.ts";
import { libc } from "./libc.ts";

export { MemoryWriter } from "../../posix/foreign_memory.ts";

/** Zeroed C memory of ours, of the C library that the hot path has bound. */
export class ForeignMemory extends ForeignBlock {
  /** @param size in bytes */
  constructor(size: number) {
    super(libc, size);
  }
}

/** C memory with these bytes. */
export function copyOf(bytes: Uint8Array): ForeignMemory {
  const memory = new ForeignMemory(bytes.length);
  memory.bytes.set(bytes);
  return memory;
}
