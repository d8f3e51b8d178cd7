import { cursor, nextInteger } from "./bytes.ts";

/** Resident pages, the second number of `/proc/PID/statm` (proc_pid_statm(5)): a third of what `stat` costs. */
export function parseResidentPages(bytes: Uint8Array, length: number): number {
  nextInteger(bytes, 0, length);
  return nextInteger(bytes, cursor.at, length);
}
