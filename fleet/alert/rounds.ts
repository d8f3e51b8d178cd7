import { pause } from "../../io/deadline.ts";

/** What rounds are made with. */
interface RoundParts {
  readonly now: () => number;
  readonly everyMs: number;
  /** One round. */
  readonly work: () => Promise<void>;
  readonly onError: (error: Error) => void;
}

/** Work that is done again and again, and sooner where something has happened. */
export class Rounds {
  #timer: ReturnType<typeof setTimeout> | null = null;
  #nextAt = Infinity;
  #aborted = new AbortController();
  readonly #work = new Set<Promise<void>>();

  constructor(readonly parts: RoundParts) {}

  /** Begin with a round now. */
  start(): void {
    if (this.#aborted.signal.aborted) this.#aborted = new AbortController();
    this.#schedule(0);
  }

  /** Have the next round no later than that, where there are rounds at all. */
  hurry(inMs: number): void {
    if (this.#timer !== null) this.#schedule(inMs);
  }

  /** No round begins from now on. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#aborted.abort();
  }

  /** Once the rounds that have begun are over. */
  async settled(): Promise<void> {
    await Promise.all(this.#work);
  }

  #schedule(inMs: number): void {
    const { now, everyMs, onError } = this.parts;
    const at = now() + inMs;
    if (this.#timer !== null) {
      if (this.#nextAt <= at) return;
      clearTimeout(this.#timer);
    }
    this.#nextAt = at;
    const { signal } = this.#aborted;
    this.#timer = setTimeout(() => {
      const work = this.parts.work().catch(onError).finally(() => this.#work.delete(work));
      this.#work.add(work);
      // A destination may be slow, which is no reason to look away meanwhile.
      void Promise.race([work, pause(everyMs, signal)]).then(() => {
        if (signal.aborted) return;
        this.#timer = null;
        this.#schedule(everyMs);
      });
    }, inMs);
  }
}
