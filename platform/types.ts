import type { LimitEvents, Limits } from "../core/limits.ts";
import type { Environment, Mechanism } from "../core/record.ts";
import type { ProcessIdentity, ProcessLookup } from "./lookup_types.ts";

export type { ProcessIdentity } from "./lookup_types.ts";

/** Which files a process reader has to read beyond the cheap ones. */
export interface Wanted {
  /** Faults and threads, and what was inherited from reaped children: without them, CPU and memory are cheaper. */
  readonly counters: boolean;
  readonly io: boolean;
  readonly switches: boolean;
  readonly fileDescriptors: boolean;
}

/** What a look at a process found. */
export const Look = {
  /** The process is gone, reaped, or its PID belongs to another by now. */
  gone: 0,
  /** It is there and has not run since the last look: only its memory may have changed. */
  unmoved: 1,
  /** It has run; its row is new. */
  moved: 2,
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
  /** The raw counters (`core/raw.ts`), renewed by `look`. */
  readonly row: Float64Array;
  /** Own CPU seconds at the last look, without those of reaped children: what plain sampling would see. */
  readonly cpuSeconds: number;
  /** Look at the CPU clock, and at the rest if it moved or `force` is set; returns one of {@link Look}. */
  look(force: boolean): number;
  /** Renew what is expensive: context switches, peak memory, descriptors. */
  lookAtDetails(): void;
  /** Renew {@link discardsChildren} alone. */
  lookAtSignals(): void;
  /** Threads of the process: id, name, CPU seconds; empty when it is gone. */
  threads(): ThreadReading[];
  /** Whether it ignores SIGCHLD, so that the kernel drops its children's accounts; as of the last look at details or signals. */
  readonly discardsChildren: boolean;
  /** Release the descriptors it holds. */
  close(): void;
}

/** One thread, read on request. */
export interface ThreadReading {
  readonly threadId: number;
  readonly name: string;
  readonly cpuSeconds: number;
}

/** How and with what a child of ours ended. */
export interface ChildExit {
  readonly pid: number;
  /** null when a signal ended it. */
  readonly exitCode: number | null;
  /** Number of the signal that ended it, or null. */
  readonly signal: number | null;
  /** Its final row: own and reaped use together in the own columns, from the kernel's last accounts. */
  readonly row: Float64Array;
}

/** How a tree is held together, and what the holder itself counts. */
export interface Container {
  readonly mechanism: Mechanism;
  /** Why no stronger mechanism is in use, or null. */
  readonly reason: string | null;
  /** What has to be read of each member, given what the container counts. */
  readonly wanted: Wanted;
  /** Whether the container counts CPU itself, the dead included. */
  readonly countsCpu: boolean;
  /** Whether it counts storage traffic itself. */
  readonly countsDisk: boolean;
  /** Whether it counts memory itself. */
  readonly countsMemory: boolean;
  /** Whether it keeps the peak of its memory itself. */
  readonly countsPeakMemory: boolean;
  /**
   * Look for members that are not in `known`; each is handed over once, parents before children. Unless the
   * look is thorough, it may rely on hints that nothing has forked.
   */
  discover(
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
    thorough: boolean,
  ): void;
  /** Renew {@link usage}; false when nothing in the container ran since the last time. */
  refresh(): boolean;
  /** The container's own counters, NaN where it has none. */
  readonly usage: ContainerUsage;
  /** Kill everything inside at once; false when the mechanism cannot. */
  kill(): boolean;
  /** Whether anything inside lives, zombies left out; true where the container cannot tell. */
  isPopulated(): boolean;
  /** Stop everything inside, or let it go on; false when the mechanism cannot. */
  freeze(frozen: boolean): boolean;
  /** Whether everything inside stands still by {@link freeze}. */
  isFrozen(): boolean;
  /** Members that the kernel has killed for want of memory so far; NaN when nobody counts them. */
  oomKillCount(): number;
  /** What running into limits has come to so far. */
  limitEvents(): LimitEvents;
  /** Whether a process, a zombie included, belongs inside beyond doubt. */
  owns(pid: number): boolean;
  /** Let go of the tree: members still alive go on outside; nothing of the container remains. */
  release(): void;
  /** Let go of the tree as it is: the container stays, for somebody else to adopt. */
  abandon(): void;
  /** The directory that holds the tree, where there is one. */
  readonly directory: string | null;
}

