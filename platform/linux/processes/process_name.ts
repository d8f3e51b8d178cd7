const OPENING_PARENTHESIS = 40;
const CLOSING_PARENTHESIS = 41;

/** The name in /proc/PID/stat: it may hold parentheses, and ends at the last one. */
export function parseName(stat: string): string {
  return stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
}

/** A number that changes with the name in `bytes[0, length)` of /proc/PID/stat, made without a string. */
export function hashName(bytes: Uint8Array, length: number): number {
  let at = 0;
  while (at < length && bytes[at] !== OPENING_PARENTHESIS) at++;
  let end = length - 1;
  while (end > at && bytes[end] !== CLOSING_PARENTHESIS) end--;
  let hash = 17;
  for (at++; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]) | 0;
  return hash;
}
