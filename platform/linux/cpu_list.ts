/**
 * How many CPUs a list like `0-3,5` of /sys/devices/system/cpu/online names (cpuset(7), "List format"); null when it
 * is none.
 */
export function countCpuList(text: string): number | null {
  let count = 0;
  for (const range of text.trim().split(",")) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(range);
    if (!match) return null;
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (last < first) return null;
    count += last - first + 1;
  }
  return count;
}
