import { larger } from "../../../core/measure/numbers.ts";
import { Raw, unknownRow } from "../../../core/measure/raw.ts";
import type { ChildExit } from "../../contract/children.ts";
import type { ProcessReader } from "../../contract/processes.ts";
import { buryGuard, isGuard } from "../launch/guards.ts";
import { isStartedByUs, takePeakOrigin } from "../launch/inherited_peak.ts";
import { forgetJoiningBytes } from "../launch/joining_bytes.ts";
import { systemCall } from "../sys/machine_code.ts";
import { ownPeakMemoryBytes } from "../launch/own_status.ts";
import { readPiece, readText, text } from "../proc/kernel_file.ts";
import { ownProc } from "../proc/own_proc.ts";
import { PAGE_SIZE } from "../proc/page_size.ts";
import { emptyProcStat, parseProcStat } from "../proc/proc_stat.ts";
import { listDirectory } from "../sys/directory.ts";
import { ForeignMemory } from "../sys/memory.ts";
import {
  RU_INBLOCK,
  RU_MAJFLT,
  RU_MAXRSS,
  RU_MINFLT,
  RU_NIVCSW,
  RU_NVCSW,
  RU_OUBLOCK,
  RU_STIME,
  RU_UTIME,
  RUSAGE_SIZE,
} from "./rusage.ts";
import { isLeftBehind, unholdChild } from "./shared_children.ts";

// waitid(2), wait4(2)
const P_ALL = 0;
const P_PID = 1;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x0100_0000;
/** Offset of si_pid in siginfo_t on 64-bit Linux (include/uapi/asm-generic/siginfo.h): three ints and a gap. */
const SI_PID = 16;

/** ru_inblock and ru_oublock count 512-byte blocks, whatever the device's. */
const BLOCK_SIZE = 512;

const siginfo = new ForeignMemory(128);
const status = new ForeignMemory(8);
const usage = new ForeignMemory(RUSAGE_SIZE);

function peek(idType: number, id: number): number {
  siginfo.view.setInt32(SI_PID, 0, true);
  const result = systemCall("waitid", idType, id, siginfo.address, WEXITED | WNOHANG | WNOWAIT);
  return result < 0 ? 0 : siginfo.view.getInt32(SI_PID, true);
}

/**
 * PID of a child of ours that has ended and that nobody has waited for, or 0. It stays in the process table, but for
 * a guard, and for what nobody will ask for any more.
 */
export function endedChild(): number {
  for (;;) {
    const pid = peek(P_ALL, 0);
    if (isGuard(pid)) buryGuard(pid);
    else if (pid === 0 || !isLeftBehind(pid)) return pid;
    else bury(pid);
  }
}

/** Take a child out of the process table that has ended; nobody wants to know how. */
export function bury(pid: number): void {
  systemCall("wait4", pid, 0, WNOHANG, 0);
  takePeakOrigin(pid);
  forgetJoiningBytes(pid);
  unholdChild(pid);
}

/** The PIDs of all children of ours that have ended and that nobody has waited for (proc_pid_task_tid_children(5)). */
export function endedChildren(): number[] {
  return ownChildren().filter(hasEnded);
}

/** The PIDs of all children of ours, whatever their state (proc_pid_task_tid_children(5)). */
export function ownChildren(): number[] {
  const threads = listDirectory("/proc/self/task");
  const lists = threads.map(({ name }) => readText(`/proc/self/task/${name}/children`) ?? "");
  return lists.flatMap((list) => list.split(" ")).map(Number).filter((pid) => pid > 0);
}

/**
 * Whether a child of ours may be one that has lost its parent: the kernel gives those to our main thread
 * (`find_new_reaper` in kernel/exit.c). What another thread has started is listed by that thread, as long as it is
 * there.
 */
export function mayBeOrphan(pid: number): boolean {
  return childrenOfMainThread()?.includes(pid) ?? true;
}

/** Those of our children that may have lost their parents, see {@link mayBeOrphan}; what we have started has not. */
export function possibleOrphans(): number[] {
  return childrenOfMainThread()?.filter((pid) => !isStartedByUs(pid)) ?? [];
}

/** undefined where the kernel does not list them. */
function childrenOfMainThread(): number[] | undefined {
  return readText(`/proc/self/task/${process.pid}/children`)?.split(" ").map(Number).filter((pid) => pid > 0);
}

/** Whether a process is a child of ours that nobody has waited for, alive or dead. */
export function isChild(pid: number): boolean {
  return systemCall("waitid", P_PID, pid, siginfo.address, WEXITED | WNOHANG | WNOWAIT) === 0;
}

/** Whether this child of ours has ended and waits to be reaped. */
export function hasEnded(pid: number): boolean {
  return peek(P_PID, pid) === pid;
}

