import { performance } from "node:perf_hooks";
import { ProctorError, usageError } from "../core/error.ts";
import { Raw, Total, TOTAL_WIDTH } from "../core/raw.ts";
import { unknownReading } from "../core/reading.ts";
import type { Reading } from "../core/reading.ts";
import { commandOf, stateOf } from "../group/access.ts";
import type { GroupState, StartedCommand } from "../group/group_state.ts";
import type { ProcessGroup } from "../group/process_group.ts";
import { ProcessTree } from "../group/process_tree.ts";
import type { RunningProcess } from "../group/running_process.ts";
import { Look } from "../platform/mod.ts";
import type { Platform, ProcessIdentity, ProcessReader } from "../platform/mod.ts";

/** A process that others have started, as it was found: by then its ID could be another's. */
export interface ProcessTarget extends ProcessIdentity {
  /** Its descendants, too; default true. */
  readonly tree?: boolean;
}

/** What a manager can watch: a whole group, one process of a group, or any process, with its descendants or alone. */
export type MonitorTarget = ProcessGroup | RunningProcess | ProcessTarget | number;

/** A target as the manager sees it. */
export interface Watched {
  /**
   * The state at the last look, renewed in place. What a target has at a time (memory, threads, descriptors, processes)
   * stays as it was last seen when it has ended.
   */
  readonly reading: Reading;
  /** Most memory it may use by its own limits, in bytes; Infinity without. */
  readonly memoryLimitBytes: number;
  /** When it began, in milliseconds since the epoch; NaN before it has. */
  startTimeMs(): number;
  /** Renew the reading. */
  look(nowMs: number): void;
  /** Whether it has ended; cheap while it has not. */
  isOver(): boolean;
  /** Let go of what is held for watching; the target goes on. */
  release(): void;
}

/** What costs most (descriptors, peaks, memory of the idle) is read at most this often. */
const FIGURES_EVERY_MS = 900;
const ALL = { counters: true, io: true, switches: true, fileDescriptors: true };

/**
 * Find out what a target is.
 * @throws ProctorError of kind `usage` when it is none, or there is no such process
 */
export function watchTarget(platform: Platform, target: MonitorTarget): Watched {
  if (typeof target === "number") return watchPid(platform, target, true);
  const command = commandOf(target);
  if (command) return new WatchedProcess(command.state, command.started);
  const state = stateOf(target);
  if (state) return new WatchedTree(state.tree, new GroupLife(state));
  if ("pid" in target && "birth" in target) {
    return watchPid(platform, target.pid, target.tree ?? true, target.birth);
  }
  throw usageError(
    "target: it is a ProcessGroup, a RunningProcess, a process ID or a process that was found",
  );
}

/** @param birth of the process that is meant; undefined: of the one that has the ID now */
function watchPid(platform: Platform, pid: number, withTree: boolean, birth?: number): Watched {
  if (!Number.isSafeInteger(pid) || pid <= 0) throw usageError(`target: ${pid} is no process ID`);
  const request = { wanted: ALL, marker: "", soleParent: false, guarded: false };
  const tree = withTree ? ProcessTree.observe(platform, pid, request) : null;
  const reader = withTree ? tree?.members[0] ?? null : platform.openProcess(pid, ALL);
  if (!reader) throw new ProctorError("usage", `target: there is no process ${pid}`);
  if (birth !== undefined && reader.birth !== birth) {
    tree?.release();
    if (!tree) reader.close();
    throw usageError(`target: process ${pid} is another by now`);
  }
  return tree ? new WatchedTree(tree, new ObservedLife(tree)) : new WatchedAlone(reader);
}

/** How long a tree may be read, when it is over, and who lets go of it. */
interface Life {
  readonly isClosed: boolean;
  isOver(): boolean;
  release(): void;
}

/** A group ends when it is closed, or when nothing is left of what was started in it. */
class GroupLife implements Life {
  constructor(readonly state: GroupState) {}

  get isClosed(): boolean {
    return this.state.isClosed;
  }

  isOver(): boolean {
    if (this.isClosed) return true;
    const { tree } = this.state;
    if (tree.members.length > 0 || tree.totalProcessCount === 0) return false;
    // An orphan may hide where only a thorough look finds it.
    tree.refresh(performance.now(), "everything");
    return tree.members.length === 0;
  }

  /** It is somebody else's. */
  release(): void {}
}

/** A tree that is only looked at ends with its last process; a zombie is for its parent to bury. */
class ObservedLife implements Life {
  isClosed = false;

  constructor(readonly tree: ProcessTree) {}

  isOver(): boolean {
    const { tree } = this;
    if (this.isClosed) return true;
    if (tree.isAlive() && !tree.members.every((member) => member.isZombie)) return false;
    tree.refresh(performance.now(), "everything");
    return tree.members.every((member) => member.isZombie);
  }

  release(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.tree.release();
  }
}

class WatchedTree implements Watched {
  readonly reading: Reading;
  readonly memoryLimitBytes: number;
  #startTimeMs = NaN;
  #figuresAtMs = -Infinity;

  constructor(readonly tree: ProcessTree, readonly life: Life) {
    this.reading = unknownReading(tree.reading.totals);
    this.memoryLimitBytes = tree.request.limits?.memoryBytes ?? Infinity;
  }

