import { performance } from "node:perf_hooks";
import { Ledger } from "../core/ledger.ts";
import { OomKills } from "../core/oom_kills.ts";
import { larger } from "../core/numbers.ts";
import { Raw, Total, TOTAL_WIDTH } from "../core/raw.ts";
import { unknownReading } from "../core/reading.ts";
import type { Reading } from "../core/reading.ts";
import type { SavedGroup } from "../core/saved_group.ts";
import { Look } from "../platform/mod.ts";
import type {
  ChildExit,
  Container,
  ContainerRequest,
  Launched,
  LaunchFailure,
  LaunchSpec,
  Platform,
  ProcessIdentity,
  ProcessReader,
  Wanted,
} from "../platform/mod.ts";
import { maxColumn, sumColumn } from "./columns.ts";
import type { EndedMember } from "./ended_member.ts";
import { Suspects } from "./suspects.ts";

/** A member that has not run keeps its memory, but for reclaim and sharing: looked at this often all the same. */
const MEMORY_EVERY_MS = 30_000;
/** A program has mapped what it needs to begin with after this long. */
const SETTLED_AFTER_MS = 3;
/** The members of every tree that this program holds: what one of them is to wait for, no other may. */
const HELD = new Map<number, ProcessTree>();

/** The tree of this program that holds the process, if any does. */
export function holderOf(pid: number): ProcessTree | undefined {
  return HELD.get(pid);
}

/** Context switches, peaks and descriptors cost most: at most this often. */
const DETAILS_EVERY_MS = 1_000;
const SIGKILL = 9;

/**
 * How closely to look at a tree: where there are hints of change; at all of every known member's figures; for every
 * member there is, wherever it may hide; or both.
 */
export type Thoroughness = "changes" | "figures" | "members" | "everything";

/** One tree of processes: contained, read, accounted for. */
export class ProcessTree {
  /** The state at the last {@link refresh}. */
  readonly reading: Reading;
  /** Called for every member that ended, in the order it was noticed. */
  onEnded: (member: EndedMember) => void = () => {};
  /** Processes seen so far. */
  totalProcessCount = 0;
  /** The highest memory of all members together at any refresh, in bytes; 0 before any was seen. */
  peakMemoryBytes = 0;
  /** Members whose final use is lost, because nobody of ours could wait for them. */
  lostCount = 0;
  /** Whether members were seen whose children the kernel drops without accounts: some may never have been seen. */
  mayHaveLost = false;
  #container: Container;
  readonly #members = new Map<number, ProcessReader>();
  /** The same members, parents before children: the order of reading (see Ledger). */
  #order: ProcessReader[] = [];
  readonly #ledger = new Ledger();
  readonly #counted = new Float64Array(TOTAL_WIDTH).fill(NaN);
  /** Parents whose details are fresh, because a child of theirs vanished in this tick. */
  readonly #parentsLookedAt = new Set<ProcessReader>();
  #suspects = new Suspects([]);
  /** Members that were found gone in this tick, and their parents' PIDs. */
  readonly #goneNow = new Map<number, number>();
  #memoryLookedAt = 0;
  #detailsLookedAt = 0;
  readonly #oomKills = new OomKills();

