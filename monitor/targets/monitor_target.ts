import { ProctorError, usageError } from "../../core/error.ts";
import { unknownReading } from "../../core/measure/reading.ts";
import type { TaskAccounting } from "../../core/schema/task_message.ts";
import type { Reading } from "../../core/measure/reading.ts";
import { checkOptions, FLAG, listOf, NUMBER, OBJECT, shown } from "../../core/option.ts";
import { commandOf, stateOf } from "../../group/access.ts";
import type { GroupState } from "../../group/group_state.ts";
import type { ProcessGroup } from "../../group/process_group.ts";
import { ProcessTree } from "../../group/process_tree.ts";
import type { ProcessWatch } from "../../group/process_watch.ts";
import type { RunningProcess } from "../../group/running_process.ts";
import type { CgroupPlace, Platform, ProcessIdentity, ProcessReader } from "../../platform/mod.ts";
import { describeAccounting } from "../run/accounting.ts";
import { ToldGroup, ToldTree } from "./told_processes.ts";
import { FiguresPace } from "./watched.ts";
import type { Watched } from "./watched.ts";
import { WatchedAlone, WatchedProcess } from "./watched_process.ts";

/** A process that others have started, as it was found: by then its ID could be another's. */
export interface ProcessTarget extends ProcessIdentity {
  /** Its descendants, too; default true. */
  readonly tree?: boolean;
  /** Count what their sockets receive and send (`network_*`), as far as that can be had; only with `tree`. */
  readonly network?: boolean;
  /** Every process of the tree, however short it lived, in its messages; only with `tree`, and a manager that listens. */
  readonly processes?: boolean;
}

/** All that is in a cgroup which others have made, such as a container. */
export interface CgroupTarget {
  /** Its paths, one for each hierarchy that has it, as {@link Workload} has them. */
  readonly cgroup: readonly CgroupPlace[];
  /** Count what its sockets receive and send (`network_*`), as far as that can be had. */
  readonly network?: boolean;
  /** Every process in it, however short it lived, in its messages; only by a manager that listens. */
  readonly processes?: boolean;
}

/**
 * What a manager can watch: a whole group, one process of a group, any process, with its descendants or alone, or all
 * that is in a cgroup.
 */
export type MonitorTarget = ProcessGroup | RunningProcess | ProcessTarget | CgroupTarget | number;

const ALL = { counters: true, io: true, switches: true, fileDescriptors: true };

/** Opens an ear for one tree; null where the manager does not listen. */
export type Listen = ((target: ProcessTarget | CgroupTarget) => ProcessWatch) | null;

/**
 * Find out what a target is.
 * @throws ProctorError of kind `usage` when it is none, or there is no such process
 */
export function watchTarget(platform: Platform, target: MonitorTarget, listen: Listen = null): Watched {
  if (typeof target === "number") return watchPid(platform, { pid: target }, null);
  if (typeof target !== "object" || target === null) throw noTarget();
  const command = commandOf(target);
  if (command) return new WatchedProcess(command.state, command.started);
  const state = stateOf(target);
  if (state) {
    const { tree, processes } = state;
    return new WatchedTree(tree, new GroupLife(state), processes && new ToldGroup(state, processes));
  }
  if ("pid" in target && "birth" in target) {
    checkOptions(target, { birth: NUMBER, tree: FLAG, network: FLAG, processes: FLAG }, "target");
    return watchPid(platform, target, listen);
  }
  if ("cgroup" in target) return watchCgroup(platform, target, listen);
  throw noTarget();
}

function noTarget(): ProctorError {
  return usageError(
    "target: it is a ProcessGroup, a RunningProcess, a process ID or a process that was found",
  );
}

/** Watch a target, and listen for every process where it asks for that; no longer where it cannot be watched. */
function listening<T>(
  target: { readonly pid: number } | ProcessTarget | CgroupTarget,
  listen: Listen,
  watch: (processes: ProcessWatch | undefined) => T,
): T {
  if (!("processes" in target) || !target.processes) return watch(undefined);
  if (!listen) throw usageError("target: processes need a manager with events; construct it with them");
  const processes = listen(target);
  try {
    return watch(processes);
  } catch (error) {
    processes.close();
    throw error;
  }
}

