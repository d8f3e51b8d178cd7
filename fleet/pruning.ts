import type { Say } from "./say.ts";
import type { Retention, Store } from "./store/contract.ts";
import { DAY_MS } from "./store/hour_of.ts";

const COLLECTION = "retention";
const NAME = "clock";

/** A time to remove what is old by. */
export interface PruneTime {
  readonly now: number;
  /** How far the clock is ahead of what is believed, ms; null: it is believed. */
  readonly doubtedMs: number | null;
}

/**
 * What time it is for who removes what is old. A clock that jumps ahead by more than a day is believed once it has
 * gone on like that for a day: what is removed is gone, and whatever waits is not.
 */
export class PruneClock {
  #lookedAt: number;

  /** @param steady a clock that is never set, ms */
  constructor(
    readonly store: Pick<Store, "documents" | "saveDocuments" | "use">,
    readonly steady: () => number = () => performance.now(),
  ) {
    this.#lookedAt = steady();
  }

  /** What to believe of a clock that says it is `now`. @throws ProctorError where the store cannot be used */
  async believed(now: number): Promise<PruneTime> {
    const at = this.steady();
    const passedMs = at - this.#lookedAt;
    const known = read((await this.store.documents(COLLECTION)).get(NAME));
    const expected = known ? known.now + passedMs : await this.#newest();
    let heldMs = 0;
    let believed = now;
    if (expected !== null && now - expected > DAY_MS) {
      heldMs = (known?.heldMs ?? 0) + passedMs;
      if (heldMs < DAY_MS) believed = expected;
      else heldMs = 0;
    }
    await this.store.saveDocuments(COLLECTION, new Map([[NAME, { now: believed, heldMs }]]));
    this.#lookedAt = at;
    return { now: believed, doubtedMs: believed < now ? now - believed : null };
  }

  /** The end of the newest day that there are samples of. */
  async #newest(): Promise<number | null> {
    return (await this.store.use()).find(({ tier }) => tier === "raw")?.until ?? null;
  }
}

/** Removes what is old now and then, by a time that is believed. */
export class Pruning {
  readonly #clock: PruneClock;
  #isDoubted = false;

  constructor(readonly store: Store, readonly retention: Retention, readonly say: Say) {
    this.#clock = new PruneClock(store);
  }

  /** @throws ProctorError where the store cannot be used */
  async prune(clock: number): Promise<void> {
    const { store, retention, say } = this;
    const { now, doubtedMs } = await this.#clock.believed(clock);
    if (doubtedMs !== null && !this.#isDoubted) {
      const days = Math.round(doubtedMs / DAY_MS);
      say(
        "warn",
        `the time is ${days} ${
          days === 1 ? "day" : "days"
        } later than expected: until it has been so for a day ` +
          "nothing is removed for its age that would not be otherwise",
      );
    }
    this.#isDoubted = doubtedMs !== null;
    for (const line of await store.prune(retention, now)) say("info", line);
  }
}

/** What is stored; null for anything else. */
function read(document: unknown): { readonly now: number; readonly heldMs: number } | null {
  const { now, heldMs } = (document ?? {}) as { now?: unknown; heldMs?: unknown };
  return Number.isFinite(now) && Number.isFinite(heldMs)
    ? { now: now as number, heldMs: heldMs as number }
    : null;
}