/**
 * Take an ended child out of the process table; null when it has not ended or is not a child of ours.
 *
 * Its /proc files still hold its final counters until then, so they are read first; then wait4 gives CPU to
 * the microsecond, with all it had reaped itself. The reader should be one that was opened while the process
 * lived: of a zombie, `io` can be opened by root alone.
 */
export function reap(reader: ProcessReader): ChildExit | null {
  const { pid } = reader;
  reader.look(true);
  const row = reader.row.slice();
  // The kernel's last accounts have storage traffic, too, in blocks: better than what was seen some time before the
  // end.
  if (!reader.hasCurrentIo) row[Raw.diskReadBytes] = NaN;
  const hasWaited = hasWaitedForChildren(pid);
  const waitedFor = systemCall("wait4", pid, status.address, WNOHANG, usage.address);
  if (waitedFor !== pid) {
    // Somebody else has waited for it: its PID may become another's.
    if (waitedFor < 0) takePeakOrigin(pid);
    return null;
  }
  forgetJoiningBytes(pid);
  const { largestProcessBytes, peakIsOwn } = foldPeak(row, pid, hasWaited);
  foldUsage(row);
  const word = status.view.getUint32(0, true);
  const signal = word & 0x7f;
  return {
    pid,
    exitCode: signal === 0 ? (word >> 8) & 0xff : null,
    signal: signal === 0 ? null : signal,
    row,
    largestProcessBytes,
    peakIsOwn,
  };
}

const zombie = { stat: emptyProcStat(), row: unknownRow() };

/**
 * Whether a process has waited for any child, each of which leaves at least one page fault with it; true where it
 * cannot be told.
 */
function hasWaitedForChildren(pid: number): boolean {
  if (!ownProc() || !readPiece(`/proc/${pid}/stat`)) return true;
  const { stat, row } = zombie;
  return !parseProcStat(text.bytes, text.length, PAGE_SIZE, stat, row) || row[Raw.reapedMinorFaults] > 0;
}

/** The peak that wait4 tells is the largest of the child, of all that it had waited for, and of what it began at. */
function foldPeak(row: Float64Array, pid: number, hasWaited: boolean) {
  const origin = takePeakOrigin(pid);
  const told = usage.getU64(RU_MAXRSS) * 1_024;
  const largestProcessBytes = origin === "ourselves" && !isAboveOwnPeak(told) ? NaN : told;
  const peakIsOwn = origin !== "parent" && !hasWaited && !Number.isNaN(largestProcessBytes);
  const { peakMemoryBytes } = Raw;
  if (peakIsOwn) row[peakMemoryBytes] = larger(row[peakMemoryBytes], told);
  return { largestProcessBytes, peakIsOwn };
}

/** What wait4 gives covers the child and all it had reaped: it goes into the own columns, whole. */
function foldUsage(row: Float64Array): void {
  const time = (offset: number) => usage.getU64(offset) + usage.getU64(offset + 8) / 1e6;
  row[Raw.userSeconds] = time(RU_UTIME);
  row[Raw.systemSeconds] = time(RU_STIME);
  row[Raw.cpuSeconds] = row[Raw.userSeconds] + row[Raw.systemSeconds];
  row[Raw.minorFaults] = usage.getU64(RU_MINFLT);
  row[Raw.majorFaults] = usage.getU64(RU_MAJFLT);
  row[Raw.voluntarySwitches] = usage.getU64(RU_NVCSW);
  row[Raw.involuntarySwitches] = usage.getU64(RU_NIVCSW);
  for (const column of REAPED_COLUMNS) row[column] = 0;
  // Where /proc/PID/io was not ours to read, storage traffic is still known, in blocks.
  if (Number.isNaN(row[Raw.diskReadBytes])) {
    row[Raw.diskReadBytes] = usage.getU64(RU_INBLOCK) * BLOCK_SIZE;
    row[Raw.diskWriteBytes] = usage.getU64(RU_OUBLOCK) * BLOCK_SIZE;
  }
}

/** The kernel counts resident pages by processor and adds them up now and then: two readings differ by so much. */
const COUNTING_SLACK_BYTES = 8 * 2 ** 20;

/** Our own high-water mark when it was last read: it never falls, so what lies below need not be compared anew. */
let knownOwnPeak = 0;

function isAboveOwnPeak(bytes: number): boolean {
  if (bytes <= knownOwnPeak) return false;
  knownOwnPeak = ownPeakMemoryBytes() ?? Infinity;
  return bytes > knownOwnPeak + COUNTING_SLACK_BYTES;
}

const REAPED_COLUMNS = [
  Raw.reapedCpuSeconds,
  Raw.reapedUserSeconds,
  Raw.reapedSystemSeconds,
  Raw.reapedMinorFaults,
  Raw.reapedMajorFaults,
];
