import {
  BSD,
  DESCRIPTOR_TYPE,
  LIST_DESCRIPTORS,
  LIST_THREADS,
  parseBsdInfo,
  parseDescriptors,
  parseShortBsdInfo,
  parseTaskInfo,
  parseThreadInfo,
  parseUniqueInfo,
  PIDS_OF,
  SHORT_BSD,
  STATUS,
  TASK_ALL,
  THREAD,
  UNIQUE,
} from "../layout/proc_info.ts";
import type { BsdInfo, ShortBsdInfo, TaskInfo, UniqueInfo } from "../layout/proc_info.ts";
import { parseRusageInfo, RUSAGE_INFO } from "../layout/rusage_info.ts";
import type { RusageInfo } from "../layout/rusage_info.ts";
import { parseOwnPort, SOCKET } from "../layout/socket_info.ts";
import { microseconds } from "../layout/words.ts";
import { EINVAL } from "./errno.ts";
import type { LibSystem } from "./libsystem.ts";
import { sysctl } from "./sysctl.ts";

/*
 * libproc: what is known of processes. Functions that tell of one give null where it is gone or not ours to ask:
 * proc_pidinfo lets only root and the same effective user look, but for SHORT_BSD and UNIQUE.
 */

/** Zombies are found by those flavors only that are given this, and by no others. */
const WITH_ZOMBIES = 1;
/** Processes that start while they are counted. */
const SLACK = 64;
const PID_SIZE = 4;
/** The MIB of one process (`struct kinfo_proc`, told of anybody's); its start stands at the very beginning. */
const KERN_PROC_PID = [1, 14, 1];
const KINFO_PROC_SIZE = 648;

/** What proc_pidinfo fills in, valid until the next call; null where it fills in less. */
function info(
  system: LibSystem,
  pid: number,
  flavor: { readonly number: number; readonly size: number },
  argument: number,
): DataView | null {
  const block = system.scratch("proc_pidinfo", 512);
  const filled = system.c.proc_pidinfo(pid, flavor.number, argument, block.address, flavor.size);
  return filled === flavor.size
    ? new DataView(block.bytes.buffer, block.bytes.byteOffset, flavor.size)
    : null;
}

/** The list that a flavor or proc_listpids gives: asked for its size first, which is an upper bound. */
function list(
  system: LibSystem,
  unit: number,
  call: (address: number, size: number) => number,
): DataView | null {
  const most = call(0, 0);
  if (most <= 0) return null;
  const size = most + SLACK * unit;
  const block = system.scratch("list", size);
  const filled = call(block.address, size);
  return filled <= 0 ? null : new DataView(block.bytes.buffer, block.bytes.byteOffset, filled);
}

/** The PIDs of all processes there are, zombies too. */
export const allPids = (system: LibSystem) => pids(system, PIDS_OF.everybody, 0);

/** The PIDs of the children of a process; dead ones are not listed for sure. */
export const childPids = (system: LibSystem, parentPid: number) => pids(system, PIDS_OF.parent, parentPid);

function pids(system: LibSystem, kind: number, of: number): number[] {
  // Bytes, not a count: that is what the wrappers of this function give.
  const view = list(
    system,
    PID_SIZE,
    (address, size) => system.c.proc_listpids(kind, of, address, size),
  );
  if (!view) return [];
  const found: number[] = [];
  for (let at = 0; at + PID_SIZE <= view.byteLength; at += PID_SIZE) {
    const pid = view.getInt32(at, true);
    if (pid > 0) found.push(pid);
  }
  return found;
}

/** All of a living process. */
export function taskAll(system: LibSystem, pid: number): (BsdInfo & TaskInfo) | null {
  const view = info(system, pid, TASK_ALL, 0);
  return view && { ...parseBsdInfo(view), ...parseTaskInfo(view) };
}

/** Who a process is, a zombie too. */
export function bsdInfo(system: LibSystem, pid: number): BsdInfo | null {
  const view = info(system, pid, BSD, WITH_ZOMBIES);
  return view && parseBsdInfo(view);
}

/** The same of anybody's process, without its start. */
export function shortBsdInfo(system: LibSystem, pid: number): ShortBsdInfo | null {
  const view = info(system, pid, SHORT_BSD, WITH_ZOMBIES);
  return view && parseShortBsdInfo(view);
}

/** When anybody's process started, in microseconds since the epoch; NaN when it is gone. */
export function startOf(system: LibSystem, pid: number): number {
  const bytes = sysctl(system, [...KERN_PROC_PID, pid], KINFO_PROC_SIZE);
  return bytes?.length === KINFO_PROC_SIZE ? microseconds(new DataView(bytes.buffer), 0) : NaN;
}

/** The names of a process that are given once: anybody's, a zombie's too. */
export function uniqueInfo(system: LibSystem, pid: number): UniqueInfo | null {
  const view = info(system, pid, UNIQUE, WITH_ZOMBIES);
  return view && parseUniqueInfo(view);
}

/** What a process has used, a zombie too; of the newest version that the kernel knows. */
export function rusageInfo(system: LibSystem, pid: number): RusageInfo | null {
  const block = system.scratch("proc_pid_rusage", RUSAGE_INFO[0].size);
  for (const { number, size } of RUSAGE_INFO) {
    const view = new DataView(block.bytes.buffer, block.bytes.byteOffset, size);
    if (system.c.proc_pid_rusage(pid, number, block.address) === 0) return parseRusageInfo(view);
    if (system.errno() !== EINVAL) return null;
  }
  return null;
}

/** Open descriptors; null where they may not be looked at. */
export function descriptors(system: LibSystem, pid: number) {
  const view = list(
    system,
    LIST_DESCRIPTORS.size,
    (address, size) => system.c.proc_pidinfo(pid, LIST_DESCRIPTORS.number, 0, address, size),
  );
  return view && parseDescriptors(view);
}

/** The ports at which a process listens (TCP) or that it is bound to (UDP); null where it may not be looked at. */
export function ownPorts(system: LibSystem, pid: number): Set<number> | null {
  const open = descriptors(system, pid);
  if (open === null) return null;
  const block = system.scratch("proc_pidfdinfo", SOCKET.size);
  const view = new DataView(block.bytes.buffer, block.bytes.byteOffset, SOCKET.size);
  const ports = open.filter(({ type }) => type === DESCRIPTOR_TYPE.socket).map(({ number }) => {
    // One that was closed meanwhile tells nothing.
    const filled = system.c.proc_pidfdinfo(pid, number, SOCKET.number, block.address, SOCKET.size);
    return filled === SOCKET.size ? parseOwnPort(view) : undefined;
  });
  return new Set(ports.filter((port) => port !== undefined));
}

/** Threads: each by the address that the kernel lists it by, which no other has meanwhile. */
export function threads(system: LibSystem, pid: number) {
  const size = ((taskAll(system, pid)?.threadCount ?? 0) + SLACK) * LIST_THREADS.size;
  const block = system.scratch("list", size);
  const filled = system.c.proc_pidinfo(pid, LIST_THREADS.number, 0, block.address, size);
  const ids = Array.from(
    { length: Math.max(0, filled) / LIST_THREADS.size },
    (_, index) => block.getU64(index * 8),
  );
  return ids.flatMap((threadId) => {
    const one = info(system, pid, THREAD, threadId);
    return one ? [{ threadId, ...parseThreadInfo(one) }] : [];
  });
}

/** Whether a status is that of a process which has ended. */
export const isDead = (status: number) => status === STATUS.zombie;
