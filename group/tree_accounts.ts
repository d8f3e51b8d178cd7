import { Ledger } from "../core/measure/ledger.ts";
import { Total } from "../core/measure/raw.ts";
import type { ChildExit, ProcessReader } from "../platform/mod.ts";
import { Losses } from "./losses.ts";
import { MemberWaits } from "./member_waits.ts";
import type { Membership } from "./membership.ts";
import { Peaks } from "./peaks.ts";
import { SwitchCount } from "./switch_count.ts";

/**
 * What becomes of the use of a tree's members when they end: it is settled from the kernel's final accounts, carried by
 * the process that has waited for them, or lost.
 */
export class TreeAccounts {
  readonly ledger = new Ledger();
  readonly peaks = new Peaks();
  readonly switches = new SwitchCount();
  readonly waits = new MemberWaits();
  /** Processes seen so far. */
  totalProcessCount = 0;
  /** Members whose final use is lost, because no process of ours could wait for them. */
  lostCount = 0;
  /** Whether members may be gone whose use is unknown. */
  mayHaveLost = false;
  readonly #members: Membership;
  readonly #losses = new Losses();
  /** Members that were found gone in this look, and their parents' PIDs. */
  readonly #goneNow = new Map<number, number>();

  constructor(members: Membership) {
    this.#members = members;
  }

  /** Count from now on: what the members have used up to here was not for us. */
  startHere(): void {
    this.ledger.startHere(this.#members.order);
    this.switches.startHere(this.#members.order);
    if (this.#members.container.wanted.waits) this.waits.startHere(this.#members.order);
  }

  /**
   * Go on where another process has stopped counting.
   * @param endedTotals what ended members had used, as its ledger has saved it
   */
  resume(endedTotals: readonly (number | null)[]): void {
    // Members that ended unobserved left no accounts.
    this.mayHaveLost = true;
    this.ledger.resume(endedTotals);
  }

  /** A member was found. */
  noteFound(member: ProcessReader): void {
    this.totalProcessCount++;
    member.lookAtDetails();
    const parent = this.#members.byPid.get(member.parentPid);
    if (parent) this.#losses.noteChild(parent);
  }

  /** The kernel drops the accounts of a member's children where it discards them: some may never have been seen. */
  noteSignals({ discardsChildren }: ProcessReader): void {
    if (discardsChildren) this.mayHaveLost = true;
  }

  /**
   * We have waited for a process of the tree: its own accounts are final.
   * @param sampledCpuSeconds its CPU as last seen; null if it was never seen
   */
  settle(reader: ProcessReader, exit: ChildExit, sampledCpuSeconds: number | null): void {
    if (this.#members.container.wanted.io && !reader.hasCurrentIo) this.#missIo();
    this.noteSignals(reader);
    this.ledger.addEnded(exit.row);
    this.switches.settle(reader.pid);
    this.waits.addEnded(reader);
    this.ledger.addSampled(sampledCpuSeconds ?? 0);
    if (sampledCpuSeconds === null) this.totalProcessCount++;
    this.peaks.noteExit(exit, this.totalProcessCount === 1);
    this.#losses.forget(reader);
  }

  /** A look at all members begins: who is found gone in it has gone since the one before. */
  beginLook(): void {
    this.#goneNow.clear();
  }

  /**
   * A member is gone that we could not wait for. Usually its parent has, and carries its use in the reaped
   * columns from now on. If not, the last that was seen of it is all there is.
   */
  lose(member: ProcessReader): void {
    if (this.#members.container.inheritsNothing) {
      this.ledger.addEnded(member.row);
      this.switches.pass(member, undefined);
    } else this.#leaveToParent(member);
    this.ledger.addSampled(member.cpuSeconds);
    this.waits.addEnded(member);
    this.#losses.forget(member);
  }

  #leaveToParent(member: ProcessReader): void {
    const parent = this.#members.byPid.get(member.parentPid);
    if (parent) this.#losses.noteVanished(member, parent);
    // In a tree that we hold, whoever has waited for it is a member or us; around an observed one, anybody.
    const outside = this.#members.isWaitedForOutside;
    const isCarried = !parent && outside && this.#isCarriedUpwards(member);
    // Whether it was carried is unknown: the lower figure is billed, and marked as a lower bound.
    if (isCarried) this.mayHaveLost = true;
    this.#goneNow.set(member.pid, member.parentPid);
    const isLost = !parent && outside && !isCarried;
    this.switches.pass(member, isLost ? undefined : this.#heirOf(member));
    if (isLost) this.#billLast(member);
    else if (this.#members.container.gaps) this.ledger.addUninherited(member.row);
  }

  /** A look at all members is over: what their living parents have not inherited of those who are gone is lost. */
  endLook(): void {
    for (const lost of this.#losses.takeLost()) {
      this.#billLast(lost);
      this.switches.retract(lost);
    }
  }

  /** The last that was seen of a member is all there is. */
  #billLast(member: ProcessReader): void {
    this.lostCount++;
    this.ledger.addEnded(member.row);
  }

  /**
   * What was read and written through calls stands in a file of the process alone: without it that is a lower bound.
   */
  #missIo(): void {
    this.ledger.markIncomplete(Total.ioReadBytes);
    this.ledger.markIncomplete(Total.ioWriteBytes);
  }

  /**
   * Whether its parent has ended since the last look, too, and so on up to a member that lives: then each has likely
   * waited for the one below, as a shell does for its commands, and that member carries it all.
   */
  #isCarriedUpwards(member: ProcessReader): boolean {
    let pid = member.parentPid;
    for (; this.#goneNow.has(pid); pid = this.#goneNow.get(pid)!) {
      if (this.#members.byPid.has(this.#goneNow.get(pid)!)) return true;
    }
    return false;
  }

  /**
   * The member that is there and has waited for one that is gone, be it for those in between, which are gone as well.
   */
  #heirOf(member: ProcessReader): number | undefined {
    let pid = member.parentPid;
    while (this.#goneNow.has(pid)) pid = this.#goneNow.get(pid)!;
    return this.#members.byPid.has(pid) ? pid : undefined;
  }
}
