import { i32, microseconds, text, u32, u64 } from "./words.ts";

/* What tells of the machine: host_statistics (osfmk/mach of XNU), sysctl(3) and getfsstat(2). */

export const VM_INFO = { flavor: 4, size: 152 } as const;
export const CPU_LOAD_INFO = { flavor: 3, size: 16 } as const;
export const PROCESSOR_SET_LOAD_INFO = { flavor: 4, size: 16 } as const;

/** Pages of memory by what they are used for; how large one is, sysctl tells (hw.pagesize). */
export interface VmStatistics {
  readonly freePages: number;
  readonly inactivePages: number;
  readonly purgeablePages: number;
  /** Read ahead of use, and counted as free, too. */
  readonly speculativePages: number;
  /** Of files. */
  readonly externalPages: number;
}

/** `struct vm_statistics64`. */
export function parseVmStatistics(view: DataView): VmStatistics {
  return {
    freePages: u32(view, 0),
    inactivePages: u32(view, 8),
    purgeablePages: u32(view, 88),
    speculativePages: u32(view, 92),
    externalPages: u32(view, 136),
  };
}

/** `struct host_cpu_load_info`: hundredths of a second of all processors, which go round at 2^32. */
export function parseCpuLoad(view: DataView) {
  return { user: u32(view, 0), system: u32(view, 4), idle: u32(view, 8), nice: u32(view, 12) };
}

/** `struct processor_set_load_info`: threads of all tasks. */
export const parseThreadCount = (view: DataView) => i32(view, 4);

/** `struct xsw_usage`, in bytes. */
export function parseSwap(view: DataView) {
  return { totalBytes: u64(view, 0), availableBytes: u64(view, 8) };
}

/** `struct loadavg`: three averages in parts of a scale. */
export function parseLoadAverages(view: DataView): readonly [number, number, number] {
  const scale = u64(view, 16);
  return [u32(view, 0) / scale, u32(view, 4) / scale, u32(view, 8) / scale];
}

/** `struct timeval` of kern.boottime, in milliseconds since the epoch. */
export const parseBootTime = (view: DataView) => microseconds(view, 0) / 1_000;

export const STATFS_SIZE = 2_168;
const MNT = { local: 0x1000, hidden: 0x10_0000 } as const;

/** A mounted file system. */
export interface FileSystem {
  readonly type: string;
  readonly point: string;
  readonly source: string;
  readonly isLocal: boolean;
  /** Not for people to see: parts of the system, images of simulators. */
  readonly isHidden: boolean;
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly availableBytes: number;
  /** What tells it from others. */
  readonly id: string;
}

/** `struct statfs` with inodes of 64 bits. */
export function parseFileSystem(view: DataView, at: number): FileSystem {
  const blockSize = u32(view, at);
  const flags = u32(view, at + 64);
  return {
    totalBytes: u64(view, at + 8) * blockSize,
    freeBytes: u64(view, at + 16) * blockSize,
    availableBytes: u64(view, at + 24) * blockSize,
    id: `${i32(view, at + 48)},${i32(view, at + 52)}`,
    isLocal: (flags & MNT.local) !== 0,
    isHidden: (flags & MNT.hidden) !== 0,
    type: text(view, at + 72, 16),
    point: text(view, at + 88, 1_024),
    source: text(view, at + 1_112, 1_024),
  };
}

/** The disk whose space a file system shares with others, as APFS has it: `disk3` of `/dev/disk3s1s1`; else null. */
export function poolOf({ type, source }: Pick<FileSystem, "type" | "source">): string | null {
  return type === "apfs" ? /^\/dev\/(disk\d+)s\d/.exec(source)?.[1] ?? null : null;
}
