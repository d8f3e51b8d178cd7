import { bytesAt } from "../../ffi/mod.ts";
import { getI64, getU64, setI64 } from "../words.ts";

/** The C library's own, bound (malloc(3)). */
export interface Allocator {
  calloc(count: number, size: number): number;
  free(address: number): number;
}

/** Zeroed C memory of ours: it has an address that never moves, and views to read and write it from here. */
export class ForeignBlock {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #allocator: Allocator;

  /** @param size in bytes */
  constructor(allocator: Allocator, readonly size: number) {
    this.#allocator = allocator;
    this.address = allocator.calloc(1, size);
    this.bytes = bytesAt(this.address, size);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, size);
  }

  /** Write an unsigned 64-bit integer. */
  setU64(offset: number, value: number): void {
    setI64(this.view, offset, value);
  }

  /** Read an unsigned 64-bit integer; exact up to 2^53. */
  getU64(offset: number): number {
    return getU64(this.view, offset);
  }

  /** Read a signed 64-bit integer; exact up to ±2^53. */
  getI64(offset: number): number {
    return getI64(this.view, offset);
  }

  /** Give the memory back; no view of it may be used afterwards. */
  free(): void {
    this.#allocator.free(this.address);
  }
}

/** Lay out strings, pointer arrays and structs one after another in one block of memory. */
export class MemoryWriter {
  #offset = 0;
  constructor(readonly memory: ForeignBlock) {}

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