function watchCgroup(platform: Platform, target: CgroupTarget, listen: Listen): Watched {
  checkOptions(
    target,
    { cgroup: listOf("a list of cgroups", OBJECT), network: FLAG, processes: FLAG },
    "target",
  );
  const request = { wanted: ALL, marker: "", soleParent: false, guarded: false, traffic: target.network };
  return listening(target, listen, (processes) => {
    const tree = ProcessTree.observeCgroup(platform, target.cgroup, request);
    if (!tree) throw usageError(`target: no process is in the cgroup ${shown(target.cgroup[0]?.path)}`);
    return new WatchedCgroup(tree, new ObservedLife(tree), told(tree, processes));
  });
}

/** The tree is let go of where that fails. */
function told(tree: ProcessTree, processes: ProcessWatch | undefined): ToldTree | undefined {
  try {
    return processes && new ToldTree(tree, processes);
  } catch (error) {
    tree.release();
    throw error;
  }
}

/** Of a bare number the process is meant that has it now. */
function watchPid(
  platform: Platform,
  target: ProcessTarget | { readonly pid: number },
  listen: Listen,
): Watched {
  const { pid } = target;
  const { birth, tree: withTree = true, network: traffic = false }: Partial<ProcessTarget> = target;
  if (!Number.isSafeInteger(pid) || pid <= 0) throw usageError(`target: ${shown(pid)} is not a process ID`);
  if (traffic && !withTree) throw usageError("target: network is counted of a tree; leave out tree: false");
  if ("processes" in target && target.processes && !withTree) {
    throw usageError("target: processes needs the tree; leave out tree: false");
  }
  const request = { wanted: ALL, marker: "", soleParent: false, guarded: false, traffic };
  return listening(target, listen, (processes) => {
    const tree = withTree ? ProcessTree.observe(platform, pid, request) : null;
    const reader = withTree ? tree?.members[0] ?? null : platform.openProcess(pid, ALL);
    if (!reader) {
      tree?.release();
      throw new ProctorError("usage", `target: there is no process ${pid}`);
    }
    if (birth !== undefined && reader.birth !== birth) {
      tree?.release();
      if (!tree) reader.close();
      throw usageError(`target: process ${pid} is another by now`);
    }
    if (!tree) return new WatchedAlone(reader);
    const life = new ObservedLife(tree);
    return processes ? new WatchedTold(tree, life, told(tree, processes)) : new WatchedTree(tree, life);
  });
}

/** How long a tree may be read, when it is over, and who lets go of it. */
interface Life {
  readonly isClosed: boolean;
  /** Whether others reap its ended members as soon as they have ended. */
  readonly isReaped?: boolean;
  isOver(): boolean;
  keeper?(): ProcessReader | undefined;
  release(): void;
}

/** A group ends when it is closed, or when nothing is left of what was started in it. */
class GroupLife implements Life {
  readonly isReaped = true;

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
    // A cgroup that was made anew has another task.
    if (!tree.container.isPopulated()) return true;
    if (tree.isAlive() && tree.members.some((member) => !member.isZombie && this.#isInside(member))) {
      return false;
    }
    tree.refresh(performance.now(), "everything");
    return tree.members.every((member) => member.isZombie);
  }

  /** One that lists its members may be left without running. */
  keeper(): ProcessReader | undefined {
    const { container, members } = this.tree;
    if (this.isClosed || container.listsMembers) return undefined;
    return members.length > 0 && !members[0].isZombie ? members[0] : undefined;
  }

  /** Who has left since the last look keeps nothing going. */
  #isInside({ pid }: ProcessReader): boolean {
    const { container } = this.tree;
    return !container.listsMembers || container.owns(pid);
  }

  release(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.tree.release();
  }
}

