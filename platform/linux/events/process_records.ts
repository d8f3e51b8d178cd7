/* Records that the programs of eBPF write: where their fields lie, in bytes, and what they say. */
import type { ProcessEnd, ProcessWords, ThreadTotals } from "../../contract/process_events.ts";
import { decode } from "../proc/decode.ts";
import { processEnd } from "./connector_message.ts";
import { joinedArguments, LONGEST_COMMAND } from "./process_words.ts";

/** What a record is of. */
export const KIND = { fork: 1, thread: 2, exec: 3, end: 4, earlyEnd: 5, leaving: 6 } as const;

/** TASK_COMM_LEN */
export const NAME_SIZE = 16;
/** Longer paths are not told. */
export const PATH_SIZE = 128;
/** Longer arguments are cut off. */
export const ARGUMENTS_MOST = LONGEST_COMMAND;

/** A process or thread was made. */
export const FORK = {
  kind: 0,
  pid: 4,
  threadId: 8,
  parentPid: 12,
  bornNs: 16,
  /** Where groups are told of: those that the parent is in. */
  groups: 24,
  padding: 28,
  size: 32,
} as const;
/** The last thread of a process has begun to end. */
export const LEAVING = { kind: 0, pid: 4, atNs: 8, size: 16 } as const;
/** What a thread has come to: of an {@link EXEC} and an {@link END}. */
export const COUNTERS = {
  cpuNs: 0,
  minorFaults: 8,
  majorFaults: 16,
  voluntarySwitches: 24,
  involuntarySwitches: 32,
  ioReadBytes: 40,
  ioWriteBytes: 48,
  diskReadBytes: 56,
  diskWriteBytes: 64,
  size: 72,
} as const;
/** A process has become another program; its arguments follow. */
export const EXEC = {
  kind: 0,
  pid: 4,
  argumentBytes: 8,
  /** Where groups are told of: those that it is in. */
  groups: 12,
  atNs: 16,
  name: 24,
  path: 24 + NAME_SIZE,
  /** Where groups are told of: {@link COUNTERS}, what its thread had used by then. */
  counters: 24 + NAME_SIZE + PATH_SIZE,
  size: 24 + NAME_SIZE + PATH_SIZE + COUNTERS.size,
} as const;
/** A thread has ended. */
export const END = {
  kind: 0,
  pid: 4,
  threadId: 8,
  status: 12,
  padding: 16,
  bornNs: 24,
  atNs: 32,
  counters: 40,
  size: 40 + COUNTERS.size,
} as const;

/** What an {@link EXEC} calls a process; without its arguments where the memory that has them could not be read. */
export function wordsOf(bytes: Uint8Array, view: DataView, at: number, length: number): ProcessWords {
  const argumentBytes = view.getUint32(at + EXEC.argumentBytes, true);
  const isRead = argumentBytes > 0 && length - EXEC.size >= Math.min(argumentBytes, ARGUMENTS_MOST);
  const path = untilNul(bytes, at + EXEC.path, PATH_SIZE);
  // A relative path, a descriptor's, or one that was cut off, leads nowhere.
  const isWhole = path.startsWith("/") && !path.startsWith("/dev/fd/") && path.length < PATH_SIZE - 1;
  return {
    name: untilNul(bytes, at + EXEC.name, NAME_SIZE),
    executable: isWhole ? path : null,
    command: isRead ? joinedArguments(bytes, at + EXEC.size, argumentBytes) : null,
  };
}

/**
 * What {@link COUNTERS} say a thread has come to.
 * @param isFinal whether the last slice of its time is in them
 */
export function totalsOf(view: DataView, at: number, isFinal: boolean): ThreadTotals {
  return {
    isFinal,
    cpuSeconds: wordAt(view, at + COUNTERS.cpuNs) / 1e9,
    minorFaults: wordAt(view, at + COUNTERS.minorFaults),
    majorFaults: wordAt(view, at + COUNTERS.majorFaults),
    voluntarySwitches: wordAt(view, at + COUNTERS.voluntarySwitches),
    involuntarySwitches: wordAt(view, at + COUNTERS.involuntarySwitches),
    ioReadBytes: countedAt(view, at + COUNTERS.ioReadBytes),
    ioWriteBytes: countedAt(view, at + COUNTERS.ioWriteBytes),
    diskReadBytes: countedAt(view, at + COUNTERS.diskReadBytes),
    diskWriteBytes: countedAt(view, at + COUNTERS.diskWriteBytes),
  };
}

/** Of what a kernel does not count all bits are set. */
function countedAt(view: DataView, at: number): number {
  const value = wordAt(view, at);
  return value > Number.MAX_SAFE_INTEGER ? NaN : value;
}

/** How a process ended, by an {@link END}. */
export function endOf(view: DataView, at: number): ProcessEnd {
  return processEnd(view.getUint32(at + END.status, true));
}

/** Eight bytes: a count, or a time of the monotonic clock in nanoseconds. */
export function wordAt(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}

function untilNul(bytes: Uint8Array, at: number, size: number): string {
  const end = bytes.subarray(at, at + size).indexOf(0);
  return decode(bytes, at, at + (end < 0 ? size : end));
}
