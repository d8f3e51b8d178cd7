/**
 * How many CPUs a list like `0-3,5` of /sys/devices/system/cpu/online names (cpuset(7), "List format"); null when it
 * is none.
 */
export function countCpuList(text: string): number | null {
  return parseRanges(text)?.reduce((count, [first, last]) => count + last - first + 1, 0) ?? null;
}

/** The numbers that such a list names; null when it is none. */
export function parseCpuList(text: string): number[] | null {
  return parseRanges(text)?.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index)
  ) ?? null;
}

function parseRanges(text: string): [first: number, last: number][] | null {
  const ranges: [number, number][] = [];
  for (const range of text.trim().split(",")) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(range);
    if (!match) return null;
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (last < first) return null;
    ranges.push([first, last]);
  }
  return ranges;
}
