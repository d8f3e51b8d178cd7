import type { ProcessIdentity, ProcessLookup } from "./lookup.ts";

/** Which files a process reader has to read beyond the cheap ones. */
export interface Wanted {
  /** Faults and threads, and what was inherited from reaped children: without them, CPU and memory are cheaper. */
  readonly counters: boolean;
  readonly io: boolean;
  readonly switches: boolean;
  readonly fileDescriptors: boolean;
  /** Whether counters and I/O of a sample may be up to a second old; what a process leaves at its end never is. */
  readonly mayLag?: boolean;
  /** Whether it is asked for how long processes were kept waiting. */
  readonly waits?: boolean;
}

/** What a look at a process found. */
export const Look = {
  /** The process is gone, reaped, or its PID belongs to another by now. */
  gone: 0,
  /** It is there and has not run since the last look: only its memory may have changed. */
  unmoved: 1,
  /** It has run; its row is new. */
  moved: 2,
  /** It is there, but cannot be read now, for want of descriptors or memory: its row has what was known before. */
  unread: 3,
} as const;

/** One live process, identified by PID and start time for as long as the reader is open. */
export interface ProcessReader extends ProcessIdentity {
  /** Start time in milliseconds since the epoch: a label, to about 10 ms. */
  readonly startTimeMs: number;
  readonly parentPid: number;
  readonly session: number;
  readonly isZombie: boolean;
  /** Whether it was suspended (SIGSTOP, a debugger) at the last look. */
  readonly isSuspended: boolean;
  /** What it does, as a letter: `R`unning, `S`leeping, `D` (waiting for a device), `T` (stopped), `Z`ombie …. */
  readonly state: string;
  /** The name the kernel knows it by, invalid UTF-8 replaced. */
  readonly name: string;
  /** The arguments; null for a kernel thread or a zombie. */
  readonly args: readonly string[] | null;
  /** The raw counters (`core/measure/raw.ts`), renewed by `look`. */
  readonly row: Float64Array;
  /** Bytes that it had written before it was the command; they are not in the row. */
  readonly writtenBefore?: number;
  /** Own CPU seconds at the last look, without those of reaped children: what plain sampling would see. */
  readonly cpuSeconds: number;
  /** When it was opened, in milliseconds on the monotonic clock. */
  readonly openedAtMs: number;
  /**
   * Look at the CPU clock, and at the rest if it moved or `force` is set; returns one of {@link Look}.
   * @param briefly whether CPU and memory will do, and that it is there: the rest of the row {@link lags} then
   */
  look(force: boolean, briefly?: boolean): number;
  /** Whether it has run since counters and I/O of the row were read. */
  readonly lags: boolean;
  /** Renew what is expensive: context switches, peak memory, descriptors. */
  lookAtDetails(): void;
  /** Whether these are what they were at the last look: it has not run since they were read. */
  readonly hasFreshDetails: boolean;
  /** Whether the row's I/O is that of the last look; it may be refused, of a zombie even to its parent. */
  readonly hasCurrentIo: boolean;
  /** Renew {@link waits}. */
  lookAtWaits(): void;
  /** For how long it was kept waiting, as of the last {@link lookAtWaits}. */
  readonly waits: ProcessWaits;
  /** Renew {@link discardsChildren} alone. */
  lookAtSignals(): void;
  /** Minor page faults inherited from children it has waited for, read anew beside the row; NaN when they cannot be. */
  inheritedFaults(): number;
  /** Threads of the process: id, name, CPU seconds; empty when it is gone. */
  threads(): ThreadReading[];
  /**
   * Whether it ignores SIGCHLD, so that the kernel drops its children's accounts; as of the last look at details or
   * signals.
   */
  readonly discardsChildren: boolean;
  /** Release the descriptors it holds. */
  close(): void;
}

/** The CPU clocks of many processes, read together. */
export interface ProcessClocks {
  /** Read those of these processes, which are the same as long as the list is; then it is cheapest. */
  read(readers: readonly ProcessReader[]): void;
  /**
   * Whether one of them, by its place, has run since its last look, or is gone: without `force` a look finds nothing
   * else.
   */
  hasRun(index: number): boolean;
  /** Give back what it holds. */
  close(): void;
}

/** The CPU clocks and the memory of many processes, read together. */
export interface StillProcesses {
  /** Read those of these. */
  read(readers: readonly ProcessReader[]): void;
  /**
   * Whether one of them, by its place, has not run since its last look and has the memory that it had: a look with
   * `force` would find nothing else.
   */
  isStill(index: number): boolean;
  /** Give back what it holds. */
  close(): void;
}

/** For how long the threads of a process were kept waiting, in seconds; NaN where it is not known. */
export interface ProcessWaits {
  /** Ready to run, and none of the CPUs was free for it. */
  runQueueSeconds: number;
  /** For block devices. */
  blockIoSeconds: number;
  /** For memory: to be read back, taken from others, or moved together. */
  memoryWaitSeconds: number;
}

/** One thread, read on request. */
export interface ThreadReading {
  readonly threadId: number;
  readonly name: string;
  readonly cpuSeconds: number;
}

/** Processes of the machine, whoever has started them. */
export interface Processes {
  /**
   * Open a live process; null when there is none, or it cannot be read.
   * @throws ProctorError of kind `system` where processes cannot be told apart ({@link blindness})
   */
  openProcess(pid: number, wanted: Wanted): ProcessReader | null;
  /** What reads many CPU clocks for the price of a few; left out where there is none. */
  clocks?(): ProcessClocks;
  /** What tells of many processes at once that they stand still; null or left out where there is none. */
  stillProcesses?(): StillProcesses | null;
  /** Why processes cannot be told apart by their numbers here, and what to do about it; null where they can. */
  blindness(): string | null;
  /** Look processes up that nobody of ours has started. */
  lookUp(): ProcessLookup;
  /** Whether a process is on its way out, killed or exiting, though its end cannot be waited for yet; or gone. */
  isEnding(pid: number): boolean;
  /** Proportional set size of a process in bytes, at a price; NaN when it cannot be read. */
  pssBytes(pid: number): number;
  /** The kernel's name for this run of the machine, since when PIDs and births mean something. */
  bootId(): string;
  /** The {@link ProcessIdentity.birth} that a process would have which starts now. */
  birthNow(): number;
  /** Send a signal to exactly this process; false when it is gone or may not be signalled. */
  signal(process: ProcessIdentity, signal: string): boolean;
}
