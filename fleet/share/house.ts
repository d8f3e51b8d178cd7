import { pause } from "../../io/deadline.ts";
import type { Say } from "../say.ts";
import { Pruning } from "../pruning.ts";
import type { UnitKey } from "../model/unit.ts";
import type { Retention, Store } from "../store/contract.ts";
import type { Shares } from "../store/shares.ts";
import { Discovery } from "./discovery.ts";
import type { DiscoveryParts } from "./discovery.ts";

/** No name of a unit has a plus sign of its own. */
const HOUSE: UnitKey = "+/house";
const PRUNE_EVERY_MS = 3_600_000;
/** Between two tries to begin with something. */
const AGAIN_MS = 1_000;

/** Something that one manager at a time does for all. */
export interface HouseTask {
  /**
   * @param store what it changes there fails where another manager does it by then
   * @param isOurs whether another manager cannot do it yet: nothing is sent to others while that is not sure, as after
   *   we were stopped for long
   */
  begin(store: Store, isOurs: () => boolean): Promise<void>;
  /** Another may do it, and go on where it was. */
  end(): Promise<void>;
}

/** What is done in the house. */
export interface HouseParts {
  readonly store: Store;
  readonly shares: Shares;
  readonly retention: Retention;
  readonly leaseMs: number;
  /** Whether what we hold cannot be another's yet. */
  readonly isOurs: () => boolean;
  /** How units are found; null where they are named. */
  readonly discovery: DiscoveryParts | null;
  readonly say: Say;
  readonly now: () => number;
}

/** What concerns all units alike: finding them, removing what is old, alerts. One manager at a time does it. */
export class House {
  readonly #tasks: HouseTask[] = [];
  #ending: AbortController | null = null;
  /** What is begun, or ended, one after the other. */
  #work: Promise<void> | null = null;

  constructor(readonly parts: HouseParts) {
    const { discovery } = parts;
    let found: Discovery | null = null;
    if (discovery) {
      this.add({
        begin: () => Promise.resolve((found = new Discovery(discovery)).start()),
        end: async () => await found?.close(),
      });
    }
  }

  /** Have it done from the next time on that it is ours. */
  add(task: HouseTask): void {
    this.#tasks.push(task);
  }

  /**
   * Keep the house where it is ours, or take it where it is nobody's.
   * @param kept what is still ours
   * @param isReady whether we know of all units what there is to know: nobody is missed whom we have not read yet
   * @param isOfOther whether another manager is the one to have it
   */
  async keep(kept: ReadonlySet<UnitKey>, isReady: boolean, isOfOther: boolean): Promise<void> {
    // No beat is to wait for it.
    if (this.#ending && !kept.has(HOUSE)) void this.rest();
    else if (this.#ending && isOfOther) void this.rest(true);
    if (this.#ending || this.#work || !isReady || isOfOther) return;
    if (!await this.parts.shares.take(HOUSE, this.parts.leaseMs)) return;
    const { signal } = this.#ending = new AbortController();
    this.#do(() => this.#begin(signal));
  }

  /** It is not ours any more, or is to be another's. @param isGiven whether it is given back at once */
  async rest(isGiven = false): Promise<void> {
    if (this.#ending) {
      this.#ending.abort();
      this.#ending = null;
      const { shares } = this.parts;
      this.#do(async () => {
        for (const task of this.#tasks) await this.#tried(() => task.end());
        if (isGiven) await this.#tried(() => shares.release(HOUSE));
        shares.lose(HOUSE);
      });
    }
    await this.#work;
  }

  #do(what: () => Promise<void>): void {
    const work = (this.#work ?? Promise.resolve()).then(what).finally(() => {
      if (this.#work === work) this.#work = null;
    });
    this.#work = work;
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { shares, isOurs } = this.parts;
    for (const task of this.#tasks) {
      while (!signal.aborted && !await this.#tried(() => task.begin(shares.ofUnit(HOUSE), isOurs))) {
        await pause(AGAIN_MS, signal);
      }
    }
    void this.#prune(signal);
  }

  async #tried(what: () => Promise<void>): Promise<boolean> {
    try {
      await what();
      return true;
    } catch (error) {
      this.parts.say("error", (error as Error).message);
      return false;
    }
  }

  async #prune(signal: AbortSignal): Promise<void> {
    const { shares, retention, say, now } = this.parts;
    // Of one that has lost the house nothing is removed.
    const store = shares.ofUnit(HOUSE);
    const pruning = new Pruning(store, retention, say);
    for (;;) {
      await pause(PRUNE_EVERY_MS, signal);
      if (signal.aborted) return;
      try {
        await pruning.prune(now());
      } catch (error) {
        say("error", (error as Error).message);
      }
    }
  }
}
