/*
 * Messages of taskstats (include/uapi/linux/taskstats.h, kernel/taskstats.c, Documentation/accounting/): what a thread
 * came to, over generic netlink (struct nlmsghdr of 16 bytes, genlmsghdr of 4, then attributes).
 */
import type { ThreadAccounts } from "../../contract/process_events.ts";

const GENL_ID_CTRL = 0x10;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR_FAMILY_ID = 1;
const CTRL_ATTR_FAMILY_NAME = 2;
const TASKSTATS_CMD_GET = 1;
const TASKSTATS_CMD_ATTR_PID = 1;
const TASKSTATS_CMD_ATTR_REGISTER_CPUMASK = 3;
const TASKSTATS_TYPE_STATS = 3;
const TASKSTATS_TYPE_AGGR_PID = 4;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLMSG_ERROR = 2;
const ATTRIBUTES = 20;
const ATTRIBUTE_HEADER = 4;
/** NLA_F_NESTED and NLA_F_NET_BYTEORDER share the word with the type. */
const TYPE_MASK = 0x3fff;

/** The first version that tells of compaction (Linux 5.18). */
const WITH_COMPACTION = 11;
/** The first version that names the process of each thread (Linux 5.19). */
const WITH_PROCESS = 12;
/** Two words more after each pair of delays, in the middle; 16 has them at the end of the struct. */
const SHIFTED = 15;
const AFORK = 1;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const aligned = (length: number) => (length + 3) & ~3;

/** The request for what one thread has come to so far. */
export function delaysRequest(family: number, threadId: number): Uint8Array {
  const value = new Uint8Array(4);
  new DataView(value.buffer).setUint32(0, threadId, true);
  return message(family, NLM_F_REQUEST, TASKSTATS_CMD_GET, TASKSTATS_CMD_ATTR_PID, value);
}

/** The request for the number that the kernel has given the family of taskstats. */
export function familyRequest(): Uint8Array {
  return message(
    GENL_ID_CTRL,
    NLM_F_REQUEST,
    CTRL_CMD_GETFAMILY,
    CTRL_ATTR_FAMILY_NAME,
    terminated("TASKSTATS"),
  );
}

/** The request to be told of all ends on these CPUs (a list such as `0-3`). */
export function registration(family: number, cpus: string): Uint8Array {
  const flags = NLM_F_REQUEST | NLM_F_ACK;
  return message(family, flags, TASKSTATS_CMD_GET, TASKSTATS_CMD_ATTR_REGISTER_CPUMASK, terminated(cpus));
}

function terminated(text: string): Uint8Array {
  return encoder.encode(`${text}\0`);
}

