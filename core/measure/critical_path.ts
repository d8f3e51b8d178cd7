import type { ProcessLife } from "./process_life.ts";

/** A stretch of time that one process is answerable for: it ran, or waited for something other than a child. */
export interface PathStep {
  readonly life: ProcessLife;
  readonly fromNs: number;
  readonly toNs: number;
}

/** What the processes of one program come to on the path. */
export interface PathProgram {
  readonly name: string | null;
  seconds: number;
  processCount: number;
}

/** The chain of processes that the tree waited for, from its begin to its end. */
export interface PathSummary {
  /** All steps together: the time from the birth of the root to the last end. */
  readonly seconds: number;
  /** When the root was born. */
  readonly startNs: number;
  /** The longest first. */
  readonly programs: readonly PathProgram[];
  /** The longest steps, in the order of time. */
  readonly longest: readonly PathStep[];
}

/** A path that grows at its end; those that begin alike share what they have in common. */
interface Path extends PathStep {
  readonly before: Path | null;
  /** What came before the first that is still told step by step. */
  readonly folded: Folded;
  readonly depth: number;
  /** Whether the process was not on the path yet. */
  readonly isFirst: boolean;
}

interface Folded {
  readonly programs: ReadonlyMap<string, PathProgram>;
  readonly longest: readonly PathStep[];
}

/** What is kept of a process as long as it lives. */
interface Entry {
  readonly parent: ProcessLife | undefined;
  /** The path up to its birth. */
  readonly prefix: Path | null;
  /** When it was born, or when the path begins. */
  readonly fromNs: number;
  /** The path up to the end of the child that ended last. */
  child: Path | null;
}

/** Steps that are kept one by one before they are folded. */
const MOST_DEPTH = 64;
/** The longest steps that are told. */
const MOST_STEPS = 8;
/** Programs that are told apart; all others are one. */
const MOST_PROGRAMS = 32;
const NOTHING: Folded = { programs: new Map(), longest: [] };

/**
 * Finds the chain of processes that set the wall time of a tree, from births and ends alone.
 *
 * The moments before an end belong to the process that ended; those before its last child's end belong to that child,
 * and so on, back to the child's birth, which came behind whatever its parent had done and waited for by then. So each
 * moment belongs to one process, and steps add up to the wall time. Memory grows with who lives, not with who lived.
 */
export class CriticalPath {
  readonly #entries = new Map<ProcessLife, Entry>();
  #last: Path | null = null;
  #startNs = NaN;

  /** The tree runs already: its path begins now, whenever its processes were born. */
  begin(nowNs: number): void {
    this.#startNs = nowNs;
  }

  /** A process was born; its parent is undefined for the root. */
  born(life: ProcessLife, parent: ProcessLife | undefined): void {
    if (Number.isNaN(this.#startNs)) this.#startNs = life.startNs;
    const fromNs = Math.max(life.startNs, this.#startNs);
    const made = parent && this.#entries.get(parent);
    const prefix = made ? pathTo(parent, made, fromNs) : null;
    this.#entries.set(life, { parent, prefix, fromNs, child: null });
  }

  /** The parent of a process that lives, as far as it is of the tree. */
  parentOf(life: ProcessLife): ProcessLife | undefined {
    return this.#entries.get(life)?.parent;
  }

  /** A process has ended, at this time. */
  ended(life: ProcessLife, atNs: number): void {
    this.handOver(life, atNs);
    this.#entries.delete(life);
  }

  /** Whoever waited for a process has gone on by this time, though its end was not told yet. */
  handOver(life: ProcessLife, atNs: number): void {
    const entry = this.#entries.get(life);
    if (!entry) return;
    const path = pathTo(life, entry, atNs);
    const above = entry.parent && this.#entries.get(entry.parent);
    if (above && path.toNs >= (above.child?.toNs ?? -Infinity)) above.child = path;
    if (path.toNs >= (this.#last?.toNs ?? -Infinity)) this.#last = path;
  }

  /** A process is gone, nobody knows when. */
  lost(life: ProcessLife): void {
    this.#entries.delete(life);
  }

  /** The path to the last end so far; null where nothing has ended. */
  summary(): PathSummary | null {
    if (!this.#last) return null;
    const { programs, longest } = fold(this.#last);
    const sorted = [...programs.values()].sort((a, b) => b.seconds - a.seconds);
    return {
      seconds: sorted.reduce((sum, { seconds }) => sum + seconds, 0),
      startNs: this.#startNs,
      programs: sorted,
      longest: longest.toSorted((a, b) => a.fromNs - b.fromNs),
    };
  }
}

/** The path up to a moment in the life of a process. */
function pathTo(life: ProcessLife, { prefix, child, fromNs: bornNs }: Entry, atNs: number): Path {
  const before = child ?? prefix;
  const fromNs = Math.max(bornNs, child?.toNs ?? -Infinity);
  const isFull = before !== null && before.depth >= MOST_DEPTH;
  return {
    life,
    fromNs,
    // Times of two processors may differ by a little.
    toNs: Math.max(fromNs, atNs),
    before: isFull ? null : before,
    folded: isFull ? fold(before) : before?.folded ?? NOTHING,
    depth: isFull || !before ? 1 : before.depth + 1,
    isFirst: child === null,
  };
}

function fold(path: Path): Folded {
  const programs = new Map<string, PathProgram>();
  for (const [name, program] of path.folded.programs) programs.set(name, { ...program });
  const steps: PathStep[] = [...path.folded.longest];
  for (let step: Path | null = path; step; step = step.before) {
    add(programs, step);
    steps.push({ life: step.life, fromNs: step.fromNs, toNs: step.toNs });
  }
  steps.sort((a, b) => lengthOf(b) - lengthOf(a));
  return { programs, longest: steps.slice(0, MOST_STEPS) };
}

function add(programs: Map<string, PathProgram>, step: Path): void {
  const { name } = step.life;
  const isRoom = programs.size < MOST_PROGRAMS || programs.has(name ?? "");
  const key = isRoom ? name ?? "" : "";
  let program = programs.get(key);
  if (!program) {
    program = { name: isRoom ? name : null, seconds: 0, processCount: 0 };
    programs.set(key, program);
  }
  program.seconds += lengthOf(step) / 1e9;
  if (step.isFirst) program.processCount++;
}

function lengthOf({ fromNs, toNs }: PathStep): number {
  return toNs - fromNs;
}
