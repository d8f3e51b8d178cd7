import type { Ledger } from "../core/measure/ledger.ts";
import type { Reading } from "../core/measure/reading.ts";
import type { ToldTotals } from "../core/measure/told_totals.ts";
import type { SavedGroup } from "../core/schema/saved_group.ts";
import { Look } from "../platform/mod.ts";
import type {
  CgroupPlace,
  Container,
  ContainerRequest,
  Launched,
  LaunchFailure,
  LaunchSpec,
  Platform,
  ProcessReader,
  ProcessWaits,
  StillFile,
} from "../platform/mod.ts";
import type { EndedMember } from "./ended_member.ts";
import type { Holder } from "./holders.ts";
import { GpuSampling } from "./gpu.ts";
import { buryStragglers } from "./left_behind.ts";
import { MemberEnds } from "./member_ends.ts";
import { MemberLooks } from "./member_looks.ts";
import { MemberSearch } from "./member_search.ts";
import type { MemberEvents } from "./member_search.ts";
import { Membership } from "./membership.ts";
import type { Peaks } from "./peaks.ts";
import { Reaper } from "./reaper.ts";
import { isStill } from "./still_trees.ts";
import { openSaved } from "./saved_tree.ts";
import { TreeAccounts } from "./tree_accounts.ts";
import { launchInside } from "./tree_launch.ts";
import { TreeReading } from "./tree_reading.ts";

/**
 * How closely to look at a tree: where there are hints of change, of ended children once for all trees that are looked
 * at in one go; where there are hints of change; there, with a sample's details as far as they are
 * cheap; at all of every known member's figures; for every member there is, wherever it may hide; or both.
 */
export type Thoroughness = "glance" | "changes" | "sample" | "figures" | "members" | "everything";

/**
 * For so long members that have not run tell that a glance would find nothing: others may have moved one of them to
 * another container, or the kernel have taken back memory.
 */
const SETTLED_MS = 10_000;

/** One tree of processes: contained, read, accounted for. */
export class ProcessTree implements Holder {
  /** Called for every member that ended, in the order it was noticed. */
  onEnded: (member: EndedMember) => void = () => {};
  /** Called once for every member that has left the container. */
  onLeft: (member: ProcessReader) => void = () => {};
  readonly #members: Membership;
  readonly #accounts: TreeAccounts;
  readonly #ends: MemberEnds;
  readonly #reaper: Reaper;
  readonly #looks: MemberLooks;
  readonly #search: MemberSearch;
  readonly #reading: TreeReading;
  #gpu: GpuSampling | undefined;
  #told: ToldTotals | undefined;
  /** Members that have come or gone since the reading was drawn up; at first it never was. */
  #undrawnCount = 1;
  #lookedAtMs = -Infinity;

  /** Make a group around a container; use {@link create}, {@link observe} or {@link adopt}. */
  private constructor(
    readonly platform: Platform,
    readonly request: ContainerRequest,
    container: Container,
  ) {
    this.#members = new Membership(this, request, container);
    this.#accounts = new TreeAccounts(this.#members);
    this.#ends = new MemberEnds(this.#members, (member) => this.onEnded(member));
    this.#reaper = new Reaper(this.#members, this.#accounts, this.#ends);
    this.#looks = new MemberLooks(this.#members, this.#accounts, this.#ends);
    this.#search = new MemberSearch(this.#members, this.#add);
    this.#reading = new TreeReading(this.#members, this.#accounts);
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
    group.#startHere();
    return group;
  }

  /**
   * A group around all that is in a cgroup which others have made; null when nobody is. Counts from now on.
   * @param places its paths, one for each hierarchy that has it
   */
  static observeCgroup(
    platform: Platform,
    places: readonly CgroupPlace[],
    request: ContainerRequest,
  ): ProcessTree | null {
    const group = new ProcessTree(platform, request, platform.observeCgroup(request, places));
    group.refresh(0, "everything");
    if (group.members.length === 0) {
      group.release();
      return null;
    }
    group.#startHere();
    return group;
  }

  /**
   * Take up a tree that another process has started; null when none of the processes named is there any more, the
   * same by PID and birth.
   * @throws ProctorError of kind `system` when its container is gone
   */
  static adopt(platform: Platform, request: ContainerRequest, saved: SavedGroup): ProcessTree | null {
    const tree = openSaved(platform, request, saved);
    if (!tree) return null;
    const group = new ProcessTree(platform, request, tree.container);
    group.#accounts.resume(saved.ended_totals);
    tree.readers.forEach(group.#add);
    group.refresh(0, "everything");
    return group;
  }

  #startHere(): void {
    this.#accounts.startHere();
    // What was drawn up is from before.
    this.#undrawnCount++;
  }

  /** The state at the last {@link refresh}. */
  get reading(): Reading {
    return this.#reading.current;
  }

