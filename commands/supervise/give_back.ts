import { dropNowAndThen } from "../drop_pages.ts";

const QUIET_MS = 5_000;
/** At first it may be in the middle of a start that waits for something; each time after that twice as late. */
const SOON_MS = 30_000;
const SELDOM_MS = 600_000;

/**
 * Gives back the memory that a start of many processes takes and what follows does not need: when nothing has happened
 * for a while, and more and more seldom, since code that is dropped has to be made anew when it is wanted. What has
 * happened meanwhile is not forgotten: it is given back when it may be.
 */
export class GiveBack {
  readonly #quietMs: number;
  readonly #giveBack: () => void;
  #pauseMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #notBeforeMs = -Infinity;

  constructor(giveBack: () => void, quietMs = QUIET_MS, pauseMs = SOON_MS) {
    this.#giveBack = giveBack;
    this.#pauseMs = pauseMs;
    this.#quietMs = quietMs;
  }

  /** Something has happened. */
  later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#notBeforeMs = performance.now() + this.#pauseMs;
      this.#pauseMs = Math.min(2 * this.#pauseMs, SELDOM_MS);
      this.#giveBack();
    }, Math.max(this.#quietMs, this.#notBeforeMs - performance.now()));
    this.#timer.unref();
  }
}

/** What the program of Bun can do; Deno has nothing like it. */
export interface Runtime {
  readonly Bun?: { gc(force: boolean): void; shrink(): void };
}

/** Give back what is not used, where the runtime can. */
export function shrink({ Bun }: Runtime): void {
  Bun?.gc(true);
  Bun?.shrink();
}

/**
 * Gives back what a supervisor does not use: its objects, and the pages of its own program, those now and then from the
 * first time on.
 * @param dropPages costs some milliseconds
 */
export function ownGiveBack(runtime: Runtime, dropPages: () => void, quietMs = QUIET_MS): GiveBack {
  let isDropping = false;
  return new GiveBack(() => {
    shrink(runtime);
    if (isDropping) return dropPages();
    isDropping = true;
    dropNowAndThen(dropPages);
  }, quietMs);
}
