/*
 * Numbers made small for a page: scaled to whole numbers, of which the differences are written in as many bytes as they
 * need (LEB128), zigzag for the sign; 0 stands for what is not known.
 */

/** The most bytes that one number takes. */
const LONGEST = 9;

/** Write numbers; what is more exact than `1 / scale` is rounded. NaN is kept, and what is too large counts as it. */
export function encodeColumn(values: ArrayLike<number>, scale: number): Uint8Array {
  let bytes = new Uint8Array(2 * values.length + LONGEST);
  let length = 0;
  let before = 0;
  for (let at = 0; at < values.length; at++) {
    if (length + LONGEST > bytes.length) {
      const longer = new Uint8Array(Math.ceil(bytes.length * 1.5) + LONGEST);
      longer.set(bytes);
      bytes = longer;
    }
    const value = Math.round(values[at] * scale);
    // NaN fails this, too; beyond it numbers are no longer whole.
    if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) {
      bytes[length++] = 0;
      continue;
    }
    const more = value - before;
    // Arithmetic instead of shifts: byte counts pass 32 bits.
    let rest = (more >= 0 ? 2 * more : -2 * more - 1) + 1;
    while (rest >= 128) {
      bytes[length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    bytes[length++] = rest;
    before = value;
  }
  return bytes.slice(0, length);
}

/** Read `count` numbers back. */
export function decodeColumn(bytes: Uint8Array, count: number, scale: number): Float64Array {
  const values = new Float64Array(count);
  let before = 0;
  for (let at = 0, index = 0; index < count; index++) {
    let coded = 0;
    for (let weight = 1; at < bytes.length; weight *= 128) {
      const byte = bytes[at++];
      coded += (byte & 127) * weight;
      if (byte < 128) break;
    }
    if (coded === 0) {
      values[index] = NaN;
      continue;
    }
    coded--;
    before += coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2;
    values[index] = before / scale;
  }
  return values;
}
