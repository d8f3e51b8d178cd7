import { i32, text, u32, u64 } from "./words.ts";

/*
 * What proc_pidinfo tells of a process (bsd/sys/proc_info.h of XNU): flavors, sizes and offsets, the same on arm64 and
 * x86-64.
 */

/** Flavors of proc_pidinfo, with the size of what each fills in. */
export const LIST_DESCRIPTORS = { number: 1, size: 8 } as const;
export const TASK_ALL = { number: 2, size: 232 } as const;
export const BSD = { number: 3, size: 136 } as const;
export const THREAD = { number: 5, size: 112 } as const;
export const LIST_THREADS = { number: 6, size: 8 } as const;
/** Told of anybody's process. */
export const SHORT_BSD = { number: 13, size: 64 } as const;
/** Told of anybody's process; in a private header, and used by browsers and runtimes all the same. */
export const UNIQUE = { number: 17, size: 56 } as const;

/** What proc_listpids lists. */
export const PIDS_OF = { everybody: 1, parent: 6 } as const;

/** pbi_status. */
export const STATUS = { born: 1, running: 2, sleeping: 3, stopped: 4, zombie: 5 } as const;

/** Who a process is. */
export interface BsdInfo {
  readonly status: number;
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  /** The foreground group of its terminal; 0 without one. */
  readonly terminalGroupId: number;
  readonly userId: number;
  readonly name: string;
  /** Microseconds since the epoch: with the PID, no other process has it. */
  readonly startMicroseconds: number;
}

/** `struct proc_bsdinfo`, which is also the beginning of `struct proc_taskallinfo`. */
export function parseBsdInfo(view: DataView): BsdInfo {
  return {
    status: u32(view, 4),
    pid: u32(view, 12),
    parentPid: u32(view, 16),
    userId: u32(view, 20),
    // Of the two names the longer has 31 bytes, and is empty before the first execve.
    name: text(view, 64, 32) || text(view, 48, 16),
    groupId: u32(view, 100),
    terminalGroupId: u32(view, 112),
    startMicroseconds: u64(view, 120) * 1e6 + u64(view, 128),
  };
}

/** What is told of another user's process. */
export type ShortBsdInfo = Pick<BsdInfo, "status" | "pid" | "parentPid" | "groupId" | "userId" | "name">;

/** `struct proc_bsdshortinfo`. */
export function parseShortBsdInfo(view: DataView): ShortBsdInfo {
  return {
    pid: u32(view, 0),
    parentPid: u32(view, 4),
    groupId: u32(view, 8),
    status: u32(view, 12),
    name: text(view, 16, 16),
    userId: u32(view, 36),
  };
}

/** What its task has come to; CPU, memory and storage traffic are in {@link RusageInfo}. */
export interface TaskInfo {
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly switches: number;
  readonly threadCount: number;
  readonly runningThreads: number;
}

/** Where `struct proc_taskinfo` begins in `struct proc_taskallinfo`. */
const TASK = 136;
/** Counters of 32 bits stop at their largest value (fill_taskprocinfo in osfmk/kern/bsd_kern.c). */
const CLAMPED = 2 ** 31 - 1;
const counter = (view: DataView, offset: number) => {
  const value = i32(view, TASK + offset);
  return value < 0 || value === CLAMPED ? NaN : value;
};

/** The second part of `struct proc_taskallinfo`. A counter that has reached its end is not known. */
export function parseTaskInfo(view: DataView): TaskInfo {
  const majorFaults = counter(view, 56);
  return {
    minorFaults: counter(view, 52) - majorFaults,
    majorFaults,
    switches: counter(view, 80),
    threadCount: i32(view, TASK + 84),
    runningThreads: i32(view, TASK + 88),
  };
}

/** Names of a process that are given once as long as the machine is up. */
export interface UniqueInfo {
  readonly uniqueId: number;
  /** Of the process that has started it, for ever, whoever is its parent by now. */
  readonly starterUniqueId: number;
}

/** `struct proc_uniqidentifierinfo`. */
export function parseUniqueInfo(view: DataView): UniqueInfo {
  return { uniqueId: u64(view, 16), starterUniqueId: u64(view, 24) };
}

/** One thread; its times are nanoseconds, other than those of the process. */
export function parseThreadInfo(view: DataView): { readonly name: string; readonly cpuSeconds: number } {
  return { name: text(view, 48, 64), cpuSeconds: (u64(view, 0) + u64(view, 8)) / 1e9 };
}

/** What a descriptor is, as `struct proc_fdinfo` says it. */
export const DESCRIPTOR_TYPE = { file: 1, socket: 2, kqueue: 5, pipe: 6 } as const;

/** The numbers and types of descriptors. */
export function parseDescriptors(view: DataView): { readonly number: number; readonly type: number }[] {
  return Array.from({ length: Math.floor(view.byteLength / LIST_DESCRIPTORS.size) }, (_, index) => ({
    number: i32(view, index * LIST_DESCRIPTORS.size),
    type: u32(view, index * LIST_DESCRIPTORS.size + 4),
  }));
}
