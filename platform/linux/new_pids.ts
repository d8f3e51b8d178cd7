import { processCpuSeconds } from "./cpu_clock.ts";
import { readText } from "./kernel_file.ts";

/** Up to this many new PIDs are tried one by one. */
const PROBE_LIMIT = 4_096;

let limit = 0;

/** PIDs wrap around here (kernel.pid_max, proc_sys_kernel(5)). */
function pidLimit(): number {
  limit ||= Number(readText("/proc/sys/kernel/pid_max") ?? 4_194_304);
  return limit;
}

/**
 * The processes, zombies included, whose PIDs were given out after `before` and up to `last`; undefined where
 * there are too many to try, or an end is unknown.
 *
 * A thread's number has no process clock, so what answers is a process; each try costs half a microsecond.
 */
export function processesBetween(before: number, last: number): number[] | undefined {
  const wrap = pidLimit();
  const span = (last - before + wrap) % wrap;
  if (!(span <= PROBE_LIMIT)) return undefined;
  const pids: number[] = [];
  for (let step = 1; step <= span; step++) {
    const pid = (before + step) % wrap;
    if (pid > 0 && !Number.isNaN(processCpuSeconds(pid))) pids.push(pid);
  }
  return pids;
}
