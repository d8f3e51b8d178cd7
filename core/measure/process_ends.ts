import { AccountPairs } from "./account_pairs.ts";
import { NumberSet } from "./number_set.ts";
import type { ThreadAccounts } from "./process_figures.ts";
import { ProcessFolds } from "./process_folds.ts";
import { ProcessLife } from "./process_life.ts";
import type { ProcessTableSources, Sighting } from "./process_sources.ts";

/** A sighting waits for so many looks: what it is of may not have been told yet. */
const SIGHTING_WAITS = 2;

/**
 * The ends of processes of a tree, told in three ways that come in any order: by an event, by the accounts of each
 * thread, and by samples. When nobody will tell more of a process it is folded.
 */
export class ProcessEnds {
  readonly folds = new ProcessFolds();
  /** Over, but a sighting or accounts are to come. */
  readonly #lingering = new Set<ProcessLife>();
  readonly #accounts = new AccountPairs((life) => this.conclude(life));
  readonly #sightings = new Map<number, { sighting: Sighting; looks: number }>();
  /** Whose end was told, so that samples which see it late are not taken for news. */
  readonly #remembered = new NumberSet();
  /** Whether accounts tell programs apart by their file. */
  isIdentified = false;

  /**
   * @param alive the processes that live, by number
   * @param onEnded called for each process that is over, when nobody will tell more of it
   */
  constructor(
    readonly sources: ProcessTableSources,
    readonly alive: ReadonlyMap<number, ProcessLife>,
    readonly onEnded: (life: ProcessLife) => void,
  ) {}

  /** Those of whom more is to be told. */
  get lingering(): ReadonlySet<ProcessLife> {
    return this.#lingering;
  }

  /** Its end was told. */
  remember(pid: number): void {
    this.#remembered.add(pid);
  }

  /** A thread of this process has ended. */
  threadEnded(life: ProcessLife, threadId: number): void {
    if (this.sources.hasAccounts()) this.#accounts.ended(life, threadId);
    else life.lacksAccounts = true;
  }

  /** What a thread came to. */
  accounted(accounts: ThreadAccounts): void {
    if (accounts.executableId !== null) this.isIdentified = true;
    this.#accounts.accounted(accounts);
  }

  /** Samples have seen the end of a process of the tree. */
  seen(sighting: Sighting): void {
    if (!this.#sight(sighting)) this.#sightings.set(sighting.pid, { sighting, looks: 0 });
  }

  /** All that had happened was told; those of whom samples alone know, by now. */
  settle(): Sighting[] {
    this.#accounts.look((pid) => this.alive.has(pid));
    const unknown: Sighting[] = [];
    for (const [pid, waiting] of this.#sightings) {
      if (this.#sight(waiting.sighting)) this.#sightings.delete(pid);
      else if (++waiting.looks > SIGHTING_WAITS) {
        this.#sightings.delete(pid);
        unknown.push(waiting.sighting);
      }
    }
    return unknown;
  }

  /** Nothing comes any more: those of whom samples alone know. */
  finish(): Sighting[] {
    const unknown = [...this.#sightings.values()].map(({ sighting }) => sighting);
    this.#sightings.clear();
    this.#accounts.finish();
    return unknown;
  }

  /** Fold those of whom more was to be told: nobody will. */
  foldLingering(): void {
    for (const life of this.#lingering) this.fold(life);
    this.#lingering.clear();
  }

  /** Fold a process that is over, unless somebody has yet to tell of it. */
  conclude(life: ProcessLife): void {
    if (!life.isOver) return;
    const isAwaited = life.awaitedCount > 0 || (life.lacksAccounts && this.sources.isWatched(life.pid));
    if (isAwaited) {
      this.#lingering.add(life);
      return;
    }
    this.#lingering.delete(life);
    this.fold(life);
  }

  /** Nobody will tell more of it. */
  fold(life: ProcessLife): void {
    life.conclude();
    this.folds.add(life);
    if (life.isOver) this.onEnded(life);
  }

  /** Whether the process is known. */
  #sight(sighting: Sighting): boolean {
    for (const life of this.#lingering) {
      if (life.pid !== sighting.pid) continue;
      life.sight(sighting);
      if (life.awaitedCount > 0) return true;
      this.#lingering.delete(life);
      this.fold(life);
      return true;
    }
    const life = this.alive.get(sighting.pid);
    life?.sight(sighting);
    return life !== undefined || this.#remembered.has(sighting.pid);
  }
}

/** A process that samples alone have seen. */
export function sighted(sighting: Sighting, livesOn: boolean): ProcessLife {
  const { pid, parentPid, lifeSeconds } = sighting;
  const life = new ProcessLife(pid, parentPid, 0);
  life.isForkOnly = false;
  life.threadCount = livesOn ? 1 : 0;
  life.lacksAccounts = true;
  life.endNs = lifeSeconds * 1e9;
  life.sight(sighting);
  return life;
}
