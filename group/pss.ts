import { PssBudget } from "../core/measure/pss_budget.ts";
import { Raw } from "../core/measure/raw.ts";
import type { ProcessReader } from "../platform/mod.ts";
import type { ProcessTree } from "./process_tree.ts";

/** A member whose resident memory has grown by so much is to be read again. */
const GROWN = 1.25;

/** Reads the proportional set sizes of a tree, within a budget of time. */
export class PssSampling {
  /** Whether resident memory stood in for a member's proportional set size, so that sums may be too high. */
  wasIncomplete = false;
  readonly #budget = new PssBudget();
  /** Who was read last: the next round goes on behind it, should the budget not suffice for all. */
  #last: ProcessReader | undefined;
  /** Resident memory of each member when it was read: one that has grown since is not known any more. */
  readonly #residentThen = new WeakMap<ProcessReader, number>();

  constructor(readonly tree: ProcessTree) {}

  /** Renew the reading's `pssBytes`, if it is time. */
  look(nowMs: number): void {
    const { members, platform, reading } = this.tree;
    if (this.#budget.begin(nowMs)) {
      const from = this.#last ? members.indexOf(this.#last) + 1 : 0;
      for (const member of [...members.slice(from), ...members.slice(0, from)]) {
        const resident = member.row[Raw.memoryBytes];
        if (member.isZombie || !this.#budget.allows(resident)) continue;
        const before = performance.now();
        member.row[Raw.pssBytes] = platform.pssBytes(member.pid);
        this.#residentThen.set(member, resident);
        this.#budget.spent(resident, performance.now() - before);
        this.#last = member;
      }
    }
    reading.pssBytes = this.#sum(members);
  }

  #sum(members: readonly ProcessReader[]): number {
    let sum = 0;
    for (const member of members) {
      if (member.isZombie) continue;
      const resident = member.row[Raw.memoryBytes];
      if (Number.isNaN(resident)) continue;
      if (resident > (this.#residentThen.get(member) ?? 0) * GROWN) member.row[Raw.pssBytes] = NaN;
      const pss = member.row[Raw.pssBytes];
      if (Number.isNaN(pss)) this.wasIncomplete = true;
      sum += Number.isNaN(pss) ? resident : Math.min(pss, resident);
    }
    return sum;
  }
}
