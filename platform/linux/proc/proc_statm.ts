import { cursor, nextInteger } from "./bytes.ts";

/** What of `/proc/PID/statm` is looked at, in pages. */
export interface ProcStatm {
  /** What it has in memory; 0 once it has ended, or its main thread has. */
  residentPages: number;
  /** The code of its program: another number is another program. */
  codePages: number;
}

/**
 * Resident pages, the second number of `/proc/PID/statm` (proc_pid_statm(5)): a third of what `stat` costs.
 * @param end behind its last byte
 */
export function parseResidentPages(bytes: Uint8Array, end: number, start = 0): number {
  nextInteger(bytes, start, end);
  return nextInteger(bytes, cursor.at, end);
}

/** The second and the fourth number of `/proc/PID/statm`; NaN where it is cut short. */
export function parseProcStatm(bytes: Uint8Array, length: number, into: ProcStatm): void {
  into.residentPages = parseResidentPages(bytes, length);
  nextInteger(bytes, cursor.at, length);
  into.codePages = nextInteger(bytes, cursor.at, length);
}
