import { LivingLives } from "./living_lives.ts";
import { ProcessCourse } from "./process_course.ts";
import { ProcessEnds, sighted } from "./process_ends.ts";
import type { ProcessFolds } from "./process_folds.ts";
import { ProcessLife } from "./process_life.ts";
import type { ThreadAccounts, ThreadTotals } from "./process_figures.ts";
import type {
  EarlierProcess,
  ProcessEnd,
  ProcessTableSources,
  ProcessWords,
  Sighting,
} from "./process_sources.ts";

/**
 * The processes of one tree, from events of all processes of a machine: who descends from the root is of it. Those that
 * live are kept, those that are over are folded, so that its size does not grow with their number.
 */
export class ProcessTable {
  readonly course = new ProcessCourse();
  /** Processes of the tree so far. */
  totalCount = 0;
  /** The most that lived at a time. */
  peakCount = 0;
  /** Processes that samples have seen in the tree and no event has told of: others may be missing with them. */
  strangerCount = 0;
  /** Of all, those that ran before anybody listened. */
  earlierCount = 0;
  readonly #alive = new Map<number, ProcessLife>();
  readonly #ends: ProcessEnds;
  readonly #nameless = new Set<ProcessLife>();
  /** Taken up, and what is told next may have happened before. */
  readonly #fresh = new Set<ProcessLife>();
  /** Roots whose birth may yet be told. */
  readonly #unborn = new Set<ProcessLife>();
  /** When a tree that ran before was begun to be watched. */
  #amidstNs = NaN;
  readonly #living: LivingLives;

  /** @param onEnded called for each process that is over, when nobody will tell more of it */
  constructor(
    readonly sources: ProcessTableSources,
    onEnded: (life: ProcessLife) => void = () => {},
  ) {
    this.#ends = new ProcessEnds(sources, this.#alive, onEnded);
    this.#living = new LivingLives(sources.use, sources.seenCpuSeconds);
  }

  /** Of all, those that lived on when the table was finished. */
  keptAtEndCount = 0;

  /** Those that are over. */
  get folds(): ProcessFolds {
    return this.#ends.folds;
  }

  /** Processes that are kept in memory one by one. */
  get keptCount(): number {
    return this.#alive.size + this.#ends.lingering.size;
  }

  /**
   * The tree begins with this process, or goes on with it; `nowNs` is when it was born as long as no event tells.
   * @param writtenBefore bytes that it had written before it was the command
   */
  begin(rootPid: number, nowNs: number, writtenBefore = 0): void {
    const before = this.#alive.get(rootPid);
    if (before) this.#lose(before);
    const root = new ProcessLife(rootPid, 0, nowNs);
    root.discount(writtenBefore);
    this.#unborn.add(root);
    this.#add(root);
    this.course.begin(root);
  }

  /** The tree runs already, and is watched from now on: who is of it is to be taken up one by one. */
  beginAmidst(nowNs: number): void {
    this.#amidstNs = nowNs;
    this.course.beginAmidst(nowNs);
  }

  /** Whether a process that lives is of the tree. */
  has(pid: number): boolean {
    return this.#alive.has(pid);
  }

  /** The processes that live, by number. */
  get living(): Iterable<number> {
    return this.#alive.keys();
  }