  /** How often the reading was drawn up: as long as that stays, so does the reading. */
  get drawCount(): number {
    return this.#reading.drawCount;
  }

  /** How the tree is held together, and what the holder counts. */
  get container(): Container {
    return this.#members.container;
  }

  /** The live member with this PID. */
  member(pid: number): ProcessReader | undefined {
    return this.#members.byPid.get(pid);
  }

  /** The live members, parents first. */
  get members(): readonly ProcessReader[] {
    return this.#members.order;
  }

  /** Whether any member has ever left the container, where its use is not counted. */
  get hadLeavers(): boolean {
    return this.#members.hadLeavers;
  }

  /** Processes seen so far. */
  get totalProcessCount(): number {
    return this.#accounts.totalProcessCount;
  }

  /** The most memory that was needed, where the container does not keep the peak. */
  get peaks(): Peaks {
    return this.#accounts.peaks;
  }

  /** For how long members were kept waiting, added up over them, as far as it was seen. */
  get waits(): ProcessWaits {
    return this.#accounts.waits.total(this.members);
  }

  /** Look at what the members do with GPUs from now on. */
  watchGpu(startedMs = performance.now()): GpuSampling {
    // Who is watched from outside has been at it before.
    return this.#gpu ??= new GpuSampling(startedMs, this.container.ownsMembers);
  }

  /** What the members do with GPUs, where that is looked at. */
  get gpu(): GpuSampling | undefined {
    return this.#gpu;
  }

  /** Be told by events who is of the tree, from now on. */
  heed(events: MemberEvents): void {
    this.#search.heed(events);
  }

  /** How members are found. */
  get search(): Pick<MemberSearch, "hasEvents" | "isTold" | "searchCount"> {
    return this.#search;
  }

  /** What the ledger knows of its own gaps. */
  get ledger(): Ledger {
    return this.#accounts.ledger;
  }

  /** Everybody's use was told: what the accounts of members lack is in it. */
  takeTold(told: ToldTotals): void {
    this.#told = told;
    this.ledger.raise(told.totals);
  }

  /** What all have used, where everybody's use was told. */
  get told(): ToldTotals | undefined {
    return this.#told;
  }

  /** Members whose final use is lost, because no process of ours could wait for them. */
  get lostCount(): number {
    return this.#accounts.lostCount;
  }

  /** Whether members were seen whose children the kernel drops without accounts: some may never have been seen. */
  get mayHaveLost(): boolean {
    return this.#accounts.mayHaveLost;
  }

  /** Looks in which a member could not be read: it stands in them as it was seen before, or not at all. */
  get blindLookCount(): number {
    return this.#looks.blindCount;
  }

  /** Whether any known member is still there; costs one call as long as the first one is. */
  isAlive(): boolean {
    return this.members.some((member) => member.look(false) !== Look.gone);
  }

  /**
   * Whether members may be hidden though the last look found none: they start the next and end faster than all are
   * looked at.
   */
  mayHideMembers(): boolean {
    return this.#reaper.mayHideMembers();
  }

