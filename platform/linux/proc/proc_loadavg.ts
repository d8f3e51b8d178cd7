import type { LoadReading } from "../../contract/host.ts";
import { cursor, nextDecimal, nextInteger } from "./bytes.ts";
import { KeptFile } from "./kept_file.ts";
import { text } from "./kernel_file.ts";

const loadavg = new KeptFile("/proc/loadavg");

/**
 * The PID given out last in our PID namespace, from the fifth field of /proc/loadavg (proc_loadavg(5)); NaN
 * when it cannot be read. PIDs are given out in rising order and wrap around, threads get them too: while
 * this number stands still, nothing has forked anywhere.
 */
export function lastPid(): number {
  return loadavg.read() ? parseLastPid(text.bytes, text.length) : NaN;
}

/** The last number of `0.20 0.18 0.12 1/80 11206`. */
export function parseLastPid(bytes: Uint8Array, length: number): number {
  let last = NaN;
  for (let number = nextInteger(bytes, 0, length); !Number.isNaN(number);) {
    last = number;
    number = nextInteger(bytes, cursor.at, length);
  }
  return last;
}

/** All five fields, `0.20 0.18 0.12 1/80 11206`, but for the last; null when there are not so many numbers. */
export function parseLoad(bytes: Uint8Array, length: number): LoadReading | null {
  const load1 = nextDecimal(bytes, 0, length);
  const load5 = nextDecimal(bytes, cursor.at, length);
  const load15 = nextDecimal(bytes, cursor.at, length);
  const runnableTasks = nextInteger(bytes, cursor.at, length);
  const existingTasks = nextInteger(bytes, cursor.at, length);
  return existingTasks >= 0 ? { load1, load5, load15, runnableTasks, existingTasks } : null;
}
