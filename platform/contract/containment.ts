import type { LimitEvents, Limits } from "../../core/measure/limits.ts";
import type { TreeNews } from "../../core/measure/member_news.ts";
import type { Mechanism } from "../../core/schema/record.ts";
import type { SavedGroup } from "../../core/schema/saved_group.ts";
import type { TreeCounters } from "./counters.ts";
import type { PressureReading } from "./host.ts";
import type { ProcessIdentity } from "./lookup.ts";
import type { ProcessReader, Wanted } from "./processes.ts";
import type { StillFile } from "./stand_still.ts";
import type { TreeTraffic } from "./traffic.ts";
import type { CgroupPlace } from "./workloads.ts";

/** How a tree is held together, and what the holder itself counts. */
export interface Container {
  /** Its name in records; what it is capable of is told by what follows. */
  readonly mechanism: Mechanism;
  /** Why no stronger mechanism is in use, or null. */
  readonly reason: string | null;
  /** Whether members are ours to wait for, orphans included: those of a tree that is watched from outside are not. */
  readonly ownsMembers: boolean;
  /** Whether it lists its members itself, the dead included, so that none is missed but who has left it. */
  readonly listsMembers: boolean;
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
  readonly sources: Sources;
  /** What is weaker where orphans go to somebody else, without subreapers; left out where they come to us. */
  readonly gaps?: Gaps;
  /** Why use of members may be missing from the bill, whatever was seen; null or left out as long as that cannot be. */
  readonly billGap?: string | null;
  /** Set where nobody inherits what his ended children have used: the last accounts of a member are his alone. */
  readonly inheritsNothing?: true;
  /**
   * Look for members that are not in `known`; each is handed over once, parents before children. Unless the
   * look is thorough, it may rely on hints that nothing has forked.
   */
  discover(
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
    thorough: boolean,
  ): void;
  /**
   * In place of {@link discover}, where events tell who is new: nobody is searched for. Each that is still there is
   * handed over once, parents before children. Left out where birth does not tell who is a member.
   * @returns false where somebody is not where he should be, so that it takes a search to know
   */
  admit?(
    news: TreeNews,
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
  ): boolean;
  /** Whether there may be members that the last look at them could not open, for want of descriptors or memory. */
  readonly hasUnopened: boolean;
  /**
   * Renew {@link usage}; false when nothing in the container ran since the last time, and members need no look.
   * @param isTold whether events tell of members, so that it need not be seen whether they are still who they were
   */
  refresh(isTold?: boolean): boolean;
  /**
   * Files that say what they say now for as long as {@link refresh} would find nothing; null where they cannot tell
   * that, or it does find something. Left out where there are none.
   */
  stillFiles?(): readonly StillFile[] | null;
  /** The container's own counters, NaN where it has none. */
  readonly usage: ContainerUsage;
  /** What its sockets have received and sent. */
  readonly traffic: TreeTraffic;
  /** What the kernel and the processor count of its events; null where nobody asked for it. */
  readonly counters: TreeCounters | null;
  /** Members that were inside and have left, but are still of the tree: nothing the container does reaches them. */
  readonly leavers: ReadonlySet<number>;
  /** Kill everything inside at once; false when the mechanism cannot. */
  kill(): boolean;
  /** Whether anything inside lives, zombies left out; true where the container cannot tell. */
  isPopulated(): boolean;
  /** Stop everything inside, or let it go on; false when the mechanism cannot. */
  freeze(frozen: boolean): boolean;
  /** Whether everything inside stands still by {@link freeze}. */
  isFrozen(): boolean;
  /** Members that the kernel has killed: out of memory so far; NaN when nobody counts them. */
  oomKillCount(): number;
  /** What running into limits has come to so far. */
  limitEvents(): LimitEvents;
  /** For how long members were kept waiting since the tree began, the dead included; null where nobody counts that. */
  pressure(): PressureReading | null;
  /** Whether a process, a zombie included, belongs inside beyond doubt. */
  owns(pid: number): boolean;
  /** Whether a process, a zombie included, is inside another group's container beyond doubt. */
  isOfAnother(pid: number): boolean;
  /** Whether a process, a zombie included, is inside the container of a group of this program that is gone. */
  isOfGone(pid: number): boolean;
  /** Let go of the tree: members still alive go on outside; nothing of the container remains. */
  release(): void;
  /** Let go of the tree as it is: the container stays, for somebody else to adopt. */
  abandon(): void;
  /** The directory that holds the tree, where there is one. */
  readonly directory: string | null;
}

