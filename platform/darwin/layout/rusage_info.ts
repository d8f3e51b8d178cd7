import { u64 } from "./words.ts";

/*
 * What proc_pid_rusage tells (bsd/sys/resource.h of XNU). Each version begins with the one before. It is told of
 * zombies, too: the kernel keeps the last figures until the parent has waited.
 */

/** Versions of `struct rusage_info`, the newest first: the sixth is there since macOS 13, the fourth since 10.14. */
export const RUSAGE_INFO = [{ number: 6, size: 464 }, { number: 4, size: 296 }] as const;

/** What a process has used; times in ticks of the machine (see `ticksPerSecond`). */
export interface RusageInfo {
  readonly userTicks: number;
  readonly systemTicks: number;
  /** Of children that it has waited for, and theirs. */
  readonly childUserTicks: number;
  readonly childSystemTicks: number;
  readonly childPageins: number;
  /** Another process that got its PID has another. */
  readonly startTicks: number;
  readonly residentBytes: number;
  /** What is charged to it: its own memory, compressed or not, without pages of files. 0 when it has ended. */
  readonly footprintBytes: number;
  readonly peakFootprintBytes: number;
  readonly diskReadBytes: number;
  readonly diskWriteBytes: number;
  readonly instructions: number;
  readonly cycles: number;
}

/** `struct rusage_info_v4` and what begins with it. */
export function parseRusageInfo(view: DataView): RusageInfo {
  return {
    userTicks: u64(view, 16),
    systemTicks: u64(view, 24),
    residentBytes: u64(view, 64),
    footprintBytes: u64(view, 72),
    startTicks: u64(view, 80),
    childUserTicks: u64(view, 96),
    childSystemTicks: u64(view, 104),
    childPageins: u64(view, 128),
    diskReadBytes: u64(view, 144),
    diskWriteBytes: u64(view, 152),
    peakFootprintBytes: u64(view, 240),
    instructions: u64(view, 248),
    cycles: u64(view, 256),
  };
}