class WatchedTree implements Watched {
  readonly reading: Reading;
  readonly processes: Watched["processes"];
  readonly tellEnds: Watched["tellEnds"];
  readonly hearNews: Watched["hearNews"];
  readonly memoryLimitBytes: number;
  readonly countsNetwork: boolean;
  #startTimeMs = NaN;
  readonly #figures = new FiguresPace();
  /** Of which of the tree's readings the last look was. */
  #seenDraw = -1;

  constructor(readonly tree: ProcessTree, readonly life: Life, readonly told?: ToldTree | ToldGroup) {
    if (told) {
      this.processes = () => told.table();
      this.tellEnds = (tell) => told.tellEnds(tell);
      this.hearNews = (stir) => told.onNews = stir;
    }
    this.reading = unknownReading(tree.reading.totals);
    this.memoryLimitBytes = tree.request.limits?.memoryBytes ?? Infinity;
    this.countsNetwork = tree.request.traffic ?? false;
  }

  startTimeMs(): number {
    if (Number.isNaN(this.#startTimeMs) && this.tree.members.length > 0) {
      this.#startTimeMs = this.tree.members[0].startTimeMs;
    }
    return this.#startTimeMs;
  }

  look(nowMs: number, withGpu: boolean, isLast = false): void {
    if (!this.life.isClosed) {
      if (withGpu) this.tree.watchGpu();
      const look = this.#figures.areDue(nowMs) ? "figures" : "sample";
      // The last one is for what has ended.
      this.tree.refresh(nowMs, look, this.life.isReaped === true && !isLast);
    }
    this.told?.look(isLast);
    const { reading } = this;
    const now = this.tree.reading;
    this.#seenDraw = this.tree.drawCount;
    reading.knownPeakMemoryBytes = Math.max(
      now.knownPeakMemoryBytes || 0,
      this.tree.peaks.sumBytes,
    ) || NaN;
    reading.seenVoluntarySwitches = now.seenVoluntarySwitches;
    reading.seenInvoluntarySwitches = now.seenInvoluntarySwitches;
    reading.networkRxBytes = now.networkRxBytes;
    reading.networkTxBytes = now.networkTxBytes;
    reading.loopbackRxBytes = now.loopbackRxBytes;
    reading.loopbackTxBytes = now.loopbackTxBytes;
    reading.gpuPercent = now.gpuPercent;
    reading.gpuMemoryBytes = now.gpuMemoryBytes;
    // Without a member, or with zombies only, there is nothing to be had; what a cgroup counts then is the kernel's own.
    if (now.processCount === 0 || now.residentBytes === 0) return;
    reading.memoryBytes = Number.isNaN(now.memoryBytes) ? reading.memoryBytes : now.memoryBytes;
    reading.residentBytes = now.residentBytes;
    reading.threadCount = now.threadCount;
    reading.fileDescriptorCount = now.fileDescriptorCount;
    reading.processCount = now.processCount;
    reading.catchUpCount = now.catchUpCount;
  }

  isOver(): boolean {
    return this.life.isOver();
  }

  keeper(): ProcessReader | undefined {
    return this.life.keeper?.();
  }

  only(): ProcessReader | undefined {
    const { members } = this.tree;
    return members.length === 1 && !this.told && !this.life.isClosed ? members[0] : undefined;
  }

  isAtRest(isStill: () => boolean): boolean {
    const { tree } = this;
    return !this.life.isClosed && tree.drawCount === this.#seenDraw && tree.onlyMember !== undefined &&
      isStill() &&
      !tree.hasNewcomers();
  }

  release(): void {
    this.told?.close();
    this.life.release();
  }
}

/** A tree that others have started, every process of which is told: its bill may be mended by what they tell. */
class WatchedTold extends WatchedTree {
  accounting(): TaskAccounting {
    return accountingOf(this.tree);
  }
}

/** All that is in a cgroup: its own counters, where they can be read, or the sum of its processes. */
class WatchedCgroup extends WatchedTree {
  accounting(): TaskAccounting {
    return accountingOf(this.tree);
  }
}

function accountingOf(tree: ProcessTree): TaskAccounting {
  const { cpu, memory, peak_memory, disk } = describeAccounting(tree, "running");
  return { cpu, memory, peak_memory, disk };
}
