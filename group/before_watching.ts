import type { ProcessTable } from "../core/measure/process_table.ts";
import type { ProcessEvents, ProcessIdentity, ProcessReader } from "../platform/mod.ts";
import type { ProcessTree } from "./process_tree.ts";

/** Who has no parent to be found by is looked for again as often as the tree has grown meanwhile, and no more often. */
const MOST_LOOKS = 16;

/** What there was of a tree before it was watched, and who joins it from outside. */
export class BeforeWatching {
  /** When the watching began, in milliseconds since the epoch. */
  readonly fromMs = Date.now();
  /** Whether there were more than can be told of. */
  isFull = false;
  /** CPU seconds of each process until then. */
  readonly #cpuSeconds = new Map<string, number>();
  readonly #dead = new Set<string>();
  #seenCount = 0;
  /** Members that no event has told of by now: of whom was born in between it is told the next time. */
  #unknown: ReadonlySet<string> = new Set();

  constructor(
    readonly group: ProcessTree,
    readonly table: ProcessTable,
    readonly events: ProcessEvents | null,
  ) {
    for (const member of group.members) this.#cpuSeconds.set(identity(member), member.cpuSeconds);
  }

  /** Of those that samples have seen, how many were over by then. */
  get deadCount(): number {
    return this.#dead.size;
  }

  /** CPU seconds of a process by then; undefined for those that were born since, or have come from outside. */
  knownCpuSecondsOf(member: ProcessIdentity): number | undefined {
    return this.#cpuSeconds.get(identity(member));
  }

  /** It has ended. */
  forget(member: ProcessIdentity): void {
    this.#cpuSeconds.delete(identity(member));
  }

  /** Take up all who are there: once nobody new is found, whoever is born next descends from one that is told of. */
  takeUp(): void {
    for (let look = 0; look < MOST_LOOKS; look++) {
      const before = this.table.totalCount;
      for (const member of this.group.members) {
        if (!this.#take(member) && !this.table.has(member.pid)) this.#dead.add(identity(member));
      }
      if (this.table.totalCount === before) return;
      this.group.refresh(performance.now(), "members");
    }
  }

  /** Take up members of whose birth nobody has told. */
  lookForJoiners(): void {
    if (this.#seenCount === this.group.totalProcessCount && this.#unknown.size === 0) return;
    this.#seenCount = this.group.totalProcessCount;
    const unknown = new Set<string>();
    for (const member of this.group.members) {
      const key = identity(member);
      if (this.table.has(member.pid) || member.isZombie || this.#dead.has(key)) continue;
      if (!this.#unknown.has(key)) unknown.add(key);
      else if (this.#take(member)) this.table.strangerCount++;
    }
    this.#unknown = unknown;
  }

  /** Whether it is told of from now on. */
  #take(member: ProcessReader): boolean {
    const events = this.events!;
    if (member.isZombie || this.table.has(member.pid)) return false;
    // First, so that no thread of it ends unheard.
    if (!events.include(member.pid)) this.isFull = true;
    const standing = events.standing(member.pid);
    // Its number may be another's by now.
    if (standing?.birth !== member.birth) return false;
    const key = identity(member);
    if (!this.#cpuSeconds.has(key)) this.#cpuSeconds.set(key, member.cpuSeconds);
    this.table.takeUp(standing, events.nowNs());
    return true;
  }
}

function identity({ pid, birth }: ProcessIdentity): string {
  return `${pid}/${birth}`;
}