/** Counters of a container in base units; NaN where it does not count. */
export interface ContainerUsage {
  cpuSeconds: number;
  userSeconds: number;
  systemSeconds: number;
  diskReadBytes: number;
  diskWriteBytes: number;
  memoryBytes: number;
  peakMemoryBytes: number;
}

/** What a container is asked for. */
export interface ContainerRequest {
  readonly wanted: Wanted;
  /** `NAME=value` that stands in the environment of every member that kept its environment. */
  readonly marker: string;
  /** Whether the tree was started by another process than this one, so that its members are not our children. */
  readonly adopted?: boolean;
  /** Whether a guard is to end the tree when we die, whatever way. */
  readonly guarded: boolean;
  /** What the tree may use at most. */
  readonly limits?: Limits;
  /** Climb no higher than this; the strongest that can be had when undefined. */
  readonly mechanism?: "subreaper";
  /** True when this process has no children but those of this one group, so that any orphan is of its tree. */
  readonly soleParent: boolean;
}

/** A process that ends a tree when we die, whatever way. */
export interface Guard {
  /** null where there is none: inside a bundled program without a cgroup. */
  readonly pid: number | null;
  /** The tree is over: the guard goes without doing anything. */
  dismiss(): void;
}

/** A command ready to be executed. */
export interface LaunchSpec {
  /** The path of the file to execute, as bytes: it need not be UTF-8. */
  readonly file: Uint8Array;
  /** Arguments, the zeroth included, as bytes without terminators. */
  readonly args: readonly Uint8Array[];
  /** Environment as `NAME=value` bytes. */
  readonly env: readonly Uint8Array[];
  /** Working directory; ours when undefined. */
  readonly cwd: string | undefined;
  /** Run as this user and group, with no other groups; undefined to stay who we are. */
  readonly credentials?: { readonly uid: number; readonly gid: number };
  /** Whether it leads a session of its own, so that a terminal's signals do not reach it. */
  readonly ownSession?: boolean;
  /** Most descriptors it may open (RLIMIT_NOFILE); what we were given ourselves when undefined. */
  readonly fileLimit?: number;
  /** Whether it gets no others of our descriptors, whatever the runtime has left open for children. */
  readonly closesOthers?: boolean;
  /** Descriptors above 2 that the child gets besides, under the same numbers. */
  readonly inherited?: readonly number[];
  /** Which of our descriptors the child gets as its 0, 1 and 2. */
  readonly stdio: readonly [number, number, number];
}

/** A child that was started. */
export interface Launched {
  readonly pid: number;
}

/** Why a launch failed: the step, and the error in words. */
export interface LaunchFailure {
  readonly stage: "containment" | "credentials" | "cwd" | "exec" | "file_limit" | "spawn";
  readonly errno: number;
  readonly message: string;
}

