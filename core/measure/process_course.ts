import { CriticalPath } from "./critical_path.ts";
import { Parallelism } from "./parallelism.ts";
import type { ProcessLife } from "./process_life.ts";

/**
 * How a tree went over time: which chain of processes it waited for, and how many were at work.
 *
 * Whoever waits for a process may go on a moment before its end is told. Where it is told that a process has begun to
 * end, it is taken to be over by the next that its parent is told to have done.
 */
export class ProcessCourse {
  readonly path = new CriticalPath();
  readonly parallelism = new Parallelism();
  /** Roots whose birth may yet be told: until anything else happens in the tree. */
  #roots: ProcessLife[] = [];
  /** Processes that have begun to end, by their parent. */
  readonly #leaving = new Map<ProcessLife, Set<ProcessLife>>();

  /** The tree begins with this process, or goes on with it. */
  begin(root: ProcessLife): void {
    this.#roots.push(root);
  }

  /** The tree runs already; what was before this time is not told. */
  beginAmidst(nowNs: number): void {
    this.path.begin(nowNs);
    this.parallelism.begin(nowNs);
  }

  /** A process was born. */
  born(life: ProcessLife, parent: ProcessLife | undefined): void {
    this.#placeRoots();
    if (parent) this.#settle(parent, life.startNs);
    this.path.born(life, parent);
    this.parallelism.born(life, parent);
  }

  /** A process has begun to end, at this time. */
  leaving(life: ProcessLife, atNs: number): void {
    this.#placeRoots();
    // Its children have ended by then, or are orphans from now on.
    this.#settle(life, atNs);
    const parent = this.path.parentOf(life);
    if (!parent) return;
    const siblings = this.#leaving.get(parent);
    if (siblings) siblings.add(life);
    else this.#leaving.set(parent, new Set([life]));
  }

  /** A process has ended. */
  ended(life: ProcessLife): void {
    this.#placeRoots();
    this.#settle(life, life.endNs);
    this.#forgetLeaving(life);
    this.path.ended(life, life.endNs);
    this.parallelism.ended(life, life.endNs);
  }

  /** A process is gone, nobody knows when. */
  lost(life: ProcessLife): void {
    this.#placeRoots();
    this.#leaving.delete(life);
    this.#forgetLeaving(life);
    this.path.lost(life);
    this.parallelism.ended(life, NaN);
  }

  /** The tree is watched no longer. */
  finish(nowNs: number): void {
    this.#placeRoots();
    this.parallelism.advance(nowNs);
  }

  /** Whoever has begun to end had done so by the time of what its parent does next. */
  #settle(parent: ProcessLife, atNs: number): void {
    for (const life of this.#leaving.get(parent) ?? []) {
      this.path.handOver(life, atNs);
      this.parallelism.ended(life, atNs);
    }
    this.#leaving.delete(parent);
  }

  #forgetLeaving(life: ProcessLife): void {
    const parent = this.path.parentOf(life);
    const siblings = parent && this.#leaving.get(parent);
    if (siblings?.delete(life) && siblings.size === 0) this.#leaving.delete(parent!);
  }

  #placeRoots(): void {
    const roots = this.#roots;
    if (roots.length === 0) return;
    this.#roots = [];
    for (const root of roots) this.born(root, undefined);
  }
}
