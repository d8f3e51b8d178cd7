import { Raw } from "../core/measure/raw.ts";
import type { ProcessReader } from "../platform/mod.ts";

/** Of so few children every choice is looked at. */
const FEW = 10;

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

  #unaccounted(parent: ProcessReader, children: readonly ProcessReader[]): readonly ProcessReader[] {
    const inherited = parent.inheritedFaults();
    const { before, expected } = this.#inheritances.get(parent) ?? UNKNOWN;
    const room = inherited - before - expected;
    // Where faults are not read, the sign that can be seen has to do.
    const isKnown = (child: ProcessReader) => !Number.isNaN(room + faultsOf(child));
    const known = children.filter(isKnown);
    const waitedFor = sumOf(known) <= room ? new Set(known) : likelyWaitedFor(known, room);
    if (room === room) this.#inheritances.set(parent, { before, expected: expected + sumOf([...waitedFor]) });
    return children.filter((child) => isKnown(child) ? !waitedFor.has(child) : parent.discardsChildren);
  }
}

/**
 * Children that leave so many page faults in all, so that the others are those who have used least: what is billed as
 * lost is never more than what is. Who was seen to have ended and to be there all the same was waited for.
 */
function likelyWaitedFor(children: readonly ProcessReader[], room: number): ReadonlySet<ProcessReader> {
  const found = new Set<ProcessReader>();
  let left = room;
  const takeWhatFits = (some: readonly ProcessReader[]) => {
    for (const child of some) {
      if (faultsOf(child) > left) continue;
      left -= faultsOf(child);
      found.add(child);
    }
  };
  takeWhatFits(children.filter(({ isZombie }) => isZombie));
  const others = children.filter((child) => !child.isZombie && faultsOf(child) <= left);
  others.sort((a, b) => usedBy(b) - usedBy(a));
  takeWhatFits(others.length > FEW ? others : mostUsed(others, left));
  return found;
}

/** Of all choices that leave no more page faults than these the one that has used most. */
function mostUsed(children: readonly ProcessReader[], room: number): readonly ProcessReader[] {
  let [best, most]: [readonly ProcessReader[], number] = [[], -1];
  for (let choice = 0; choice < 1 << children.length; choice++) {
    const chosen = children.filter((_, at) => choice & (1 << at));
    const used = chosen.reduce((sum, child) => sum + usedBy(child), 0);
    if (used > most && sumOf(chosen) <= room) [best, most] = [chosen, used];
  }
  return best;
}

function sumOf(children: readonly ProcessReader[]): number {
  return children.reduce((sum, child) => sum + faultsOf(child), 0);
}

function faultsOf({ row }: ProcessReader): number {
  return row[Raw.minorFaults] + row[Raw.reapedMinorFaults];
}

/** What would be billed of it. */
function usedBy({ row }: ProcessReader): number {
  return row[Raw.cpuSeconds] + row[Raw.reapedCpuSeconds] || 0;
}

const UNKNOWN: Inheritance = { before: NaN, expected: NaN };
