import { Raw } from "../../../core/measure/raw.ts";
import { cursor, nextInteger } from "./bytes.ts";

/** Kernel clock ticks per second as user space sees them (sysconf(_SC_CLK_TCK)); 100 on every Linux ABI here. */
export const TICKS_PER_SECOND = 100;
const CLOSING_PARENTHESIS = 41;

/** What of `/proc/PID/stat` is not a counter: identity and state. */
export interface ProcStat {
  /** One letter: `R`, `S`, `D`, `Z`, `T` …, as its character code. */
  state: number;
  parentPid: number;
  session: number;
  /** Clock ticks after boot; with the PID, the identity of a process. */
  startTicks: number;
}

/** A zombie's state letter. */
export const ZOMBIE = 90;
/** The state letter of what a signal has suspended … */
export const STOPPED = 84;
/** … and of what a debugger has. */
export const TRACED = 116;

/** An empty one to parse into. */
export function emptyProcStat(): ProcStat {
  return { state: 0, parentPid: 0, session: 0, startTicks: 0 };
}

/**
 * Parse `/proc/PID/stat` (proc_pid_stat(5)) into `into` and the counters of `row`; false when it is cut short.
 *
 * `comm` may hold blanks, parentheses and newlines: fields are counted from the last `)`. The CPU columns of
 * the process itself are ticks of 10 ms here; a reader with the CPU clock overwrites `cpuSeconds`.
 */
export function parseProcStat(
  bytes: Uint8Array,
  length: number,
  pageSize: number,
  into: ProcStat,
  row: Float64Array,
): boolean {
  let at = length - 1;
  while (at > 0 && bytes[at] !== CLOSING_PARENTHESIS) at--;
  if (at <= 0 || at + 2 >= length) return false;
  into.state = bytes[at + 2]; // field 3
  into.parentPid = nextInteger(bytes, at + 3, length); // 4
  skip(bytes, length, 1); // 5 pgrp
  into.session = nextInteger(bytes, cursor.at, length); // 6
  skip(bytes, length, 3); // 7 tty_nr, 8 tpgid, 9 flags
  row[Raw.minorFaults] = nextInteger(bytes, cursor.at, length); // 10
  row[Raw.reapedMinorFaults] = nextInteger(bytes, cursor.at, length); // 11
  row[Raw.majorFaults] = nextInteger(bytes, cursor.at, length); // 12
  row[Raw.reapedMajorFaults] = nextInteger(bytes, cursor.at, length); // 13
  const user = nextInteger(bytes, cursor.at, length) / TICKS_PER_SECOND; // 14
  const system = nextInteger(bytes, cursor.at, length) / TICKS_PER_SECOND; // 15
  const reapedUser = nextInteger(bytes, cursor.at, length) / TICKS_PER_SECOND; // 16
  const reapedSystem = nextInteger(bytes, cursor.at, length) / TICKS_PER_SECOND; // 17
  row[Raw.userSeconds] = user;
  row[Raw.systemSeconds] = system;
  row[Raw.cpuSeconds] = user + system;
  row[Raw.reapedUserSeconds] = reapedUser;
  row[Raw.reapedSystemSeconds] = reapedSystem;
  row[Raw.reapedCpuSeconds] = reapedUser + reapedSystem;
  skip(bytes, length, 2); // 18 priority, 19 nice
  row[Raw.threadCount] = nextInteger(bytes, cursor.at, length); // 20
  skip(bytes, length, 1); // 21 itrealvalue
  into.startTicks = nextInteger(bytes, cursor.at, length); // 22
  skip(bytes, length, 1); // 23 vsize
  const pages = nextInteger(bytes, cursor.at, length); // 24 rss
  row[Raw.memoryBytes] = into.state === ZOMBIE ? 0 : pages * pageSize;
  return !Number.isNaN(pages);
}

function skip(bytes: Uint8Array, length: number, fields: number): void {
  for (let field = 0; field < fields; field++) nextInteger(bytes, cursor.at, length);
}
