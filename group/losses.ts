import { Raw } from "../core/measure/raw.ts";
import type { ProcessReader } from "../platform/mod.ts";

/** What a parent must have inherited by now, if it has waited for every child of which that is supposed. */
interface Inheritance {
  /** Page faults it had inherited before any child of its was seen. */
  readonly before: number;
  /** Page faults of the children that have vanished since. */
  readonly expected: number;
}

/**
 * Tells children that their parent has waited for from those whose accounts the kernel has dropped: their parent
 * ignores SIGCHLD, or has asked for it with SA_NOCLDWAIT, which can be seen nowhere (sigaction(2)).
 *
 * Who is waited for leaves his page faults with his parent before he vanishes, and everybody has had some: a parent
 * that has inherited fewer than a child had is none that has waited for it.
 */
export class Losses {
  readonly #inheritances = new Map<ProcessReader, Inheritance>();
  #vanished = new Map<ProcessReader, ProcessReader[]>();

  /** A child was seen for the first time. */
  noteChild(parent: ProcessReader): void {
    if (this.#inheritances.has(parent)) return;
    const before = parent.lags ? parent.inheritedFaults() : parent.row[Raw.reapedMinorFaults];
    this.#inheritances.set(parent, { before, expected: 0 });
  }

  /** A child is gone whose parent is still there. */
  noteVanished(child: ProcessReader, parent: ProcessReader): void {
    const siblings = this.#vanished.get(parent);
    if (siblings) siblings.push(child);
    else this.#vanished.set(parent, [child]);
  }

  /** A member has ended. */
  forget(member: ProcessReader): void {
    this.#inheritances.delete(member);
  }

  /** Members that have vanished since the last call, apparently without any process having waited for them. */
  takeLost(): ProcessReader[] {
    if (this.#vanished.size === 0) return [];
    const lost: ProcessReader[] = [];
    for (const [parent, children] of this.#vanished) {
      parent.lookAtSignals();
      lost.push(...this.#unaccounted(parent, children));
    }
    this.#vanished = new Map();
    return lost;
  }

  #unaccounted(parent: ProcessReader, children: readonly ProcessReader[]): ProcessReader[] {
    const inherited = parent.inheritedFaults();
    const { before, expected } = this.#inheritances.get(parent) ?? UNKNOWN;
    let sum = before + expected;
    const lost = children.filter(({ row }) => {
      const faults = row[Raw.minorFaults] + row[Raw.reapedMinorFaults];
      // Where faults are not read, the sign that can be seen has to do.
      if (Number.isNaN(sum + faults + inherited)) return parent.discardsChildren;
      if (sum + faults > inherited) return true;
      sum += faults;
      return false;
    });
    if (sum === sum) this.#inheritances.set(parent, { before, expected: sum - before });
    return lost;
  }
}

const UNKNOWN: Inheritance = { before: NaN, expected: NaN };
