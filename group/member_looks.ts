import { Raw } from "../core/measure/raw.ts";
import { Look } from "../platform/mod.ts";
import type { ProcessReader } from "../platform/mod.ts";
import { DetailsPace } from "./details_pace.ts";
import type { MemberEnds } from "./member_ends.ts";
import type { Membership } from "./membership.ts";
import type { TreeAccounts } from "./tree_accounts.ts";

/** A member that has not run keeps its memory, but for reclaim and sharing: looked at this often all the same. */
const MEMORY_EVERY_MS = 30_000;
/** A program has mapped what it needs to begin with after this long. */
const SETTLED_AFTER_MS = 3;
/**
 * Counters and I/O that may lag are read this often, so that with one tick more they are a second old at most; and at
 * each tick of a process that is younger, since what is short is told by its ticks alone.
 */
const FILES_EVERY_MS = 900;
const YOUNG_MS = 1_000;
/** Without sampling, peaks and other details are read at this interval. */
const DETAILS_EVERY_MS = 1_000;

/** Reads the figures of a tree's members: the cheap ones at each look, the others when they are due. */
export class MemberLooks {
  /** Looks in which a member could not be read: it stands in them as it was seen before, or not at all. */
  blindCount = 0;
  /** Whether there were members in the last look that could not be read. */
  hasUnread = false;
  readonly #members: Membership;
  readonly #accounts: TreeAccounts;
  readonly #ends: MemberEnds;
  #memoryLookedAtMs = 0;
  #detailsLookedAtMs = 0;
  #filesLookedAtMs = 0;
  #waitsLookedAtMs = -Infinity;
  #hasLagging = false;
  readonly #detailsPace = new DetailsPace();

  constructor(members: Membership, accounts: TreeAccounts, ends: MemberEnds) {
    this.#members = members;
    this.#accounts = accounts;
    this.#ends = ends;
  }

  /**
   * Right after execve a member has not mapped what it needs: its memory is not known before it has run. Of one that
   * had done so before we came to look, nothing moves any more: look at it nevertheless, and soon.
   */
  awaitMemory({ row }: ProcessReader): void {
    row[Raw.memoryBytes] = row[Raw.peakMemoryBytes] = NaN;
    this.#memoryLookedAtMs = performance.now() - MEMORY_EVERY_MS + SETTLED_AFTER_MS;
  }

  /** Whether the memory of those who have not run is to be looked at again. */
  isMemoryDue(nowMs: number): boolean {
    return nowMs - this.#memoryLookedAtMs >= MEMORY_EVERY_MS;
  }

  /** Whether members have run since their counters and I/O were read, and are to be looked at again for that alone. */
  areFilesDue(nowMs: number): boolean {
    return this.#hasLagging && nowMs - this.#filesLookedAtMs >= FILES_EVERY_MS;
  }

  /** Until when those who do not run need no look at all. */
  nothingDueUntilMs(): number {
    return this.#hasLagging ? -Infinity : this.#memoryLookedAtMs + MEMORY_EVERY_MS;
  }

  /** Whether details are to be looked at again, for a sample of them or to have them at all. */
  areDetailsDue(nowMs: number, isForSample: boolean): boolean {
    return nowMs - this.#detailsLookedAtMs >= DETAILS_EVERY_MS ||
      (isForSample && this.#wantsDetails && this.#detailsPace.isDue(nowMs));
  }

  /** Whether the details of all members, as far as they are asked for, are those of the last look. */
  areDetailsFresh(): boolean {
    return !this.#wantsDetails || this.#members.order.every((member) => member.hasFreshDetails);
  }

  /** Whether a look at the details of all members would read nothing. */
  areDetailsKnown(): boolean {
    const { container, order } = this.#members;
    return container.wanted.waits !== true && order.every(hasDetails);
  }

  /**
   * Refresh the figures of all members, and settle the accounts of those that are gone.
   * @returns whether anything of them is another than it was
   */
  lookAtMembers(nowMs: number, renewMemory: boolean): boolean {
    if (renewMemory) this.#memoryLookedAtMs = nowMs;
    const mayLag = !renewMemory && nowMs - this.#filesLookedAtMs < FILES_EVERY_MS && this.#mayLag();
    if (!mayLag) this.#filesLookedAtMs = nowMs;
    const oldSinceMs = performance.now() - YOUNG_MS;
    const { order } = this.#members;
    const memberCount = order.length;
    let kept = 0;
    let hasMoved = false;
    this.#accounts.beginLook();
    this.hasUnread = this.#hasLagging = false;
    for (let index = 0; index < order.length; index++) {
      const member = order[index];
      const memoryBytes = member.row[Raw.memoryBytes];
      const look = member.look(renewMemory, mayLag && member.openedAtMs < oldSinceMs);
      hasMoved ||= look !== Look.unmoved || !Object.is(member.row[Raw.memoryBytes], memoryBytes);
      if (look === Look.gone || this.#members.isLeftToOthers(member)) {
        this.#accounts.lose(member);
        this.#ends.end(member, null);
        continue;
      }
      if (look === Look.unread) this.hasUnread = true;
      if (member.lags) this.#hasLagging = true;
      this.#accounts.noteSignals(member);
      order[kept++] = member;
    }
    order.length = kept;
    this.#accounts.endLook();
    if (this.hasUnread || this.#members.container.hasUnopened) this.blindCount++;
    return hasMoved || kept < memberCount;
  }

  /**
   * Renew what costs most to read.
   * @param everything whether that includes what is else read once a second at most
   * @returns whether anything was to be read
   */
  lookAtDetails(nowMs: number, everything: boolean): boolean {
    const areWaitsDue = everything || nowMs - this.#waitsLookedAtMs >= DETAILS_EVERY_MS;
    const withWaits = areWaitsDue && this.#members.container.wanted.waits === true;
    if (withWaits) this.#waitsLookedAtMs = nowMs;
    this.#detailsLookedAtMs = nowMs;
    const { order, holder: { platform } } = this.#members;
    // Nobody has run: the clocks would cost more than what is spent.
    if (!withWaits && order.every(hasDetails)) {
      this.#detailsPace.spent(nowMs, 0);
      return false;
    }
    // By our own CPU clock: on a busy machine time passes that we do not use.
    const before = platform.ownCpuSeconds();
    for (const member of order) {
      if (withWaits) member.lookAtWaits();
      if (hasDetails(member)) continue;
      member.lookAtDetails();
      this.#accounts.noteSignals(member);
    }
    this.#detailsPace.spent(nowMs, (platform.ownCpuSeconds() - before) * 1_000);
    return true;
  }

  /**
   * Whether nothing is lost where counters and I/O are not those of the moment: the container counts CPU itself, and
   * who ends does so for us or for a member, which has all of it then. Of others only what was last seen is known.
   */
  #mayLag(): boolean {
    const { container, isWaitedForOutside, hadLeavers } = this.#members;
    const { mayHaveLost, lostCount } = this.#accounts;
    return container.wanted.mayLag === true && container.countsCpu && !isWaitedForOutside && !hadLeavers &&
      !mayHaveLost && lostCount === 0;
  }

  get #wantsDetails(): boolean {
    const { switches, fileDescriptors } = this.#members.container.wanted;
    return switches || fileDescriptors;
  }
}

function hasDetails(member: ProcessReader): boolean {
  return member.hasFreshDetails && member.row[Raw.peakMemoryBytes] > 0;
}
