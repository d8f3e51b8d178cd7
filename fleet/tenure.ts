import { hostname } from "node:os";
import { pause } from "../io/deadline.ts";
import { EVERY_UNIT } from "./model/unit.ts";
import type { Say } from "./manager.ts";
import type { Store } from "./store/contract.ts";

/** Whoever does not keep a shared store for so long has lost it to who waits. */
const LEASE_MS = 3_000;
const KEEP_EVERY_MS = 1_000;

/** How a tenure begins, and how it may end against our will. */
export interface TenureParts {
  /** Nobody waits any longer. */
  readonly signal: AbortSignal;
  readonly say: Say;
  /** Another manager has the store. What we still write is refused. */
  lost(): void;
}

/** The time in which a shared store is ours alone. Managers that come meanwhile wait, and one of them is the next. */
export class Tenure {
  readonly #ending = new AbortController();
  readonly #keeping: Promise<void>;

  private constructor(readonly store: Store, readonly holder: string, readonly parts: TenureParts) {
    this.#keeping = this.#keep();
  }

  /**
   * Wait until nobody has the store.
   * @returns null where we were to end before
   * @throws ProctorError where the store cannot be asked at first
   */
  static async begin(store: Store, parts: TenureParts): Promise<Tenure | null> {
    const { signal, say } = parts;
    const holder = `${hostname()} ${process.pid}`;
    let isFirst = true;
    let fault: string | null = null;
    while (!signal.aborted) {
      try {
        if (await store.lease(EVERY_UNIT, holder, LEASE_MS)) return new Tenure(store, holder, parts);
        if (isFirst) say("info", "another manager has the store; we wait, and go on where it ends");
        isFirst = false;
        fault = null;
      } catch (error) {
        const { message } = error as Error;
        if (isFirst) throw error;
        if (fault !== message) say("error", message);
        fault = message;
      }
      await pause(KEEP_EVERY_MS, signal);
    }
    return null;
  }

  /** Keep it no longer. Closing the store gives it back. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#keeping;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#ending;
    let fault: string | null = null;
    for (;;) {
      await pause(KEEP_EVERY_MS, signal);
      if (signal.aborted) return;
      try {
        if (!(await this.store.lease(EVERY_UNIT, this.holder, LEASE_MS))) return this.parts.lost();
        if (fault !== null) this.parts.say("info", "the store can be reached again");
        fault = null;
      } catch (error) {
        // Who waits cannot have it either, or will have it: then the next answer says so.
        const { message } = error as Error;
        if (fault !== message) this.parts.say("error", message);
        fault = message;
      }
    }
  }
}