  /**
   * A process of the tree that runs already, its parent taken up before it if that is of the tree; what was not told of
   * it may be told yet.
   */
  takeUp(earlier: EarlierProcess, nowNs: number): void {
    const { pid, parentPid } = earlier;
    if (this.#alive.has(pid)) return;
    const life = new ProcessLife(pid, parentPid, earlier.startNs);
    life.takeUp(earlier, nowNs);
    if (life.startNs < this.#amidstNs) this.earlierCount++;
    this.#fresh.add(life);
    this.#add(life);
    this.course.born(life, this.#alive.get(parentPid));
  }

  /**
   * A process has come from outside.
   * @param used where it has executed something just now: what it had used by then
   */
  joined(pid: number, atNs: number, used?: ThreadTotals): void {
    if (this.#alive.has(pid)) return;
    const standing = used ? null : this.sources.standing(pid);
    if (standing) return this.takeUp(standing, atNs);
    const life = new ProcessLife(pid, 0, atNs);
    if (used) life.countFrom(atNs, { ...used, tickedSeconds: used.cpuSeconds, peakMemoryBytes: NaN });
    this.#nameless.add(life);
    this.#add(life);
    this.course.born(life, undefined);
  }

  /** A process is of the tree no longer, though it lives: what it has used by now counts. */
  left(pid: number): void {
    const life = this.#alive.get(pid);
    if (!life) return;
    this.#forget(life);
    this.#ends.remember(pid);
    this.course.lost(life);
    life.goOn(this.sources.use(pid), this.#ends.isIdentified);
    this.#ends.fold(life);
  }

  /** Whether a process that is kept is not there any more: its end is still to be told. */
  isEndMissing(): boolean {
    for (const pid of this.#alive.keys()) if (!this.sources.isThere(pid)) return true;
    return false;
  }

  /** A process was born. */
  forked(pid: number, parentPid: number, atNs: number): void {
    const root = this.#alive.get(pid);
    if (root && this.#unborn.delete(root)) {
      root.startNs = atNs;
      return;
    }
    if (root && this.#fresh.has(root)) {
      // It was found before its birth was told.
      if (root.isEarlier && root.startNs < this.#amidstNs) this.earlierCount--;
      root.bear(parentPid, atNs);
      return;
    }
    // Its number is used again: the end of whoever had it was not told.
    if (root) this.#lose(root);
    const parent = this.#alive.get(parentPid);
    if (!parent) return;
    const life = new ProcessLife(pid, parentPid, atNs);
    life.inherit(parent);
    // What its parent is called was not read yet, and that may be over before it is.
    if (this.#nameless.has(parent)) this.#nameless.add(life);
    this.#add(life);
    this.course.born(life, parent);
  }

  /** A process has one thread more. */
  threadStarted(pid: number, threadId: number): void {
    this.#alive.get(pid)?.beginThread(threadId);
  }

  /** The last thread of a process has begun to end; its end is told when it is over. */
  leaving(pid: number, atNs: number): void {
    const life = this.#alive.get(pid);
    if (life) this.course.leaving(life, atNs);
  }

  /** A process has become another program, called so, where that is told. */
  executed(pid: number, _atNs?: number, words?: ProcessWords): void {
    const life = this.#alive.get(pid);
    if (!life) return;
    life.execute();
    if (words) life.call(words);
    const isCalled = life.command !== null && life.executable !== null;
    if (isCalled) this.#nameless.delete(life);
    else this.#nameless.add(life);
  }

  /** A thread has ended. */
  exited(pid: number, threadId: number, end: ProcessEnd, atNs: number, totals?: ThreadTotals): void {
    const life = this.#alive.get(pid);
    // The end of whoever had the number before may be told yet.
    if (!life || (this.#fresh.has(life) && atNs < life.startNs) || !life.endThread(threadId)) return;
    life.endNs = atNs;
    // The main thread's status is the process's, be it that other threads live on.
    if (pid === threadId) life.end = end;
    life.total(totals);
    this.#ends.threadEnded(life, threadId);
    if (!life.isOver) return;
    this.course.ended(life);
    this.#forget(life);
    this.#ends.remember(pid);
    this.#ends.conclude(life);
  }

  /** What a thread came to. */
  accounted(accounts: ThreadAccounts): void {
    this.#ends.accounted(accounts);
  }

  /** Samples have seen the end of a process of the tree. */
  seen(sighting: Sighting): void {
    this.#ends.seen(sighting);
  }

  /**
   * A process that no event has told of: only samples know it.
   * @param livesOn whether they have not seen its end
   */
  adopt(sighting: Sighting, livesOn = false): void {
    this.totalCount++;
    this.strangerCount++;
    this.#ends.fold(sighted(sighting, livesOn));
  }

  /**
   * All that had happened was told: see to what has to wait for that.
   * @param hasLost whether events were lost of late, so that ends may never be told
   */
  settle(hasLost: boolean): void {
    for (const life of this.#nameless) if (!life.isOver) life.call(this.sources.words(life.pid));
    this.#nameless.clear();
    for (const life of this.#fresh) life.catchUp();
    this.#fresh.clear();
    for (const sighting of this.#ends.settle()) if (!hasLost) this.adopt(sighting);
    if (hasLost) this.#lookForMissing();
  }

  /**
   * What all have come to by now, those that live included; the table goes on.
   * @param mostPrograms that are told one by one; where it is bounded, what those that live have used may be what it
   *   was a while ago
   * @param living those of which only samples know
   */
  soFar(mostPrograms: number | undefined, living: readonly Sighting[]): ProcessFolds {
    const folds = this.folds.copy(mostPrograms);
    this.#living.begin(mostPrograms !== undefined);
    for (const life of this.#alive.values()) folds.add(this.#living.goOn(life, this.#ends.isIdentified));
    for (const life of this.#ends.lingering) {
      const copy = life.copy();
      copy.conclude();
      folds.add(copy);
    }
    for (const sighting of living) {
      const life = sighted(sighting, true);
      life.conclude();
      folds.add(life);
    }
    folds.finish();
    return folds;
  }

  /** The run is over: whoever is left lives on, or was lost. */
  finish(): void {
    for (const sighting of this.#ends.finish()) this.adopt(sighting);
    for (const life of this.#alive.values()) {
      life.goOn(this.sources.use(life.pid), this.#ends.isIdentified);
      this.keptAtEndCount++;
      this.#ends.fold(life);
    }
    this.#alive.clear();
    this.#ends.foldLingering();
    this.folds.finish();
  }

  #add(life: ProcessLife): void {
    this.#alive.set(life.pid, life);
    this.totalCount++;
    this.peakCount = Math.max(this.peakCount, this.#alive.size);
  }

  #forget(life: ProcessLife): void {
    this.#alive.delete(life.pid);
    this.#nameless.delete(life);
    this.#fresh.delete(life);
    this.#unborn.delete(life);
  }

  /** Its end was not told, and will not be. */
  #lose(life: ProcessLife): void {
    this.#forget(life);
    this.#ends.remember(life.pid);
    life.threadCount = 0;
    life.endNs = NaN;
    life.isLost = true;
    life.lacksAccounts = true;
    this.course.lost(life);
    this.#ends.conclude(life);
  }

  #lookForMissing(): void {
    for (const life of this.#alive.values()) {
      if (this.sources.isThere(life.pid)) continue;
      if (life.isMissing) this.#lose(life);
      // Its end may be told by now.
      else life.isMissing = true;
    }
  }
}
