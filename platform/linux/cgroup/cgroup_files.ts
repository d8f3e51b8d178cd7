import { cursor, integerAfter, key, nextInteger } from "../proc/bytes.ts";

/*
 * The files of a cgroup v2 directory that are read here; Documentation/admin-guide/cgroup-v2.rst describes
 * them. All parsers take the text as `bytes[0, length)` and give base units.
 */

const USAGE = key("usage_usec ");
const USER = key("user_usec ");
const SYSTEM = key("system_usec ");

/** CPU of everything that ever ran in the cgroup, the ended and its sub-cgroups included. */
export function parseCpuStat(
  bytes: Uint8Array,
  length: number,
  into: { cpuSeconds: number; userSeconds: number; systemSeconds: number },
): void {
  into.cpuSeconds = integerAfter(bytes, 0, length, USAGE) / 1e6;
  into.userSeconds = integerAfter(bytes, cursor.at, length, USER) / 1e6;
  into.systemSeconds = integerAfter(bytes, cursor.at, length, SYSTEM) / 1e6;
}

const THROTTLED_COUNT = key("nr_throttled ");
const THROTTLED_USEC = key("throttled_usec ");
const THROTTLED_NSEC = key("throttled_time ");

/**
 * What a quota on CPU came to, in `cpu.stat`: in how many periods it was used up, and how long the CPUs of the cgroup
 * then stood still, added up over them. cgroup v2 says so in microseconds (Documentation/admin-guide/cgroup-v2.rst), v1
 * in nanoseconds and by another name (Documentation/scheduler/sched-bwc.rst). NaN where the controller is not there.
 */
export function parseThrottling(bytes: Uint8Array, length: number): { count: number; seconds: number } {
  const count = integerAfter(bytes, 0, length, THROTTLED_COUNT);
  const usec = integerAfter(bytes, 0, length, THROTTLED_USEC);
  const seconds = Number.isNaN(usec) ? integerAfter(bytes, 0, length, THROTTLED_NSEC) / 1e9 : usec / 1e6;
  return { count, seconds };
}

/** `io.stat`: one line per device, `8:0 rbytes=… wbytes=… rios=… …`; the devices are added up. */
export function parseIoStat(text: string): { diskReadBytes: number; diskWriteBytes: number } {
  const sum = (name: string) => {
    let total = 0;
    for (const match of text.matchAll(new RegExp(`\\b${name}=(\\d+)`, "g"))) total += Number(match[1]);
    return total;
  };
  return { diskReadBytes: sum("rbytes"), diskWriteBytes: sum("wbytes") };
}

/** `cgroup.procs`: one PID a line, in no order, zombies left out, possibly with repeats. */
export function forEachPid(bytes: Uint8Array, length: number, visit: (pid: number) => void): void {
  for (let pid = nextInteger(bytes, 0, length); !Number.isNaN(pid);) {
    const next = cursor.at;
    visit(pid);
    pid = nextInteger(bytes, next, length);
  }
}

/** `cpu.max`: `max 100000` or `QUOTA PERIOD`; the cores it allows, or Infinity. */
export function parseCpuMax(text: string): number {
  const [quota, period] = text.trim().split(" ");
  return quota === "max" ? Infinity : Number(quota) / Number(period ?? 100_000);
}

/** `memory.max` and the like: `max` or bytes. */
export function parseLimit(text: string): number {
  return text.trim() === "max" ? Infinity : Number(text);
}

const DESCENDANTS = key("nr_descendants ");

/** `cgroup.stat`: how many cgroups there are below; NaN when the file does not say. */
export function parseDescendants(bytes: Uint8Array, length: number): number {
  return integerAfter(bytes, 0, length, DESCENDANTS);
}