  /** Make a group around a container; use {@link create} or {@link observe}. */
  private constructor(
    readonly platform: Platform,
    readonly request: ContainerRequest,
    container: Container,
  ) {
    this.#container = container;
    this.reading = unknownReading(this.#ledger.totals);
  }

  /** A group for a tree that is to be started, in the strongest container this machine allows. */
  static create(platform: Platform, request: ContainerRequest): ProcessTree {
    return new ProcessTree(platform, request, platform.createContainer(request));
  }

  /** A group around a tree that already runs; null when the root is gone. Counts from now on. */
  static observe(platform: Platform, rootPid: number, request: ContainerRequest): ProcessTree | null {
    const root = platform.openProcess(rootPid, request.wanted);
    if (!root) return null;
    const group = new ProcessTree(platform, request, platform.observeTree(request));
    group.#add(root);
    group.refresh(0, "everything");
    group.#ledger.startHere(group.#order);
    return group;
  }

  /**
   * Take up a tree that another process has started; null when none of the processes named is there any more, the
   * same by PID and birth.
   * @param endedTotals what ended members had used, as the other's ledger has saved it
   * @throws ProctorError of kind `system` when its container is gone
   */
  static adopt(
    platform: Platform,
    request: ContainerRequest,
    { directory, processes, ended_totals }: SavedGroup,
  ): ProcessTree | null {
    const readers = processes.flatMap((identity) => openSame(platform, identity, request.wanted) ?? []);
    const closeAll = () => readers.forEach((reader) => reader.close());
    if (readers.length === 0) return null;
    let container: Container;
    try {
      container = platform.adoptContainer(request, directory);
    } catch (error) {
      closeAll();
      throw error;
    }
    if (directory !== null && !readers.every((reader) => container.owns(reader.pid))) {
      closeAll();
      container.abandon();
      return null;
    }
    const group = new ProcessTree(platform, request, container);
    // Whoever ended while nobody was looking left no accounts.
    group.mayHaveLost = true;
    group.#ledger.resume(ended_totals);
    readers.forEach(group.#add);
    group.refresh(0, "everything");
    return group;
  }

  /** Whether any known member is still there; costs one call as long as the first one is. */
  isAlive(): boolean {
    return this.#order.some((member) => member.look(false) !== Look.gone);
  }

  /**
   * Whether members may be hidden though the last look found none: an unknown child of ours has ended just now, so it
   * cannot be asked whether it was of the tree, nor what it had started before.
   */
  mayHideMembers(): boolean {
    if (this.#container.mechanism !== "subreaper") return false;
    const pid = this.platform.endedChild();
    return pid !== 0 && !HELD.has(pid);
  }

  /** How the tree is held together, and what the holder counts. */
  get container(): Container {
    return this.#container;
  }

  /** The live member with this PID. */
  member(pid: number): ProcessReader | undefined {
    return this.#members.get(pid);
  }

  /** The live members, parents first. */
  get members(): readonly ProcessReader[] {
    return this.#order;
  }

  /** What the ledger knows of its own gaps. */
  get ledger(): Ledger {
    return this.#ledger;
  }

  /** Start a command in the group; a cgroup that cannot be entered is given up for the next rung. */
  start(spec: LaunchSpec): Launched | LaunchFailure {
    let launched = this.platform.launch(spec, this.#container);
    if ("stage" in launched && launched.stage === "containment" && this.#isReplaceable()) {
      this.#container.release();
      const reason = `no process can be started in a cgroup of our own: ${launched.message}`;
      this.#container = this.platform.fallbackContainer(this.request, reason);
      launched = this.platform.launch(spec, this.#container);
    }
    if ("stage" in launched) return launched;
    const reader = this.platform.openProcess(launched.pid, this.#container.wanted);
    if (reader) this.#add(reader);
    // Right after execve it has not mapped what it needs: its memory is not known before it has run. Of one that
    // had done so before we came to look, nothing moves any more: look at it nevertheless, and soon.
    if (reader) reader.row[Raw.memoryBytes] = reader.row[Raw.peakMemoryBytes] = NaN;
    this.#memoryLookedAt = performance.now() - MEMORY_EVERY_MS + SETTLED_AFTER_MS;
    // However short it lives: one process was there.
    this.#draw();
    return launched;
  }

  /**
   * Reap what has ended, find what is new, and renew the reading.
   *
   * @param nowMs monotonic; paces the expensive parts
   */
  refresh(nowMs: number, look: Thoroughness = "changes"): void {
    const reaped = this.reapEnded();
    const ran = this.#container.refresh();
    const thorough = look === "members" || look === "everything";
    const everything = look === "figures" || look === "everything";
    const renewMemory = everything || nowMs - this.#memoryLookedAt >= MEMORY_EVERY_MS;
    // Nothing in the container has run: nobody has forked, ended or used anything.
    if (!ran && look === "changes" && !renewMemory && reaped === 0) return;
    if (renewMemory) this.#memoryLookedAt = nowMs;
    const details = everything || nowMs - this.#detailsLookedAt >= DETAILS_EVERY_MS;
    if (details) this.#detailsLookedAt = nowMs;
    // Nobody forks without using CPU: where the container has counted none there is nobody to look for.
    if (ran || thorough || !this.#container.countsCpu) {
      this.#container.discover(this.#members, this.#add, thorough);
    }
    this.#lookAtMembers(renewMemory, details, everything);
    if (this.#container.countsMemory) {
      this.#oomKills.notice(this.#container.oomKillCount(), performance.now());
    }
    this.#draw();
  }

  /** Take every ended child of ours that belongs to the tree out of the process table; how many. */
  reapEnded(): number {
    // Whoever watches a tree from outside has no business with its own children.
    if (this.#container.mechanism === "none") return 0;
    let count = 0;
    let pid = this.platform.endedChild();
    for (; pid !== 0; pid = this.platform.endedChild()) {
      // A child that the program around us has started is its own to wait for.
      if (!this.#members.has(pid) && !this.#mayReap(pid)) break;
      if (!this.#reap(pid)) break;
      count++;
    }
    // Behind one that is not ours, ours may hide.
    if (pid !== 0 && !this.request.soleParent) count += this.#reapKnown();
    if (count > 0) this.#order = this.#order.filter((member) => this.#members.get(member.pid) === member);
    return count;
  }

  /** Kill everything inside at once, as far as the container can; whether it could. */
  kill(): boolean {
    this.#oomKills.disclaim();
    return this.#container.kill();
  }

  /** Let go of the tree; what is still alive goes on outside. */
  release(): void {
    this.#forget();
    this.#container.release();
  }

  /** Let go of the tree as it is, for another process to {@link adopt}. */
  abandon(): void {
    this.#forget();
    this.#container.abandon();
  }

  #forget(): void {
    for (const member of this.#order) {
      this.#unhold(member.pid);
      member.close();
    }
    this.#members.clear();
    this.#order = [];
  }

  /** An empty container that imposes nothing can be given up without loss. */
  #isReplaceable(): boolean {
    return this.#order.length === 0 && this.request.limits === undefined;
  }

  readonly #add = (reader: ProcessReader): void => {
    this.#members.set(reader.pid, reader);
    if (this.#container.mechanism !== "none") HELD.set(reader.pid, this);
    this.#order.push(reader);
    this.totalProcessCount++;
    reader.lookAtDetails();
  };

  /**
   * A child that nobody here knows: ours beyond doubt, or one that the program around us has started, which its
   * runtime would wait for at once. What stands unreaped for long are orphans that ended unseen.
   */
  #mayReap(pid: number): boolean {
    if (this.request.soleParent) return true;
    // Asked before the kernel is: beside many trees most are of others.
    if (HELD.has(pid)) return false;
    if (this.#container.owns(pid)) return true;
    if (!this.#suspects.areStale) return false;
    if (this.#suspects.pids.has(pid)) return true;
    this.#suspects = new Suspects([pid, ...this.platform.endedChildren()]);
    return false;
  }

  /** Ask for each child that is ours. */
  #reapKnown(): number {
    let count = 0;
    for (const member of [...this.#order]) {
      if (member.parentPid === process.pid && this.platform.hasEnded(member.pid) && this.#reap(member.pid)) {
        count++;
      }
    }
    return count;
  }

  #reap(pid: number): boolean {
    const known = this.#members.get(pid);
    const sampledCpuSeconds = known?.cpuSeconds ?? 0;
    const reader = known ?? this.platform.openProcess(pid, this.#container.wanted);
    reader?.lookAtSignals();
    const exit = reader && this.platform.reap(reader);
    if (!exit) {
      if (!known) reader?.close();
      return false;
    }
    if (reader.discardsChildren) this.mayHaveLost = true;
    this.#ledger.addEnded(exit.row);
    if (!this.#container.countsMemory) this.#raisePeak(exit.row[Raw.peakMemoryBytes]);
    this.#ledger.addSampled(sampledCpuSeconds);
    if (!known) this.totalProcessCount++;
    this.#end(reader, exit);
    return true;
  }

  #lookAtMembers(renewMemory: boolean, details: boolean, everything: boolean): void {
    const order = this.#order;
    let kept = 0;
    this.#parentsLookedAt.clear();
    this.#goneNow.clear();
    for (let index = 0; index < order.length; index++) {
      const member = order[index];
      const look = member.look(renewMemory);
      if (look === Look.gone || this.#isLeftToOthers(member)) {
        this.#lose(member);
        continue;
      }
      if (details && (look === Look.moved || everything)) member.lookAtDetails();
      if (member.discardsChildren) this.mayHaveLost = true;
      order[kept++] = member;
    }
    order.length = kept;
  }

  /** The dead of an adopted tree are for their parents to bury, where those are not of it, and may lie for long. */
  #isLeftToOthers(member: ProcessReader): boolean {
    return this.request.adopted === true && member.isZombie && member.parentPid !== process.pid &&
      !this.#members.has(member.parentPid);
  }

  /**
   * A member is gone that we could not wait for. Usually its parent has, and carries its use in the reaped
   * columns from now on. If not, the last that was seen of it is all there is.
   */
  #lose(member: ProcessReader): void {
    const parent = this.#members.get(member.parentPid);
    // In a tree that we hold, whoever has waited for it is a member or us; around an observed one, anybody.
    if (parent && !this.#parentsLookedAt.has(parent)) {
      this.#parentsLookedAt.add(parent);
      parent.lookAtDetails();
    }
    const outside = this.#container.mechanism === "none" || this.request.adopted === true;
    const isCarried = !parent && outside && this.#isCarriedUpwards(member);
    // Carried or not, nobody can tell: then the less is billed, and called so.
    if (isCarried) this.mayHaveLost = true;
    const lost = parent ? parent.discardsChildren : outside && !isCarried;
    this.#goneNow.set(member.pid, member.parentPid);
    if (lost) {
      this.lostCount++;
      this.#ledger.addEnded(member.row);
    }
    this.#ledger.addSampled(member.cpuSeconds);
    this.#end(member, null);
  }

  /**
   * Whether its parent has ended since the last look, too, and so on up to a member that lives: then each has likely
   * waited for the one below, as a shell does for its commands, and that member carries it all.
   */
  #isCarriedUpwards(member: ProcessReader): boolean {
    let pid = member.parentPid;
    for (; this.#goneNow.has(pid); pid = this.#goneNow.get(pid)!) {
      if (this.#members.has(this.#goneNow.get(pid)!)) return true;
    }
    return false;
  }

  #end(member: ProcessReader, exit: ChildExit | null): void {
    if (this.#members.get(member.pid) === member) {
      this.#members.delete(member.pid);
      this.#unhold(member.pid);
    }
    this.onEnded({
      pid: member.pid,
      birth: member.birth,
      startTimeMs: member.startTimeMs,
      parentPid: member.parentPid,
      name: member.name,
      args: member.args,
      exit,
      oomKilled: this.#wasOomKilled(exit),
      cpuSeconds: member.cpuSeconds,
      peakMemoryBytes: larger(member.row[Raw.peakMemoryBytes], exit?.row[Raw.peakMemoryBytes] ?? NaN),
    });
    member.close();
  }

  #unhold(pid: number): void {
    if (HELD.get(pid) === this) HELD.delete(pid);
  }

  #wasOomKilled(exit: ChildExit | null): boolean {
    if (exit?.signal !== SIGKILL) return false;
    this.#oomKills.notice(this.#container.oomKillCount(), performance.now());
    return this.#oomKills.claim();
  }

  /** What one member alone has needed at some time, the tree has needed. */
  #raisePeak(bytes: number): void {
    if (!(bytes <= this.reading.knownPeakMemoryBytes) && !Number.isNaN(bytes)) {
      this.reading.knownPeakMemoryBytes = bytes;
    }
  }

  #draw(): void {
    const { usage } = this.#container;
    const members = this.#order;
    const counted = this.#counted;
    counted[Total.cpuSeconds] = usage.cpuSeconds;
    counted[Total.userSeconds] = usage.userSeconds;
    counted[Total.systemSeconds] = usage.systemSeconds;
    counted[Total.diskReadBytes] = usage.diskReadBytes;
    counted[Total.diskWriteBytes] = usage.diskWriteBytes;
    this.#ledger.draw(members, counted);
    const { reading } = this;
    reading.processCount = members.length;
    reading.threadCount = sumColumn(members, Raw.threadCount);
    reading.fileDescriptorCount = sumColumn(members, Raw.fileDescriptorCount);
    reading.residentBytes = sumColumn(members, Raw.memoryBytes);
    if (this.#container.countsMemory) {
      reading.memoryBytes = usage.memoryBytes;
      if (this.#container.countsPeakMemory) reading.knownPeakMemoryBytes = usage.peakMemoryBytes;
    } else {
      reading.memoryBytes = reading.residentBytes;
      this.#raisePeak(maxColumn(members, Raw.peakMemoryBytes));
    }
    if (reading.memoryBytes > this.peakMemoryBytes) this.peakMemoryBytes = reading.memoryBytes;
  }
}

/** Open a process if it is still the same. */
function openSame(platform: Platform, { pid, birth }: ProcessIdentity, wanted: Wanted): ProcessReader | null {
  const reader = platform.openProcess(pid, wanted);
  if (!reader || (reader.birth === birth && !reader.isZombie)) return reader;
  reader.close();
  return null;
}
