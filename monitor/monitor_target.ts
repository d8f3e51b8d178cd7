import { performance } from "node:perf_hooks";
import { ProctorError, usageError } from "../core/error.ts";
import { unknownReading } from "../core/reading.ts";
import type { Reading } from "../core/reading.ts";
import { commandOf, stateOf } from "../group/access.ts";
import type { GroupState } from "../group/group_state.ts";
import type { ProcessGroup } from "../group/process_group.ts";
import { ProcessTree } from "../group/process_tree.ts";
import type { RunningProcess } from "../group/running_process.ts";
import type { Platform, ProcessIdentity } from "../platform/mod.ts";
import { FIGURES_EVERY_MS } from "./watched.ts";
import type { Watched } from "./watched.ts";
import { WatchedAlone, WatchedProcess } from "./watched_process.ts";

/** A process that others have started, as it was found: by then its ID could be another's. */
export interface ProcessTarget extends ProcessIdentity {
  /** Its descendants, too; default true. */
  readonly tree?: boolean;
}

/** What a manager can watch: a whole group, one process of a group, or any process, with its descendants or alone. */
export type MonitorTarget = ProcessGroup | RunningProcess | ProcessTarget | number;

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
