import { larger } from "../../../core/measure/numbers.ts";
import { Raw, unknownRow } from "../../../core/measure/raw.ts";
import { Look } from "../../contract/processes.ts";
import type { ProcessReader, ThreadReading, Wanted } from "../../contract/processes.ts";
import { STATUS } from "../layout/proc_info.ts";
import type { RusageInfo } from "../layout/rusage_info.ts";
import { ticksPerSecond } from "../sys/clock.ts";
import {
  bsdInfo,
  descriptors,
  isDead,
  rusageInfo,
  shortBsdInfo,
  startOf,
  taskAll,
  threads,
  uniqueInfo,
} from "../sys/libproc.ts";
import type { LibSystem } from "../sys/libsystem.ts";
import { noteEvents } from "./event_counts.ts";
import { argumentsOf } from "./process_words.ts";

/** Those who never tell are not asked, but identified: nobody has this many ticks. */
const UNKNOWN_TICKS = -1;
/** The birth of a child of which nothing could be read: its PID is its own until we have waited for it. */
export const UNKNOWN_BIRTH = -1;
/** The PID of the kernel itself. */
const KERNEL = 0;

/**
 * A process seen through libproc; see {@link ProcessReader}. Memory is its footprint: what is charged to it alone. Of
 * reaped children it has their CPU; their faults and storage traffic are in nobody's accounts.
 */
export class DarwinProcessReader implements ProcessReader {
  readonly row = unknownRow();
  cpuSeconds = 0;
  name = "?";
  args: readonly string[] | null = null;
  parentPid = 0;
  readonly discardsChildren = false;
  readonly lags = false;
  hasCurrentIo = false;
  birth = UNKNOWN_BIRTH;
  /** Given once as long as the machine is up; NaN when it could not be read. */
  uniqueId = NaN;
  /** Of who has started it. */
  starterUniqueId = NaN;
  readonly openedAtMs = performance.now();
  readonly waits = { runQueueSeconds: NaN, blockIoSeconds: NaN, memoryWaitSeconds: NaN };
  #status = 0;
  #runningThreads = 0;
  #startTicks = UNKNOWN_TICKS;
  #detailsAtCpuSeconds = NaN;
  #isReadable = true;

  /** Open a process; null when there is none. Of another user's only who it is can be told. */
  static open(system: LibSystem, pid: number, wanted: Wanted): DarwinProcessReader | null {
    const reader = new DarwinProcessReader(system, pid, wanted);
    return reader.#readFirst() ? reader : null;
  }

