import { getI64 } from "../../words.ts";

export { getI64 as i64, getU64 as u64 } from "../../words.ts";

/** Little-endian words of Darwin's structures; both of its processors write them so. */
export const u16 = (view: DataView, offset: number) => view.getUint16(offset, true);
export const i16 = (view: DataView, offset: number) => view.getInt16(offset, true);
export const u32 = (view: DataView, offset: number) => view.getUint32(offset, true);
export const i32 = (view: DataView, offset: number) => view.getInt32(offset, true);

/** Text that ends at a zero, or with its room; what is not UTF-8 is replaced. */
export function text(view: DataView, offset: number, room: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, room);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.slice(0, end < 0 ? room : end));
}

/** A `struct timeval` in microseconds: seconds of 64 bits, microseconds of 32. */
export const microseconds = (view: DataView, offset: number) =>
  getI64(view, offset) * 1e6 + i32(view, offset + 8);