  /**
   * Start a command in the group; a cgroup that cannot be entered is given up for the next rung, and a script without a
   * `#!` line is run by a shell.
   */
  start(spec: LaunchSpec): Launched | LaunchFailure {
    const launched = launchInside(this.#members, spec);
    if ("stage" in launched) return launched;
    const reader = this.platform.openChild(launched.pid, this.container.wanted);
    this.#add(reader);
    this.#looks.awaitMemory(reader);
    // However short it lives: one process was there.
    this.#draw();
    return launched;
  }

  /**
   * Reap what has ended, find what is new, and renew the reading.
   *
   * @param nowMs monotonic; paces the expensive parts
   * @param isOneOfMany whether it will do that no child of ours had ended a moment ago, in this turn of the event loop
   */
  refresh(nowMs: number, look: Thoroughness = "changes", isOneOfMany = look === "glance"): void {
    if (look === "glance" && isStill(this)) return;
    this.#refresh(nowMs, look, isOneOfMany);
    // A GPU goes on working while nobody uses CPU.
    this.#gpu?.look(this.members, this.reading, nowMs);
  }

  #refresh(nowMs: number, look: Thoroughness, isOneOfMany: boolean): void {
    this.#undrawnCount += this.#reaper.reapEnded(isOneOfMany);
    const { container } = this;
    this.#lookedAtMs = nowMs;
    const hasNews = this.#search.hear();
    // The container does not see what its leavers do.
    const ran = container.refresh(this.#search.isTold) || container.leavers.size > 0;
    const thorough = look === "members" || look === "everything";
    const everything = look === "figures" || look === "everything";
    const renewMemory = everything || this.#looks.isMemoryDue(nowMs);
    // Nothing in the container has run: nobody has forked, ended or used anything.
    const isCursory = look === "changes" || look === "glance" ||
      (look === "sample" && this.#looks.areDetailsFresh());
    const { hasUnopened } = container;
    const mustFind = hasNews || hasUnopened || this.#search.isDue;
    const hasDue = renewMemory || mustFind || this.#looks.hasUnread || this.#looks.areFilesDue(nowMs);
    if (!ran && isCursory && !hasDue && this.#undrawnCount === 0) return;
    const details = everything || this.#looks.areDetailsDue(nowMs, look === "sample");
    // Nobody forks without using CPU: where the container has counted none there is nobody to look for.
    if (ran || thorough || mustFind || !container.countsCpu) this.#search.find(thorough);
    this.#members.noteLeavers(this.#noteLeaver);
    const hasMoved = this.#looks.lookAtMembers(nowMs, renewMemory);
    const hasDetails = details && this.#looks.lookAtDetails(nowMs, everything);
    if (this.container.countsMemory) this.#ends.noticeOomKills();
    // Of the same figures the same reading is drawn up.
    const isStale = hasMoved || hasDetails || this.#undrawnCount > 0 || this.drawCount === 0;
    if (isStale || this.#countsItself) this.#draw();
  }

  /** Whether a glance would find nothing new as long as no member runs. */
  isSettled(nowMs: number): boolean {
    const { container, request } = this;
    return this.members.length > 0 && nowMs - this.#lookedAtMs < SETTLED_MS && this.#undrawnCount === 0 &&
      !this.#gpu && !request.traffic && !container.counters && !this.#search.hasEvents &&
      !this.#looks.hasUnread && !container.hasUnopened && container.leavers.size === 0 &&
      this.#looks.nothingDueUntilMs() > nowMs;
  }

  /**
   * What tells that a look would find nothing, and until when nothing else is due; null where that cannot be told by
   * files alone.
   */
  stillFiles(nowMs: number): { readonly files: readonly StillFile[]; readonly untilMs: number } | null {
    const { container } = this;
    const isWhole = this.#undrawnCount === 0 && !this.#gpu && !this.#search.hasEvents &&
      !this.#looks.hasUnread &&
      !container.hasUnopened && container.leavers.size === 0 && this.#looks.areDetailsFresh();
    const untilMs = isWhole ? this.#looks.nothingDueUntilMs() : nowMs;
    const files = untilMs > nowMs ? container.stillFiles?.() : null;
    return files ? { files, untilMs } : null;
  }

  /**
   * The only member of a tree that is watched from outside, where a look would find what the last one has unless that
   * member has moved, or {@link hasNewcomers}; undefined where there is more to look at.
   */
  get onlyMember(): ProcessReader | undefined {
    const { container, isHeld, order } = this.#members;
    const isPlain = order.length === 1 && !isHeld && this.#undrawnCount === 0 && this.drawCount > 0 &&
      !this.#countsItself && !this.#gpu && !this.#search.hasEvents && !this.#looks.hasUnread &&
      !container.hasUnopened && container.leavers.size === 0;
    return isPlain && this.#looks.areDetailsKnown() ? order[0] : undefined;
  }

  /** Look for those who are new, which a search that is not thorough can find. */
  hasNewcomers(): boolean {
    this.#search.find(false);
    return this.#undrawnCount > 0 || this.container.hasUnopened;
  }

  /** Whether more than the members' figures stands in the reading. */
  get #countsItself(): boolean {
    const { container, request } = this;
    return container.countsCpu || container.countsMemory || request.traffic === true;
  }

  /** Take every ended child of ours that belongs to the tree out of the process table; how many. */
  reapEnded(): number {
    const count = this.#reaper.reapEnded();
    this.#undrawnCount += count;
    return count;
  }

  /** Kill everything inside at once, as far as the container can; whether it could. */
  kill(): boolean {
    this.#ends.disclaimOomKills();
    return this.#members.kill();
  }

  /** Let go of the tree; what is still alive goes on outside. */
  release(): void {
    this.#members.dissolve();
    this.container.release();
    if (this.container.listsMembers && this.container.ownsMembers) {
      buryStragglers(this.platform, this.container);
    }
  }

  /** Release the tree unchanged, for another process to {@link adopt}. */
  abandon(): void {
    this.#members.dissolve();
    this.container.abandon();
  }

  readonly #add = (reader: ProcessReader): void => {
    this.#members.add(reader);
    this.#undrawnCount++;
    this.#accounts.noteFound(reader);
  };

  readonly #noteLeaver = (member: ProcessReader): void => {
    // Where nobody counted it for a while.
    this.reading.catchUpCount++;
    this.onLeft(member);
  };

  #draw(): void {
    this.#reading.draw(this.#looks.areDetailsFresh());
    this.#undrawnCount = 0;
  }
}
