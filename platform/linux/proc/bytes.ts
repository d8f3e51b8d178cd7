/*
 * Reading numbers out of the kernel's text files without making strings. `end` is the length of what was
 * read; each function starts at `at` and says where it stopped through `cursor.at`.
 */

const ZERO = 48;
const MINUS = 45;
const NEWLINE = 10;

/** Where the last scan stopped; one for all, since nothing here runs in parallel. */
export const cursor = { at: 0 };

/** The next decimal integer at or after `at`, on whatever line; NaN at the end of the text. */
export function nextInteger(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && !isDigit(bytes[at]) && bytes[at] !== MINUS) at++;
  if (at >= end) {
    cursor.at = end;
    return NaN;
  }
  const negative = bytes[at] === MINUS;
  if (negative) at++;
  let value = 0;
  while (at < end && isDigit(bytes[at])) value = value * 10 + (bytes[at++] - ZERO);
  cursor.at = at;
  return negative ? -value : value;
}

const POINT = 46;

/** The next decimal number without a sign at or after `at`, `0.20`; NaN at the end of the text. */
export function nextDecimal(bytes: Uint8Array, at: number, end: number): number {
  const whole = nextInteger(bytes, at, end);
  let next = cursor.at;
  if (next >= end || bytes[next] !== POINT) return whole;
  let digits = 0;
  let scale = 1;
  for (next++; next < end && isDigit(bytes[next]); next++) {
    digits = digits * 10 + (bytes[next] - ZERO);
    scale *= 10;
  }
  cursor.at = next;
  // One division of whole numbers gives the number that is written, to the last bit.
  return (whole * scale + digits) / scale;
}

/**
 * The integer after `key` where it begins a line; NaN when there is no such line. Starts at `at` and leaves
 * the cursor behind the number, so that keys asked for in file order cost one pass in all.
 */
export function integerAfter(bytes: Uint8Array, at: number, end: number, key: Uint8Array): number {
  for (let line = at; line < end; line = nextLine(bytes, line, end)) {
    if (startsWith(bytes, line, end, key)) return nextInteger(bytes, line + key.length, end);
  }
  return NaN;
}

/** The low 32 bits of the hexadecimal mask after `key` where it begins a line; 0 when there is none. */
export function hexadecimalAfter(bytes: Uint8Array, end: number, key: Uint8Array): number {
  for (let line = 0; line < end; line = nextLine(bytes, line, end)) {
    if (!startsWith(bytes, line, end, key)) continue;
    let stop = line;
    while (stop < end && bytes[stop] !== NEWLINE) stop++;
    let low = "";
    for (let at = stop - 8; at < stop; at++) low += String.fromCharCode(bytes[at]);
    return parseInt(low, 16) | 0;
  }
  return 0;
}

function startsWith(bytes: Uint8Array, at: number, end: number, key: Uint8Array): boolean {
  if (at + key.length > end) return false;
  for (let index = 0; index < key.length; index++) {
    if (bytes[at + index] !== key[index]) return false;
  }
  return true;
}

function nextLine(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] !== NEWLINE) at++;
  return at + 1;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 57;
}

const encoder = new TextEncoder();

/** A key for {@link integerAfter}. */
export function key(text: string): Uint8Array {
  return encoder.encode(text);
}
