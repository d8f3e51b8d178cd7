/* Words of 64 bits in structures of the systems, as numbers: all processors that proctor runs on are little-endian. */

/** An unsigned one; exact up to 2^53. */
export function getU64(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
}

/** A signed one, such as a handle; exact up to ±2^53. */
export function getI64(view: DataView, offset: number): number {
  return view.getInt32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
}

/** Write one, which may be negative. */
export function setI64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true);
  view.setInt32(offset + 4, Math.floor(value / 2 ** 32), true);
}
