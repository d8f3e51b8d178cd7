import { cursor, nextInteger } from "./bytes.ts";

/**
 * How long one thread was ready to run and waited for a CPU, in nanoseconds: the second number of `/proc/PID/schedstat`
 * and `/proc/PID/task/TID/schedstat` (Documentation/scheduler/sched-stats.rst). The time in which a quota keeps it from
 * running is in it. NaN when the text is cut short.
 */
export function parseRunQueueNanoseconds(bytes: Uint8Array, length: number): number {
  nextInteger(bytes, 0, length); // time on the CPU
  const waited = nextInteger(bytes, cursor.at, length);
  // The number of slices stands behind it: where it does not, the one before may be cut short.
  return Number.isNaN(nextInteger(bytes, cursor.at, length)) ? NaN : waited;
}

const CLOSING_PARENTHESIS = 41;
/** Fields behind the name and the state, up to delayacct_blkio_ticks, the 42nd. */
const FIELDS_BEFORE = 38;

/**
 * How long one thread waited for block devices, in ticks: `delayacct_blkio_ticks` of `/proc/PID/stat`
 * (proc_pid_stat(5)); 0 where delay accounting is off. NaN when the text is cut short.
 */
export function parseBlockIoTicks(bytes: Uint8Array, length: number): number {
  let at = length - 1;
  while (at > 0 && bytes[at] !== CLOSING_PARENTHESIS) at--;
  if (at <= 0) return NaN;
  cursor.at = at;
  for (let field = 0; field < FIELDS_BEFORE; field++) nextInteger(bytes, cursor.at, length);
  return nextInteger(bytes, cursor.at, length);
}