  startTimeMs(): number {
    if (Number.isNaN(this.#startTimeMs) && this.tree.members.length > 0) {
      this.#startTimeMs = this.tree.members[0].startTimeMs;
    }
    return this.#startTimeMs;
  }

  look(nowMs: number): void {
    if (!this.life.isClosed) {
      const figures = nowMs - this.#figuresAtMs >= FIGURES_EVERY_MS;
      if (figures) this.#figuresAtMs = nowMs;
      this.tree.refresh(nowMs, figures ? "figures" : "changes");
    }
    const { reading } = this;
    const now = this.tree.reading;
    reading.knownPeakMemoryBytes = Math.max(
      now.knownPeakMemoryBytes || 0,
      this.tree.peakMemoryBytes,
    ) || NaN;
    // Without a member, or with zombies only, there is nothing to be had.
    if (now.processCount === 0 || now.memoryBytes === 0) return;
    reading.memoryBytes = Number.isNaN(now.memoryBytes) ? reading.memoryBytes : now.memoryBytes;
    reading.residentBytes = now.residentBytes;
    reading.threadCount = now.threadCount;
    reading.fileDescriptorCount = now.fileDescriptorCount;
    reading.processCount = now.processCount;
  }

  isOver(): boolean {
    return this.life.isOver();
  }

  release(): void {
    this.life.release();
  }
}

/** One process of a group, all its threads, without its children: those are the group's. */
class WatchedProcess implements Watched {
  readonly reading: Reading = unknownReading(new Float64Array(TOTAL_WIDTH).fill(NaN));
  readonly memoryLimitBytes: number;
  #figuresAtMs = -Infinity;

  constructor(readonly state: GroupState, readonly started: StartedCommand) {
    this.memoryLimitBytes = state.tree.request.limits?.memoryBytes ?? Infinity;
    this.reading.processCount = 1;
  }

  startTimeMs(): number {
    return this.started.reader.startTimeMs;
  }

  look(nowMs: number): void {
    const { reader, end } = this.started;
    if (!this.isOver()) {
      const figures = nowMs - this.#figuresAtMs >= FIGURES_EVERY_MS;
      reader.look(figures);
      if (figures) {
        this.#figuresAtMs = nowMs;
        reader.lookAtDetails();
      }
    }
    const { reading } = this;
    const { totals } = reading;
    const { row } = reader;
    OWN_COLUMNS.forEach((column, total) => totals[total] = row[column]);
    // Its own alone, and final once it has ended.
    totals[Total.cpuSeconds] = end?.cpuSeconds ?? reader.cpuSeconds;
    reading.knownPeakMemoryBytes = end?.peakMemoryBytes ?? row[Raw.peakMemoryBytes];
    if (end || reader.isZombie) return;
    if (row[Raw.memoryBytes] > 0) {
      reading.memoryBytes = reading.residentBytes = row[Raw.memoryBytes];
    }
    reading.threadCount = row[Raw.threadCount];
    reading.fileDescriptorCount = row[Raw.fileDescriptorCount];
  }

  isOver(): boolean {
    return this.started.end !== undefined || this.state.isClosed;
  }

  /** It is the group's. */
  release(): void {}
}

/** A process that others have started, all its threads, without its children; counted from now on. */
class WatchedAlone implements Watched {
  readonly reading: Reading = unknownReading(new Float64Array(TOTAL_WIDTH).fill(NaN));
  readonly memoryLimitBytes = Infinity;
  readonly #before: Float64Array;
  #figuresAtMs = -Infinity;
  #isOver = false;

  constructor(readonly reader: ProcessReader) {
    reader.look(true);
    reader.lookAtDetails();
    this.#before = reader.row.slice();
    this.reading.processCount = 1;
  }

  startTimeMs(): number {
    return this.reader.startTimeMs;
  }

  look(nowMs: number): void {
    const { reader, reading } = this;
    const { row } = reader;
    if (!this.#isOver) {
      const figures = nowMs - this.#figuresAtMs >= FIGURES_EVERY_MS;
      if (reader.look(figures) === Look.gone) this.#isOver = true;
      else if (figures) {
        this.#figuresAtMs = nowMs;
        reader.lookAtDetails();
      }
    }
    OWN_COLUMNS.forEach((column, total) => {
      // A counter that could not be read at first counts for nothing.
      reading.totals[total] = row[column] - this.#before[column];
    });
    reading.knownPeakMemoryBytes = row[Raw.peakMemoryBytes];
    if (this.#isOver || reader.isZombie) return;
    if (row[Raw.memoryBytes] > 0) reading.memoryBytes = reading.residentBytes = row[Raw.memoryBytes];
    reading.threadCount = row[Raw.threadCount];
    reading.fileDescriptorCount = row[Raw.fileDescriptorCount];
  }

  isOver(): boolean {
    if (!this.#isOver) this.#isOver = this.reader.look(false) === Look.gone || this.reader.isZombie;
    return this.#isOver;
  }

  release(): void {
    this.#isOver = true;
    this.reader.close();
  }
}

/** The columns of a row that are a process's own, in the order of `Total`. */
const OWN_COLUMNS = [
  Raw.cpuSeconds,
  Raw.userSeconds,
  Raw.systemSeconds,
  Raw.minorFaults,
  Raw.majorFaults,
  Raw.ioReadBytes,
  Raw.ioWriteBytes,
  Raw.diskReadBytes,
  Raw.diskWriteBytes,
  Raw.voluntarySwitches,
  Raw.involuntarySwitches,
];
