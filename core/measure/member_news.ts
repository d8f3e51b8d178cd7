/* Who has come into a tree by birth, and whether any has gone: from events of processes that may be anybody's. */

/** A process that was born into the tree. */
export interface Birth {
  readonly pid: number;
  /** On the monotonic clock: what tells it from another that has its number later on. */
  readonly atNs: number;
}

/** What has come about between two samples at a tree. */
export interface TreeNews {
  /** In the order of birth: parents before their children. Some may have ended since. */
  readonly born: readonly Birth[];
  /** Members that have become other programs, which is what those do who leave. */
  readonly executed: readonly number[];
  /** Whether processes of the tree have ended. */
  readonly hasEnded: boolean;
  /** Whether that is not all: whoever is of the tree has to be searched for. */
  readonly isIncomplete: boolean;
}

/** Nothing. */
export const NO_NEWS: TreeNews = { born: [], executed: [], hasEnded: false, isIncomplete: false };

/** So many births, and as many executions, wait for a look; beyond, one search is cheaper, and memory has a bound. */
const MOST_WAITING = 4_096;

/**
 * Picks those events that are news of one tree. Who was born of a member is a member, whoever its parent becomes later;
 * members that no event has told of are known by looks at the tree.
 */
export class MemberNews {
  /** Living members of which events have told, and how many threads each has. */
  readonly #alive = new Map<number, number>();
  /** Numbers of members that are over though the tree knows them still: whoever has one by now is another. */
  readonly #over = new Set<number>();
  #born: Birth[] = [];
  #executed = new Set<number>();
  #hasEnded = false;
  #isIncomplete = false;
  /** Processes with which this program has begun the tree, or gone on with it, and whose birth is still to be told. */
  readonly #unborn = new Set<number>();
  #isRootBorn = false;

  /**
   * @param ownPid this program: a child that it has not started may be of a tree that it has begun (CLONE_PARENT)
   * @param isMember whether the tree knows this member
   */
  constructor(
    readonly ownPid: number,
    readonly isMember: (pid: number) => boolean,
  ) {}

  /** This program has started a process of the tree just now. */
  begin(pid: number): void {
    this.#unborn.add(pid);
  }

  /** Whether there is anything that the tree has not been told. */
  get isAny(): boolean {
    return this.#hasEnded || this.#isIncomplete || this.#born.length > 0 || this.#executed.size > 0;
  }

  /** Whether events have told of the birth of this living member. */
  knows(pid: number): boolean {
    return this.#alive.has(pid);
  }

  /** A process was born. */
  forked(pid: number, parentPid: number, atNs: number): void {
    if (this.#unborn.delete(pid)) {
      this.#isRootBorn = true;
      this.#over.delete(pid);
      // From here on its threads are told, too.
      this.#alive.set(pid, 1);
      return;
    }
    // Its number is used again: the end of whoever had it was not told.
    this.#alive.delete(pid);
    if (!this.#isKin(parentPid)) {
      if (this.isMember(pid)) this.#over.add(pid);
      // What helps to launch the root is born before it.
      if (parentPid === this.ownPid && this.#isRootBorn) this.#isIncomplete = true;
      return;
    }
    this.#over.delete(pid);
    this.#alive.set(pid, 1);
    if (this.#born.length < MOST_WAITING) this.#born.push({ pid, atNs });
    else this.#isIncomplete = true;
  }

  /** A process has one thread more. */
  threadStarted(pid: number): void {
    const count = this.#alive.get(pid);
    if (count !== undefined) this.#alive.set(pid, count + 1);
  }

  /** A process has become another program. */
  executed(pid: number): void {
    if (!this.#isKin(pid)) return;
    if (this.#executed.size < MOST_WAITING) this.#executed.add(pid);
    else this.#isIncomplete = true;
  }

  /** A thread has ended; the main one where both numbers are the same. */
  exited(pid: number, threadId: number): void {
    const count = this.#alive.get(pid);
    if (count === undefined) {
      if (pid === threadId) this.#unborn.delete(pid);
      // Of one that no event has told of its threads are not known.
      if (pid === threadId && this.isMember(pid)) this.#hasEnded = true;
      return;
    }
    if (count > 1) {
      this.#alive.set(pid, count - 1);
      return;
    }
    this.#alive.delete(pid);
    // Of those that nobody has looked at there may be any number.
    if (this.isMember(pid)) this.#over.add(pid);
    this.#hasEnded = true;
  }

  /** Events were lost: what was told before is not to be relied upon. */
  lose(): void {
    this.#isIncomplete = true;
    this.#alive.clear();
  }

  /** What has come about since the last time. */
  take(): TreeNews {
    if (!this.isAny) return NO_NEWS;
    const news = {
      born: this.#born,
      executed: [...this.#executed],
      hasEnded: this.#hasEnded,
      isIncomplete: this.#isIncomplete,
    };
    this.#born = [];
    this.#executed.clear();
    // A zombie is known to the tree until its parent has heard of it, which frees the number at once.
    for (const pid of this.#over) if (!this.isMember(pid)) this.#over.delete(pid);
    this.#hasEnded = this.#isIncomplete = false;
    return news;
  }

  #isKin(pid: number): boolean {
    return this.#alive.has(pid) || (!this.#over.has(pid) && this.isMember(pid));
  }
}
