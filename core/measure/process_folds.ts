import { larger } from "./numbers.ts";
import { addFigures, unknownFigures } from "./process_figures.ts";
import type { ProcessFigures } from "./process_figures.ts";
import type { ProcessLife } from "./process_life.ts";

/** All processes that ran one program, folded into one row. */
export interface ProgramFold {
  /** null: programs that are not told one by one, or whose name nobody has seen. */
  readonly name: string | null;
  executable: string | null;
  processCount: number;
  /** Of these, copies of their parent that have executed nothing. */
  forkOnlyCount: number;
  /** Of these, those that a signal ended, or with an exit code that is not 0. */
  failedCount: number;
  /** Of these, those whose accounts are not complete. */
  unaccountedCount: number;
  /** Of these, those whose CPU is known but for a last slice of time at least. */
  inexactCount: number;
  /** Of these, those of which CPU may be known, and other counters are not, or not all. */
  partialCount: number;
  longestSeconds: number;
  readonly figures: ProcessFigures;
}

/** Programs that are told one by one. */
const MOST_PROGRAMS = 256;
/** The dearest processes that are told one by one. */
const MOST_DEAREST = 10;

function emptyFold(name: string | null): ProgramFold {
  return {
    name,
    executable: null,
    processCount: 0,
    forkOnlyCount: 0,
    failedCount: 0,
    unaccountedCount: 0,
    inexactCount: 0,
    partialCount: 0,
    longestSeconds: NaN,
    figures: unknownFigures(),
  };
}

/** Processes that are over, folded by program, and the dearest of them: bounded, whatever their number. */
export class ProcessFolds {
  readonly #programs = new Map<string, ProgramFold>();
  readonly #dearest: ProcessLife[] = [];
  readonly #others = emptyFold(null);

  constructor(readonly mostPrograms = MOST_PROGRAMS, readonly mostDearest = MOST_DEAREST) {}

  /** Processes that were folded. */
  get processCount(): number {
    return this.programs.reduce((sum, { processCount }) => sum + processCount, 0) + this.#others.processCount;
  }

  /** The programs, the dearest first. */
  get programs(): ProgramFold[] {
    return [...this.#programs.values()].sort(byCost);
  }

  /** What the programs that are not told one by one come to; null where all are. */
  get others(): ProgramFold | null {
    return this.#others.processCount > 0 ? this.#others : null;
  }

  /** The dearest processes, the dearest first. */
  get dearest(): readonly ProcessLife[] {
    return this.#dearest;
  }

  /** Take a process that is over. */
  add(life: ProcessLife): void {
    const key = keyOf(life);
    let fold = this.#programs.get(key);
    if (!fold) {
      if (this.#programs.size >= 2 * this.mostPrograms) this.#foldCheapest();
      fold = emptyFold(life.name);
      this.#programs.set(key, fold);
    }
    fold.executable ??= life.executable;
    fold.processCount++;
    if (life.isForkOnly) fold.forkOnlyCount++;
    if (life.isUnaccounted) fold.unaccountedCount++;
    if (!life.hasExactCpu) fold.inexactCount++;
    if (life.lacksAccounts) fold.partialCount++;
    if (life.end !== null && (life.end.signal !== null || life.end.exitCode !== 0)) fold.failedCount++;
    fold.longestSeconds = larger(fold.longestSeconds, life.lifeSeconds);
    addFigures(fold.figures, life.figures);
    this.#rank(life);
  }

  /** A copy, of so many programs that are told one by one. */
  copy(mostPrograms = this.mostPrograms): ProcessFolds {
    const copy = new ProcessFolds(mostPrograms, this.mostDearest);
    for (const [key, fold] of this.#programs) {
      copy.#programs.set(key, { ...fold, figures: { ...fold.figures } });
    }
    merge(copy.#others, this.#others);
    copy.#dearest.push(...this.#dearest);
    return copy;
  }

  /** The last: put together what is one program, and fold what is beyond the bound. */
  finish(): void {
    this.#joinUnidentified();
    this.#foldCheapest();
  }

  /** Whose accounts were lost has no file that tells it apart: it is of the one program of its name and path. */
  #joinUnidentified(): void {
    const all = [...this.#programs];
    for (const [key, fold] of all) {
      if (isIdentified(key) || fold.executable === null) continue;
      const same = all.filter(([other, { name, executable }]) =>
        isIdentified(other) && name === fold.name && executable === fold.executable
      );
      if (same.length !== 1) continue;
      merge(same[0][1], fold);
      this.#programs.delete(key);
    }
  }

  /** Done once for as many new programs as are kept, so that a program costs no more than its share of a sort. */
  #foldCheapest(): void {
    const all = [...this.#programs].sort(([, a], [, b]) => byCost(a, b));
    for (const [key, fold] of all.slice(this.mostPrograms)) {
      this.#programs.delete(key);
      merge(this.#others, fold);
    }
  }

  #rank(life: ProcessLife): void {
    const at = this.#dearest.findIndex((other) => isDearer(life, other));
    if (at >= 0) this.#dearest.splice(at, 0, life);
    else if (this.#dearest.length < this.mostDearest) this.#dearest.push(life);
    if (this.#dearest.length > this.mostDearest) this.#dearest.pop();
  }
}

function keyOf({ name, executableId }: ProcessLife): string {
  return `${name ?? ""}\0${executableId ?? ""}`;
}

function isIdentified(key: string): boolean {
  return !key.endsWith("\0");
}

function merge(to: ProgramFold, more: ProgramFold): void {
  to.processCount += more.processCount;
  to.forkOnlyCount += more.forkOnlyCount;
  to.failedCount += more.failedCount;
  to.unaccountedCount += more.unaccountedCount;
  to.inexactCount += more.inexactCount;
  to.partialCount += more.partialCount;
  to.longestSeconds = larger(to.longestSeconds, more.longestSeconds);
  addFigures(to.figures, more.figures);
}

const known = (value: number) => Number.isNaN(value) ? -1 : value;

function byCost(a: ProgramFold, b: ProgramFold): number {
  return known(b.figures.cpuSeconds) - known(a.figures.cpuSeconds) ||
    known(b.longestSeconds) - known(a.longestSeconds) || b.processCount - a.processCount;
}

/** By CPU, and where that is the same or unknown, by how long it lived. */
function isDearer(one: ProcessLife, other: ProcessLife): boolean {
  const difference = known(one.figures.cpuSeconds) - known(other.figures.cpuSeconds);
  return difference > 0 || (difference === 0 && known(one.lifeSeconds) > known(other.lifeSeconds));
}

/**
 * What each program used of the CPU that all of them did, in seconds: the accounts of a process lack its last slice of
 * time, nine tenths of what is short. What is missing goes to those who had ticks of the timer that their accounts do
 * not explain, and beyond that to all processes alike. The parts add up to the total, and none is below its accounts.
 */
export function sharedCpuSeconds(folds: readonly ProgramFold[], totalSeconds: number): number[] {
  const least = folds.map(({ figures }) => Math.max(0, known(figures.cpuSeconds)));
  const missing = totalSeconds - sum(least);
  if (!(missing > 0)) return least;
  const ticked = folds.map(({ figures }, index) => Math.max(0, known(figures.tickedSeconds) - least[index]));
  const explained = sum(ticked);
  if (explained >= missing) return least.map((seconds, at) => seconds + (missing * ticked[at]) / explained);
  const each = (missing - explained) / sum(folds.map(({ processCount }) => processCount));
  return least.map((seconds, at) => seconds + ticked[at] + each * folds[at].processCount);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