  /** Open a child that nobody has waited for, whatever can be read of it. */
  static openChild(system: LibSystem, pid: number, wanted: Wanted): DarwinProcessReader {
    const reader = new DarwinProcessReader(system, pid, wanted);
    if (!reader.#readFirst()) reader.parentPid = process.pid;
    return reader;
  }

  private constructor(readonly system: LibSystem, readonly pid: number, readonly wanted: Wanted) {}

  #readFirst(): boolean {
    const unique = uniqueInfo(this.system, this.pid);
    if (!unique) return false;
    ({ uniqueId: this.uniqueId, starterUniqueId: this.starterUniqueId } = unique);
    const usage = rusageInfo(this.system, this.pid);
    if (usage) {
      this.#startTicks = usage.startTicks;
      this.#noteUsage(usage);
      this.#readTask();
    } else {
      this.#isReadable = false;
      const known = shortBsdInfo(this.system, this.pid);
      if (!known) return false;
      ({ parentPid: this.parentPid, name: this.name } = known);
      this.#status = known.status;
    }
    if (this.birth === UNKNOWN_BIRTH) this.birth = larger(startOf(this.system, this.pid), UNKNOWN_BIRTH);
    // Of another user's process they are not told; null is for the kernel and the dead.
    const isProgram = this.pid !== KERNEL && !this.isZombie;
    this.args = argumentsOf(this.system, this.pid) ?? (this.#isReadable || !isProgram ? null : []);
    return true;
  }

  get startTimeMs(): number {
    return this.birth / 1_000;
  }

  get session(): number {
    return this.system.c.getsid(this.pid);
  }

  get isZombie(): boolean {
    return isDead(this.#status);
  }

  get isSuspended(): boolean {
    return this.#status === STATUS.stopped;
  }

  get state(): string {
    // Almost all are said to run: whether a thread of theirs does is counted.
    if (this.isZombie) return "Z";
    if (this.isSuspended) return "T";
    return this.#runningThreads > 0 ? "R" : "S";
  }

  get hasFreshDetails(): boolean {
    return this.#detailsAtCpuSeconds >= this.cpuSeconds;
  }

  look(force: boolean, briefly = false): number {
    if (!this.#isReadable) return this.#lookAtWho();
    const usage = rusageInfo(this.system, this.pid);
    // Of another that has got its PID nothing is taken. One that has ended may have become another user's.
    if (!usage) return this.#lookAtWho();
    if (usage.startTicks !== this.#startTicks) return Look.gone;
    const before = this.cpuSeconds;
    this.#noteUsage(usage);
    const hasMoved = this.cpuSeconds !== before;
    if (!hasMoved && !force) {
      // The dead do not move, either.
      this.#readStatus();
      return Look.unmoved;
    }
    if (briefly && !force) this.#readStatus();
    else this.#readTask();
    return hasMoved ? Look.moved : Look.unmoved;
  }

  /** Whether it is still there, where no more is told. */
  #lookAtWho(): number {
    this.hasCurrentIo = false;
    if (uniqueInfo(this.system, this.pid)?.uniqueId !== this.uniqueId) return Look.gone;
    this.#status = shortBsdInfo(this.system, this.pid)?.status ?? this.#status;
    return Look.unread;
  }

  lookAtDetails(): void {
    this.#detailsAtCpuSeconds = this.cpuSeconds;
    if (!this.wanted.fileDescriptors || this.isZombie) return;
    this.row[Raw.fileDescriptorCount] = descriptors(this.system, this.pid)?.length ?? NaN;
  }

  lookAtWaits(): void {}

  lookAtSignals(): void {}

  inheritedFaults(): number {
    return NaN;
  }

  threads(): ThreadReading[] {
    return threads(this.system, this.pid);
  }

  close(): void {}

  #noteUsage(usage: RusageInfo): void {
    const { row } = this;
    const seconds = (ticks: number) => ticks / ticksPerSecond(this.system);
    row[Raw.userSeconds] = seconds(usage.userTicks);
    row[Raw.systemSeconds] = seconds(usage.systemTicks);
    row[Raw.cpuSeconds] = this.cpuSeconds = Math.max(
      this.cpuSeconds,
      seconds(usage.userTicks + usage.systemTicks),
    );
    row[Raw.reapedUserSeconds] = seconds(usage.childUserTicks);
    row[Raw.reapedSystemSeconds] = seconds(usage.childSystemTicks);
    row[Raw.reapedCpuSeconds] = seconds(usage.childUserTicks + usage.childSystemTicks);
    row[Raw.reapedMajorFaults] = usage.childPageins;
    row[Raw.memoryBytes] = usage.footprintBytes;
    row[Raw.peakMemoryBytes] = larger(row[Raw.peakMemoryBytes], usage.peakFootprintBytes);
    noteEvents(this.system, this.uniqueId, usage);
    this.hasCurrentIo = true;
    if (!this.wanted.io) return;
    row[Raw.diskReadBytes] = usage.diskReadBytes;
    row[Raw.diskWriteBytes] = usage.diskWriteBytes;
    // Nothing is billed to storage that does not get there.
    row[Raw.diskCancelledWriteBytes] = 0;
  }

  /** What the task tells besides, while it lives. */
  #readTask(): void {
    const task = taskAll(this.system, this.pid);
    if (!task) return this.#readStatus();
    this.#note(task);
    const { row } = this;
    row[Raw.minorFaults] = task.minorFaults;
    row[Raw.majorFaults] = task.majorFaults;
    row[Raw.threadCount] = task.threadCount;
    this.#runningThreads = task.runningThreads;
  }

  #readStatus(): void {
    const who = bsdInfo(this.system, this.pid);
    if (who) this.#note(who);
  }

  #note({ status, parentPid, name, startMicroseconds }: NonNullable<ReturnType<typeof bsdInfo>>): void {
    // A name that has changed means a new program.
    if (this.name !== "?" && this.name !== name) this.args = argumentsOf(this.system, this.pid) ?? this.args;
    this.#status = status;
    this.parentPid = parentPid;
    this.name = name;
    if (this.birth === UNKNOWN_BIRTH) this.birth = startMicroseconds;
  }
}