function message(
  type: number,
  flags: number,
  command: number,
  attribute: number,
  value: Uint8Array,
): Uint8Array {
  const length = ATTRIBUTES + ATTRIBUTE_HEADER + value.length;
  const bytes = new Uint8Array(aligned(length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint8(16, command);
  view.setUint8(17, 1);
  view.setUint16(ATTRIBUTES, ATTRIBUTE_HEADER + value.length, true);
  view.setUint16(ATTRIBUTES + 2, attribute, true);
  bytes.set(value, ATTRIBUTES + ATTRIBUTE_HEADER);
  return bytes;
}

/** The number in the answer to {@link familyRequest}; null when it is none. */
export function parseFamily(view: DataView, at: number, length: number): number | null {
  const family = attribute(view, at + ATTRIBUTES, at + length, CTRL_ATTR_FAMILY_ID);
  return family && family.length >= 2 ? view.getUint16(family.at, true) : null;
}

/** The error that an answer tells, 0 for none; null when it is no such answer. */
export function parseAnswer(view: DataView, at: number, length: number): number | null {
  if (length < ATTRIBUTES || at + length > view.byteLength) return null;
  return view.getUint16(at + 4, true) === NLMSG_ERROR ? Math.abs(view.getInt32(at + 16, true)) : null;
}

interface Attribute {
  readonly at: number;
  readonly length: number;
}

/** The first attribute of a type between two places; null when there is none, or its length is wrong. */
function attribute(view: DataView, from: number, to: number, type: number): Attribute | null {
  if (to > view.byteLength) return null;
  for (let at = from; at + ATTRIBUTE_HEADER <= to;) {
    const length = view.getUint16(at, true);
    if (length < ATTRIBUTE_HEADER || at + length > to) return null;
    if ((view.getUint16(at + 2, true) & TYPE_MASK) === type) {
      return { at: at + ATTRIBUTE_HEADER, length: length - ATTRIBUTE_HEADER };
    }
    at += aligned(length);
  }
  return null;
}

/**
 * How long a thread has waited for memory, in nanoseconds; null where the datagram is something else. A page that is
 * read back from swap may count as one that should not have been taken away, too: of these two the longer stands for
 * both.
 */
export function parseMemoryWaitNanoseconds(view: DataView, at: number, length: number): number | null {
  const stats = threadStats(view, at, length);
  if (!stats) return null;
  const version = view.getUint16(stats.at, true);
  const { cpu, late } = shiftOf(version);
  if (version < WITH_COMPACTION || stats.length < 368 + late) return null;
  const isShifted = version === SHIFTED;
  const delay = (offset: number) =>
    view.getUint32(stats.at + offset + 4, true) * 2 ** 32 + view.getUint32(stats.at + offset, true);
  const swapin = delay(isShifted ? 88 : 56);
  const reclaim = delay(320 + cpu);
  const thrashing = delay(336 + (isShifted ? 64 : 0));
  const compaction = delay(360 + (isShifted ? 80 : 0));
  return Math.max(swapin, thrashing) + reclaim + compaction;
}

/** The struct of one thread in a datagram. */
function threadStats(view: DataView, at: number, length: number): Attribute | null {
  const nest = attribute(view, at + ATTRIBUTES, at + length, TASKSTATS_TYPE_AGGR_PID);
  const stats = nest && attribute(view, nest.at, nest.at + nest.length, TASKSTATS_TYPE_STATS);
  return stats && stats.length >= 2 ? stats : null;
}

/** Where the fields lie that are not where version 12 had them. */
interface Shift {
  /** From the CPU counters on. */
  readonly cpu: number;
  /** From the times that were added after version 9 on. */
  readonly late: number;
}

/** Version 15 is as long as 16: the version tells, not the size. */
function shiftOf(version: number): Shift {
  return version === SHIFTED ? { cpu: 48, late: 96 } : { cpu: 0, late: 0 };
}

/**
 * What a thread came to; null where the datagram is something else, or of a kernel that does not name the process.
 *
 * Of the last thread of a process a second part tells sums: it leaves out memory, faults and I/O, so that threads are
 * added up instead.
 */
export function parseThreadAccounts(view: DataView, at: number, length: number): ThreadAccounts | null {
  const stats = threadStats(view, at, length);
  if (!stats) return null;
  const version = view.getUint16(stats.at, true);
  const { cpu, late } = shiftOf(version);
  if (version < WITH_PROCESS || stats.length < 400 + late) return null;
  const u32 = (offset: number) => view.getUint32(stats.at + offset, true);
  const u64 = (offset: number) => u32(offset + 4) * 2 ** 32 + u32(offset);
  const afterCpu = (offset: number) => u64(offset + cpu);
  return {
    pid: u32(368 + late),
    threadId: u32(128 + cpu),
    name: text(view, stats.at + 80 + cpu, 32),
    executableId: `${u64(384 + late)}:${u64(392 + late)}`,
    isForkOnly: (view.getUint8(stats.at + 8) & AFORK) !== 0,
    cpuSeconds: afterCpu(72) / 1e9,
    tickedSeconds: (afterCpu(152) + afterCpu(160)) / 1e6,
    peakMemoryBytes: afterCpu(200) * 1_024,
    ioReadBytes: afterCpu(216),
    ioWriteBytes: afterCpu(224),
    diskReadBytes: afterCpu(248),
    diskWriteBytes: afterCpu(256),
    minorFaults: afterCpu(168),
    majorFaults: afterCpu(176),
    voluntarySwitches: afterCpu(272),
    involuntarySwitches: afterCpu(280),
  };
}

function text(view: DataView, at: number, size: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, size);
  const end = bytes.indexOf(0);
  // A copy: Deno's decoder refuses memory that is not its own.
  return decoder.decode(bytes.slice(0, end < 0 ? size : end));
}
