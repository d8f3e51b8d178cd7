import type { Platform } from "../platform/mod.ts";
import { isHeld } from "./holders.ts";
import type { MemberEnds } from "./member_ends.ts";
import type { Membership } from "./membership.ts";
import { Suspects } from "./suspects.ts";
import type { TreeAccounts } from "./tree_accounts.ts";

/**
 * Whose children nobody has ended among, as was found in this very turn of the event loop: the kernel goes through all
 * children to answer, so that a look at many trees would take the square of their number.
 */
let quiet: Platform | null = null;

function noteQuiet(platform: Platform): void {
  quiet = platform;
  queueMicrotask(() => quiet = null);
}

/** Takes those of our ended children out of the process table that are of one tree, and leaves the others alone. */
export class Reaper {
  readonly #platform: Platform;
  readonly #members: Membership;
  readonly #accounts: TreeAccounts;
  readonly #ends: MemberEnds;
  #suspects = new Suspects([]);

  constructor(members: Membership, accounts: TreeAccounts, ends: MemberEnds) {
    this.#platform = members.holder.platform;
    this.#members = members;
    this.#accounts = accounts;
    this.#ends = ends;
  }

  /**
   * Reap every ended child of ours that belongs to the tree; how many.
   * @param isOneOfMany whether it will do that none had ended a moment ago, in this turn of the event loop
   */
  reapEnded(isOneOfMany = false): number {
    if (isOneOfMany && quiet === this.#platform) return 0;
    // A tree that is observed from outside has no children of ours.
    if (!this.#members.isHeld) return 0;
    let count = 0;
    let pid = this.#platform.endedChild();
    if (isOneOfMany && pid === 0) noteQuiet(this.#platform);
    for (; pid !== 0; pid = this.#platform.endedChild()) {
      if (!this.#members.byPid.has(pid)) {
        if (this.#isOfGone(pid)) {
          this.#platform.bury(pid);
          continue;
        }
        // A child that the program around us has started is its own to wait for.
        if (!this.#mayReap(pid)) break;
      }
      if (!this.#reap(pid)) break;
      count++;
    }
    // Behind one that is not ours, ours may hide.
    if (pid !== 0 && !this.#members.request.soleParent) count += this.#reapKnown();
    if (count > 0) this.#members.closeRanks();
    return count;
  }

  /**
   * Whether members may be hidden though the last look found none: a list is read by and by, so that whoever starts the
   * next and ends may take its place while it is read; without a list, an unknown child of ours has ended just now, so
   * it cannot be asked whether it was of the tree, nor what it had started before.
   */
  mayHideMembers(): boolean {
    if (!this.#members.isHeld) return false;
    if (this.#members.container.listsMembers) return this.#members.container.isPopulated();
    const pid = this.#platform.endedChild();
    return pid !== 0 && !isHeld(this.#platform, pid) && this.#platform.mayBeOrphan(pid);
  }

  /** An orphan that ended before it was seen, and whose group is closed: no tree will reap it. */
  #isOfGone(pid: number): boolean {
    return !isHeld(this.#platform, pid) && this.#members.container.isOfGone(pid);
  }

  /**
   * An unknown child: certainly of this tree, or started by the program around us, whose runtime waits for its own at
   * once. What stays unreaped for long are orphans that ended unseen.
   */
  #mayReap(pid: number): boolean {
    // Checked before asking the kernel: with many trees, most children belong to others.
    if (isHeld(this.#platform, pid)) return false;
    const { container, hadLeavers, request } = this.#members;
    if (request.soleParent) return !container.isOfAnother(pid);
    if (container.owns(pid)) return true;
    // Where the dead are listed, too, but for those who have left, any other group's are told by its own list.
    const isSure = container.listsMembers && !hadLeavers && this.#platform.blindness() === null;
    if (isSure || container.isOfAnother(pid) || !this.#platform.mayBeOrphan(pid)) return false;
    if (!this.#suspects.areStale) return false;
    if (this.#suspects.pids.has(pid)) return true;
    this.#suspects = new Suspects([pid, ...this.#platform.endedChildren()]);
    return false;
  }

  /** Ask for each member that is ours to wait for. */
  #reapKnown(): number {
    const { waitsForAnyMember = false } = this.#platform;
    let count = 0;
    for (const { pid, parentPid } of [...this.#members.order]) {
      const isOurs = waitsForAnyMember || parentPid === process.pid;
      if (isOurs && this.#platform.hasEnded(pid) && this.#reap(pid)) count++;
    }
    return count;
  }

  #reap(pid: number): boolean {
    const known = this.#members.byPid.get(pid);
    const sampledCpuSeconds = known ? known.cpuSeconds : null;
    const reader = known ?? this.#platform.openChild(pid, this.#members.container.wanted);
    reader.lookAtSignals();
    // What a zombie has waited can be read until it is waited for.
    if (this.#members.container.wanted.waits) reader.lookAtWaits();
    const exit = this.#platform.reap(reader);
    if (!exit) {
      if (!known) reader.close();
      return false;
    }
    this.#accounts.settle(reader, exit, sampledCpuSeconds);
    this.#ends.end(reader, exit);
    return true;
  }
}
