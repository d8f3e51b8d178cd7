import type { UnitKey } from "./model/unit.ts";
import type { Store } from "./store/contract.ts";

const COLLECTION = "heard_since";

/**
 * When each unit was listened to for the first time, over restarts: the broker keeps what comes while we are away, so
 * that what a run has used that began after it is all ours to count.
 */
export class HeardSince {
  readonly #times = new Map<UnitKey, number>();
  readonly #unsaved = new Map<string, number>();
  /** Of units that are not known yet: since when all of them are listened to. */
  #all = Infinity;

  private constructor(readonly store: Pick<Store, "documents" | "saveDocuments">) {}

  /** Read what is known. */
  static async open(store: Pick<Store, "documents" | "saveDocuments">): Promise<HeardSince> {
    const one = new HeardSince(store);
    await one.load();
    return one;
  }

  /** Take up what other managers have noted since. */
  async load(): Promise<void> {
    for (const [unit, time] of await this.store.documents(COLLECTION)) {
      if (typeof time !== "number") continue;
      if (unit === "") this.#all = time;
      else this.#times.set(unit as UnitKey, time);
    }
  }

  readonly of = (unit: UnitKey): number => this.#times.get(unit) ?? this.#all;

  /**
   * That units, or all for null, are listened to now; what is known of earlier stays.
   * @param store what it is written by: that of a unit takes nothing of one who has lost it
   */
  async note(
    units: readonly UnitKey[] | null,
    now: number,
    store: Pick<Store, "saveDocuments"> = this.store,
  ): Promise<void> {
    if (units === null && this.#all === Infinity) {
      this.#all = now;
      this.#unsaved.set("", now);
    }
    for (const unit of units ?? []) {
      if (this.of(unit) !== Infinity) continue;
      this.#times.set(unit, now);
      this.#unsaved.set(unit, now);
    }
    if (this.#unsaved.size === 0) return;
    await store.saveDocuments(COLLECTION, this.#unsaved);
    this.#unsaved.clear();
  }
}
