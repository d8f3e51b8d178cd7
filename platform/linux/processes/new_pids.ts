import { listNumbers } from "../sys/directory.ts";
import { ownProc } from "../proc/own_proc.ts";
import { readText } from "../proc/kernel_file.ts";
import { processCpuSeconds } from "./cpu_clock.ts";

/** Up to this many new PIDs are looked for one by one, or in a list that begins behind those that are known. */
const PROBE_LIMIT = 4_096;
/** To list what there is takes six calls, and some time for each process: fewer PIDs than this are tried faster. */
const LIST_FROM = 32;
/** In the directory /proc a process stands at its PID plus this (TGID_OFFSET, fs/proc/base.c). */
const PROCESS_OFFSET = 258;

let limit = 0;
let canSeek: boolean | undefined;

/** PIDs wrap around here (kernel.pid_max, proc_sys_kernel(5)). */
function pidLimit(): number {
  limit ||= Number(readText("/proc/sys/kernel/pid_max") ?? 4_194_304);
  return limit;
}

/**
 * The processes, zombies included, whose PIDs were given out after `before` and up to `last`; undefined where
 * there are too many to look for, or an end is unknown.
 *
 * Most PIDs that others were given are nobody's by now. So what there is is listed, from the place in /proc on at which
 * the first of them would stand: that costs the same however much has been forked in between.
 */
export function processesBetween(before: number, last: number): number[] | undefined {
  const wrap = pidLimit();
  const span = (last - before + wrap) % wrap;
  if (!(span <= PROBE_LIMIT)) return undefined;
  if (span < LIST_FROM || !canListFrom()) return probe(before, span, wrap);
  if (before < last) return listBetween(before, last);
  return [...listFrom(before + 1), ...listFrom(1).filter((pid) => pid <= last)];
}

/** A thread's number has no process clock, so what answers is a process; each try costs half a microsecond. */
function probe(before: number, span: number, wrap: number): number[] {
  const pids: number[] = [];
  for (let step = 1; step <= span; step++) {
    const pid = (before + step) % wrap;
    if (pid > 0 && !Number.isNaN(processCpuSeconds(pid))) pids.push(pid);
  }
  return pids;
}

/** For so long a list serves: far less than the kernel takes to come around to the same PID again. */
const FRESH_MS = 100;
/** What was listed last. */
let listed = { before: NaN, last: NaN, untilMs: 0, pids: [] as readonly number[] };

/**
 * As long as no PID was given out since, who is there now was there when somebody else asked for as many or more: of
 * hundreds of trees each would else list the members of all. Who has ended since is still in the list.
 */
function listBetween(before: number, last: number): number[] {
  const now = performance.now();
  const isKnown = listed.last === last && listed.before <= before && now < listed.untilMs;
  if (!isKnown) {
    listed = {
      before,
      last,
      untilMs: now + FRESH_MS,
      pids: listFrom(before + 1).filter((pid) => pid <= last),
    };
  }
  return listed.pids.filter((pid) => pid > before);
}

function listFrom(pid: number): number[] {
  const pids: number[] = [];
  listNumbers("/proc", pids, pid + PROCESS_OFFSET);
  return pids;
}

/**
 * Whether processes stand in /proc where they should: that is how Linux does it, not what it promises. Our own is the
 * first in a list that begins at it, and is not in one that begins behind.
 */
function canListFrom(): boolean {
  return canSeek ??= ownProc() && listFrom(process.pid)[0] === process.pid &&
    !listFrom(process.pid + 1).includes(process.pid);
}
