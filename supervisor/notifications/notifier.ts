import { parseDuration } from "../../core/duration.ts";
import { durationMs } from "../../config/values.ts";
import { send } from "../../exporters/notices/send.ts";
import { NOTICE_TARGETS } from "../../exporters/notices/target.ts";
import { Backoff } from "../../io/backoff.ts";
import { pause } from "../../io/deadline.ts";
import type { NotifyRule } from "../config/notify_schema.ts";
import type { SupervisorEvent } from "../control.ts";
import type { EventTaker } from "../events/event_taker.ts";
import { toMessage } from "./message.ts";
import { Recoveries } from "./recoveries.ts";
import { isWanted } from "./wanted.ts";

/** Events that wait: beyond that the oldest are dropped, and said to be. */
const MOST_WAITING = 1_000;
const RETRY_MS = [1_000, 300_000] as const;

const dropped = (count: number) => count === 1 ? "an event is dropped" : `${count} events are dropped`;

/** Times in milliseconds; each has its default. */
export interface NotifierPace {
  readonly retryMs?: readonly [shortest: number, longest: number];
  /** A process has recovered that runs for so long. */
  readonly lastingMs?: number;
}

/**
 * Tells one destination of events: at once, and what happens soon after that together. Nothing waits for it, and what
 * cannot be sent now is sent later, as long as the supervisor runs.
 */
export class Notifier implements EventTaker {
  readonly name: string;
  readonly #digestMs: number;
  readonly #timeoutMs: number;
  readonly #backoff: Backoff;
  readonly #recoveries: Recoveries;
  readonly #aborted = new AbortController();
  /** Set where there is no time left to wait for more, or for better times. */
  readonly #hurried = new AbortController();
  #waiting: SupervisorEvent[] = [];
  #droppedCount = 0;
  /** Events of a message: fewer where it was refused for its length. */
  #most = MOST_WAITING;
  #work: Promise<void> | null = null;
  #isFailing = false;

  /**
   * @param place where it is configured
   * @param say a line for the supervisor's own log
   */
  constructor(
    readonly rule: NotifyRule,
    place: string,
    readonly say: (line: string) => void,
    { retryMs = RETRY_MS, lastingMs }: NotifierPace = {},
  ) {
    this.#recoveries = new Recoveries((event) => this.#tell(event), lastingMs);
    // Its URL is a secret where a service has made it.
    this.name = `${place} (${NOTICE_TARGETS.find((target) => rule[target] !== undefined)})`;
    this.#digestMs = durationMs(rule.digest);
    this.#timeoutMs = parseDuration(rule.timeout, "timeout");
    this.#backoff = new Backoff(...retryMs);
  }

  take(event: SupervisorEvent): void {
    if (this.#aborted.signal.aborted) return;
    const isTransition = event.kind === "transition";
    if (isTransition) this.#recoveries.take(event);
    if (!isWanted(this.rule, event)) return;
    if (event.kind === "health" && !this.#recoveries.isNews(event)) return;
    if (isTransition) this.#recoveries.noteTold(event);
    this.#tell(event);
  }

  #tell(event: SupervisorEvent): void {
    this.#waiting.push(event);
    this.#keepBound();
    this.#work ??= this.#run().finally(() => this.#work = null);
  }

  async finish(): Promise<void> {
    this.#recoveries.close();
    this.#hurried.abort();
    while (this.#work) await this.#work;
  }

  abort(): void {
    if (this.#aborted.signal.aborted) return;
    this.#recoveries.close();
    this.#aborted.abort();
    this.#hurried.abort();
    const count = this.#waiting.splice(0).length;
    if (count > 0) this.say(`${this.name}: there is no more time: ${dropped(count)}`);
  }

  async #run(): Promise<void> {
    const hurried = this.#hurried.signal;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#most);
      const droppedCount = this.#droppedCount;
      const failure = await send(
        this.rule,
        toMessage(batch, droppedCount),
        this.#timeoutMs,
        this.#aborted.signal,
      );
      if (failure === null) {
        this.#droppedCount -= droppedCount;
        this.#succeed();
        // What was parted is one message to those who read it.
        if (batch.length < this.#most) await pause(this.#digestMs, hurried);
      } else if (this.#aborted.signal.aborted) {
        this.say(`${this.name}: there is no more time: ${dropped(batch.length)}`);
      } else if (failure.isTooMuch && batch.length > 1) {
        this.#most = Math.ceil(batch.length / 2);
        this.#waiting.unshift(...batch);
        this.#keepBound();
      } else if (failure.isFinal || hurried.aborted) {
        this.say(`${this.name}: ${failure.fault}; ${dropped(batch.length)}`);
        await pause(this.#digestMs, hurried);
      } else {
        if (!this.#isFailing) this.say(`${this.name}: ${failure.fault}; it is tried again`);
        this.#isFailing = true;
        this.#waiting.unshift(...batch);
        this.#keepBound();
        await pause(this.#backoff.nextMs(), hurried);
      }
    }
  }

  #succeed(): void {
    this.#backoff.reset();
    if (this.#isFailing) this.say(`${this.name}: it is reached again`);
    this.#isFailing = false;
  }

  #keepBound(): void {
    const excess = this.#waiting.length - MOST_WAITING;
    if (excess <= 0) return;
    this.#waiting.splice(0, excess);
    this.#droppedCount += excess;
  }
}
