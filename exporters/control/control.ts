import type { ControlReport } from "../../core/schema/health_message.ts";
import type { DenserSampling } from "../../core/schema/task_message.ts";
import { OrderReader } from "./order_reader.ts";
import type { OrderReaderSettings, OrderRefusal } from "./order_reader.ts";

/** How an agent follows its manager. */
export interface ControlSettings extends OrderReaderSettings {
  /** No sample is asked for more often, whatever an order says. */
  readonly leastIntervalMs: number;
  /** Tasks are to be sampled at least so often from now on, those that are not named as before. */
  readonly onDenser: (intervals: ReadonlyMap<string, number>) => void;
  /** Gets a line worth telling a user. */
  readonly notice: (line: string) => void;
}

/** Follows the orders of a manager: what is in force ends by itself, whether the manager lives or not. */
export class Control {
  readonly #reader: OrderReader;
  readonly #refused = new Map<OrderRefusal, number>();
  #intervals: ReadonlyMap<string, number> = new Map();
  /** On the monotonic clock, which nobody sets; and by that of the machine, for people. */
  #endsAt = 0;
  #until = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly settings: ControlSettings) {
    this.#reader = new OrderReader(settings);
  }

  /** Take a message from our topic. */
  take(payload: Uint8Array): void {
    const now = Date.now();
    const read = this.#reader.read(payload, now);
    if (read === null) return;
    if (typeof read === "string") {
      const count = (this.#refused.get(read) ?? 0) + 1;
      this.#refused.set(read, count);
      // The first of a kind is news; the others are counted, and told with our health.
      if (count === 1) this.settings.notice(`mqtt_control: an order is not followed: ${WORDS[read]}`);
      return;
    }
    const { leastIntervalMs } = this.settings;
    const intervals = read.tasks.map(({ task_id, interval_ms }) =>
      [task_id, Math.max(interval_ms, leastIntervalMs)] as const
    );
    this.#follow(new Map(intervals), read.expires_at, read.expires_at - now);
  }

  /** What a message of a task is to say of how densely it is sampled; undefined where nobody has asked. */
  denserOf(taskId: string): DenserSampling | undefined {
    const ms = this.#intervals.get(taskId);
    return ms === undefined ? undefined : { interval_seconds: ms / 1_000, until: this.#until };
  }

  /** What is told of it with our health. */
  get report(): ControlReport {
    return {
      min_interval_seconds: this.settings.leastIntervalMs / 1_000,
      sequence: this.#reader.sequence,
      in_force: [...this.#intervals].map(([task_id, ms]) => ({
        ...{ task_id, interval_seconds: ms / 1_000, until: this.#until },
      })),
      refused: Object.fromEntries(this.#refused),
    };
  }

  /** Follow nobody any longer. */
  close(): void {
    clearTimeout(this.#timer);
    this.#intervals = new Map();
  }

  #follow(intervals: ReadonlyMap<string, number>, expiresAt: number, ms: number): void {
    clearTimeout(this.#timer);
    this.#intervals = intervals;
    this.#until = new Date(expiresAt).toISOString();
    this.#endsAt = performance.now() + ms;
    if (intervals.size > 0) this.#arm();
    this.settings.onDenser(intervals);
  }

  #arm(): void {
    this.#timer = setTimeout(() => {
      // A timer may be early by a fraction.
      if (performance.now() < this.#endsAt) return this.#arm();
      this.#intervals = new Map();
      this.settings.onDenser(this.#intervals);
    }, Math.max(1, Math.ceil(this.#endsAt - performance.now())));
    this.#timer.unref();
  }
}

const WORDS: Readonly<Record<OrderRefusal, string>> = {
  flood: "there are too many",
  form: "it has not the form of one",
  forged: "it is not signed by the manager whose key we have",
  other_agent: "it is for another agent",
  expired: "its time is over, or our clock is ahead",
  replayed: "it is not newer than one before",
};