/** Where figures of a tree come from, as records name it. */
export interface Sources {
  /** What nobody on this system counts for members, whoever is asked; nothing where it is left out. */
  readonly uncounted?: readonly ("disk" | "io" | "context_switches")[];
  /** The container's own counters. */
  readonly container: string;
  /** Memory, which may be another's. */
  readonly memory: string;
  /** What is read of each member. */
  readonly members: string;
  /** The final accounts of members that we have waited for. */
  readonly exits: string;
}

/**
 * What is weaker where orphans of a tree become another process's children. What a process has moved to and from storage
 * is in nobody's accounts there once it was waited for.
 */
export interface Gaps {
  /** What the memory of a member is there, which is not what it has resident. */
  readonly memory: string;
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

/** Counters none of which is known. */
export function unknownUsage(): ContainerUsage {
  return {
    cpuSeconds: NaN,
    userSeconds: NaN,
    systemSeconds: NaN,
    diskReadBytes: NaN,
    diskWriteBytes: NaN,
    memoryBytes: NaN,
    peakMemoryBytes: NaN,
  };
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
  /** Whether the peak of its memory has to be the kernel's own, or it is refused. */
  readonly exactPeak?: boolean;
  /** Whether to count what the sockets of the tree receive and send, where that can be had. */
  readonly traffic?: boolean;
  /** Whether to count the events of the tree ({@link TreeCounters}), as well as that can be had. */
  readonly counters?: boolean;
  /** Climb no higher than this; the strongest that can be had when undefined. */
  readonly mechanism?: "subreaper";
  /** True when this process has no children but those of this one group, so that any orphan is of its tree. */
  readonly soleParent: boolean;
}

/** A process that carries the mark of a group, whoever holds that. */
export interface MarkedProcess extends ProcessIdentity {
  readonly name: string;
  readonly marker: string;
  readonly mechanism: SavedGroup["mechanism"];
  /** What holds the group, as {@link Container.directory}; null where nothing does. */
  readonly directory: string | null;
}

/** A process that ends a tree when we die, whatever way. */
export interface Guard {
  /** null where there is none: inside a bundled program without a cgroup. */
  readonly pid: number | null;
  /** The tree is over: the guard goes without doing anything. */
  dismiss(): void;
}

/** How trees of processes are held together, and found again. */
export interface Containment {
  /** Whether a group can go on without whoever has made it, and be adopted by another. */
  readonly groupsOutliveOwner: boolean;
  /**
   * The strongest container this machine allows for a tree that is to be started.
   * @throws ProctorError of kind `system` when a limit cannot be enforced, or an exact peak not be had
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
  /**
   * The PID of the program that made what holds a tree, by its {@link Container.directory}; null where that does not
   * say.
   */
  ownerOf(directory: string): number | null;
  /** A container around a tree that already runs. */
  observeTree(request: ContainerRequest): Container;
  /**
   * A container around all that is in a cgroup which others have made; nothing is changed there.
   * @param places its paths as they are looked up, one for each hierarchy that has it
   */
  observeCgroup(request: ContainerRequest, places: readonly CgroupPlace[]): Container;
  /** Every living process that carries the mark of a group with this label, or one that begins so. */
  markedProcesses(label: string, isBeginning: boolean): MarkedProcess[];
  /**
   * Whether a process was started with the mark of another group than this one, so that it cannot be of this one. What
   * has put its environment away carries none, and may be.
   */
  carriesOtherMark(pid: number, marker: string): boolean;
  /** The program we are in does {@link reapMarked} when it is given these arguments and a mark. */
  useReaper(args: readonly string[]): void;
  /** Kill whatever carries a group's mark, until nothing does: the work of a guard without a cgroup. */
  reapMarked(marker: string): Promise<void>;
}