/** What an operating system can tell and do; one implementation each. */
export interface Platform {
  /** CPU seconds this process has used since its start, all threads. */
  ownCpuSeconds(): number;
  /** Resident memory of this process in bytes, or null. */
  ownMemoryBytes(): number | null;
  /** The machine and the limits that bind here. */
  environment(): Environment;
  /**
   * The strongest container this machine allows for a tree that is to be started.
   * @throws ProctorError of kind `system` when a limit cannot be enforced
   */
  createContainer(request: ContainerRequest): Container;
  /** A container that cannot be refused: the weakest that still sees the whole tree. */
  fallbackContainer(request: ContainerRequest, reason: string): Container;
  /**
   * The container that another process has made and abandoned.
   * @param directory where the tree is held; null on a rung without one
   * @throws ProctorError of kind `system` when it is gone
   */
  adoptContainer(request: ContainerRequest, directory: string | null): Container;
  /** The program we are in does {@link reapMarked} when it is given these arguments and a mark. */
  useReaper(args: readonly string[]): void;
  /** Kill whatever carries a group's mark, until nothing does: the work of a guard without a cgroup. */
  reapMarked(marker: string): Promise<void>;
  /** The kernel's name for this run of the machine, since when PIDs and births mean something. */
  bootId(): string;
  /** A container around a tree that already runs. */
  observeTree(request: ContainerRequest): Container;
  /** What keeps a file from being executed by us, or null; a relative path is seen from our directory. */
  whyNotExecutable(file: Uint8Array): Obstacle | null;
  /** Start a command inside a container. */
  launch(spec: LaunchSpec, container: Container): Launched | LaunchFailure;
  /** A pipe, both ends close-on-exec: what is read from, and what is written to. */
  makePipe(): [number, number];
  /** /dev/null, to be read or written. */
  openNull(): number;
  closeDescriptor(descriptor: number): void;
  /** The read end of a pipe as a stream, which closes it. */
  readableOf(descriptor: number): ReadableStream<Uint8Array>;
  /** All writers of such a stream are dead: keep what is left in its pipe, and let go of the descriptor. */
  settle(stream: ReadableStream<Uint8Array>): void;
  /** Open a live process; null when there is none. */
  openProcess(pid: number, wanted: Wanted): ProcessReader | null;
  /** Look processes up that nobody of ours has started. */
  lookUp(): ProcessLookup;
  /** Proportional set size of a process in bytes, at a price; NaN when it cannot be read. */
  pssBytes(pid: number): number;
  /** PID of an ended child of ours that nobody has waited for, or 0. */
  endedChild(): number;
  /** The PIDs of all such children. */
  endedChildren(): number[];
  /** Whether a child of ours has ended and waits to be reaped. */
  hasEnded(pid: number): boolean;
  /**
   * Take an ended child out of the process table, with its final accounts; null when it has not ended or is no
   * child of ours. The reader has seen its last afterwards.
   */
  reap(reader: ProcessReader): ChildExit | null;
  /** Send a signal to exactly this process; false when it is gone or may not be signalled. */
  signal(process: ProcessIdentity, signal: string): boolean;
  /**
   * Take a lock that the kernel gives back when we end, whatever way; the file is made and never removed. null when
   * another process has it.
   * @throws an error with the `code` of the failed open
   */
  lockFile(path: string): FileLock | null;
  /** The name of a signal: `SIGTERM` for 15. */
  signalName(number: number): string;
  /** The number of a signal: 15 for `SIGTERM`; 0 when there is none of that name. */
  signalNumber(name: string): number;
  /**
   * Tell a terminal's signals, which reach our children by themselves, from others; to be called when a handler
   * is in place. The function returned says it of the signal that came last.
   */
  trackSignalOrigin(signal: string): () => boolean;
  /** Whether a signal was ignored when this process started (as after nohup), and so is left alone. */
  wasIgnored(signal: string): boolean;
  /**
   * Open a file for writing, made anew or to be added to, without blocking the program (a pipe waits for its reader).
   * @throws an error with the `code` of the failed open
   */
  openForWriting(path: string, append?: boolean): Promise<number>;
  /**
   * Write some bytes to a descriptor without blocking the program; how many.
   * @throws an error with the `code` of the failed write
   */
  writeDescriptor(descriptor: number, bytes: Uint8Array): Promise<number>;
  /** Give a part of a file back to the file system: it reads as zeros then. False where that cannot be done. */
  releaseFileSpace(path: string, offset: number, length: number): boolean;
  /**
   * Write to a pipe or socket what it takes without waiting: how many bytes; null for any other file.
   * @throws an error with the `code` of the failed write
   */
  writeAtOnce(descriptor: number, bytes: Uint8Array): number | null;
  /** What stands in the way of more, and how to get it, for `proctor doctor`. */
  findings(): Finding[];
  /** Descriptors above 2 that this process was started with, as far as the runtime keeps them from its children. */
  inheritedDescriptors(): number[];
  /** Mark descriptors close-on-exec; those that are not open are passed over. */
  keepFromChildren(descriptors: readonly number[]): void;
  /** Whether a descriptor is open and leads to a pipe. */
  isPipe(descriptor: number): boolean;
  /** Our arguments and environment as the bytes they came in, where the runtime's strings may be lossy. */
  ownArguments(): Uint8Array[];
  ownEnvironment(): Uint8Array[];
}

/** A lock on a file. */
export interface FileLock {
  /** Let another process have it. */
  release(): void;
}

/** What keeps a file from being executed. */
export type Obstacle = "missing" | "directory" | "forbidden";

/** One thing that `proctor doctor` looked at. */
export interface Finding {
  readonly topic: string;
  readonly ok: boolean;
  readonly detail: string;
  /** How to get more, or null. */
  readonly advice: string | null;
}
