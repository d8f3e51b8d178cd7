import { bytesAt } from "../../ffi/mod.ts";
import { libc } from "./libc.ts";

/** Zeroed C memory of ours: it has an address that never moves, and views to read and write it from here. */
export class ForeignMemory {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;

  /** @param size in bytes */
  constructor(readonly size: number) {
    this.address = libc.calloc(1, size);
    this.bytes = bytesAt(this.address, size);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, size);
  }

  /** Write an unsigned 64-bit integer. */
  setU64(offset: number, value: number): void {
    this.view.setUint32(offset, value >>> 0, true);
    this.view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
  }

  /** Read an unsigned 64-bit integer; exact up to 2^53. */
  getU64(offset: number): number {
    return this.view.getUint32(offset + 4, true) * 2 ** 32 + this.view.getUint32(offset, true);
  }

  /** Read a signed 64-bit integer; exact up to ±2^53. */
  getI64(offset: number): number {
    return this.view.getInt32(offset + 4, true) * 2 ** 32 + this.view.getUint32(offset, true);
  }

  /** Give the memory back; no view of it may be used afterwards. */
  free(): void {
    libc.free(this.address);
  }
}

/** Lay out strings, pointer arrays and structs one after another in one block of memory. */
export class MemoryWriter {
  #offset = 0;
  constructor(readonly memory: ForeignMemory) {}

  /** Reserve `size` bytes, aligned to eight; returns the offset. */
  reserve(size: number): number {
    const offset = this.#offset;
    this.#offset = (offset + size + 7) & ~7;
    if (this.#offset > this.memory.size) throw new RangeError(`${size} bytes do not fit into the block`);
    return offset;
  }

  /** Write a C string; returns its address. */
  string(bytes: Uint8Array): number {
    const offset = this.reserve(bytes.length + 1);
    this.memory.bytes.set(bytes, offset);
    this.memory.bytes[offset + bytes.length] = 0;
    return this.memory.address + offset;
  }

  /** Write a NULL-terminated array of C strings; returns its address. */
  strings(list: readonly Uint8Array[]): number {
    const addresses = list.map((item) => this.string(item));
    const offset = this.reserve((addresses.length + 1) * 8);
    addresses.forEach((address, index) => this.memory.setU64(offset + index * 8, address));
    this.memory.setU64(offset + addresses.length * 8, 0);
    return this.memory.address + offset;
  }
}
