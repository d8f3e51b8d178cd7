import type { ReadingMethod } from "../../core/schema/sysmon_schema.ts";
import { ticks } from "../ticks.ts";

/** The event that carries a frame. */
export const FRAME_EVENT = "sysmon_sample";

/** What a subscription is made with. */
export interface SubscriptionRequest {
  readonly id: string;
  readonly methods: readonly ReadingMethod[];
  readonly intervalMs: number;
  /** The readings, and the errors of those that failed, as JSON: `"readings":…,"errors":…`. */
  readonly read: () => Promise<string>;
  /** Send a frame; false when the reader has not yet taken what was sent before, and nothing was sent. */
  readonly send: (frame: string) => boolean;
}

/** Readings again and again. A reader that is slow misses frames, and the next one that it gets says how many. */
export class Subscription {
  readonly #abort = new AbortController();
  /** Resolves when the last frame is out. */
  readonly done: Promise<void>;
  frames = 0;
  dropped = 0;

  constructor(readonly request: SubscriptionRequest) {
    this.done = this.#run();
  }

  /** No frame is begun after this. */
  stop(): Promise<void> {
    this.#abort.abort();
    return this.done;
  }

  async #run(): Promise<void> {
    const { id, intervalMs, read, send } = this.request;
    let next = 0;
    for await (const sequence of ticks(intervalMs, this.#abort.signal)) {
      const readings = await read();
      if (this.#abort.signal.aborted) return;
      const head = JSON.stringify({
        subscription: id,
        sequence,
        timestamp: new Date().toISOString(),
        dropped: sequence - next,
      });
      if (send(`${head.slice(0, -1)},${readings}}`)) {
        this.frames++;
        next = sequence + 1;
      }
      this.dropped = sequence + 1 - this.frames;
    }
  }
}
