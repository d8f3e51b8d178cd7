import { Raw } from "../../core/raw.ts";
import type { ChildExit, ProcessReader } from "../types.ts";
import { listDirectory } from "./directory.ts";
import { readText } from "./kernel_file.ts";
import { buryGuard, isGuard } from "./guards.ts";
import { systemCall } from "./launch_code.ts";
import { ForeignMemory } from "./memory.ts";
import { ownPeakMemoryBytes } from "./own_status.ts";

// waitid(2), wait4(2)
const P_ALL = 0;
const P_PID = 1;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x0100_0000;
/** Offset of si_pid in siginfo_t on 64-bit Linux (include/uapi/asm-generic/siginfo.h): three ints and a gap. */
const SI_PID = 16;

/** struct rusage (getrusage(2)) on 64-bit Linux. */
const RU_UTIME = 0;
const RU_STIME = 16;
const RU_MAXRSS = 32;
const RU_MINFLT = 64;
const RU_MAJFLT = 72;
const RU_INBLOCK = 88;
const RU_OUBLOCK = 96;
const RU_NVCSW = 128;
const RU_NIVCSW = 136;
/** ru_inblock and ru_oublock count 512-byte blocks, whatever the device's. */
const BLOCK_SIZE = 512;

const siginfo = new ForeignMemory(128);
const status = new ForeignMemory(8);
const usage = new ForeignMemory(144);

function peek(idType: number, id: number): number {
  siginfo.view.setInt32(SI_PID, 0, true);
  const result = systemCall("waitid", idType, id, siginfo.address, WEXITED | WNOHANG | WNOWAIT);
  return result < 0 ? 0 : siginfo.view.getInt32(SI_PID, true);
}

/** PID of a child of ours that has ended and that nobody has waited for, or 0. It stays in the process table, but for a guard. */
export function endedChild(): number {
  let pid = peek(P_ALL, 0);
  for (; isGuard(pid); pid = peek(P_ALL, 0)) buryGuard(pid);
  return pid;
}

/** The PIDs of all children of ours that have ended and that nobody has waited for (proc_pid_task_tid_children(5)). */
export function endedChildren(): number[] {
  const threads = listDirectory("/proc/self/task");
  const lists = threads.map(({ name }) => readText(`/proc/self/task/${name}/children`) ?? "");
  return lists.flatMap((list) => list.split(" ")).map(Number).filter((pid) => pid > 0 && hasEnded(pid));
}

/** Whether this child of ours has ended and waits to be reaped. */
export function hasEnded(pid: number): boolean {
  return peek(P_PID, pid) === pid;
}

/**
 * Take an ended child out of the process table; null when it has not ended or is no child of ours.
 *
 * Its /proc files still hold its final counters until then, so they are read first; then wait4 gives CPU to
 * the microsecond, with all it had reaped itself. The reader should be one that was opened while the process
 * lived: of a zombie, `io` can be opened by root alone.
 */
export function reap(reader: ProcessReader): ChildExit | null {
  const { pid } = reader;
  reader.look(true);
  const row = reader.row.slice();
  if (systemCall("wait4", pid, status.address, WNOHANG, usage.address) !== pid) return null;
  foldUsage(row);
  const word = status.view.getUint32(0, true);
  const signal = word & 0x7f;
  return {
    pid,
    exitCode: signal === 0 ? (word >> 8) & 0xff : null,
    signal: signal === 0 ? null : signal,
    row,
  };
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
  // ru_maxrss begins at the size of whoever called execve, which for our children is us: below that it says
  // nothing, above it the child, or one that it has reaped, has really been so large.
  const largest = usage.getU64(RU_MAXRSS) * 1_024;
  if (!(row[Raw.peakMemoryBytes] >= largest) && isAboveOwnPeak(largest)) row[Raw.peakMemoryBytes] = largest;
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
  knownOwnPeak = ownPeakMemoryBytes();
  return bytes > knownOwnPeak + COUNTING_SLACK_BYTES;
}

const REAPED_COLUMNS = [
  Raw.reapedCpuSeconds,
  Raw.reapedUserSeconds,
  Raw.reapedSystemSeconds,
  Raw.reapedMinorFaults,
  Raw.reapedMajorFaults,
];
