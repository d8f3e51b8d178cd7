/** Of the line that says how many are left out. */
const RESERVE = 40;

/**
 * The last lines that there is room for. The first of them says how many there was none for: a destination that refuses
 * what is too long would tell nobody anything, when most is to be told.
 */
export function lastLines(
  lines: readonly string[],
  most: number,
  lengthOf: (line: string) => number,
): string[] {
  let room = most - RESERVE;
  let first = lines.length;
  // With the end of the line.
  while (first > 0 && lengthOf(lines[first - 1]) + 1 <= room) room -= lengthOf(lines[--first]) + 1;
  const rest = lines.slice(first);
  return first === 0 ? rest : [`${first === 1 ? "1 line" : `${first} lines`} before these left out`, ...rest];
}
