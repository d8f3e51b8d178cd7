import { Backoff } from "../../io/backoff.ts";
import { BoundedQueue } from "../../io/bounded_queue.ts";
import type { DeliveryCounters } from "../telemetry.ts";
import type { Endpoint } from "./config.ts";
import type { Encoding } from "./encoding.ts";
import { post } from "./post.ts";
import { judge, reasonOfFailure } from "./verdict.ts";

/** What waits at most. */
const QUEUE = { count: 10_000, bytes: 16 * 2 ** 20 };
/** One request holds so much at most: collectors bound what they take. */
const BATCH = { count: 1_000, bytes: 512 * 1_024 };
/** Requests begin no sooner after one another than this, and messages that come at once go together. */
const INTERVAL_MS = 1_000;
const GATHER_MS = 50;
/** An empty request reports a wrong destination early, before there is anything to send. */
const PROBE_MS = 2_000;
/** And one that hangs. */
const SILENCE_MS = 2_500;
/** The longest Retry-After that is respected. */
const LONGEST_PAUSE_MS = 60 * 60_000;

/** The time before the next try: our own choice, or the destination's. */
interface Pause {
  readonly delayMs: number;
  readonly isAsked: boolean;
}

/** Sends to one endpoint: in batches, in order, retrying until each is accepted or refused. */
export class Sender {
  #sentCount = 0;
  #failedCount = 0;
  #refusedCount = 0;
  readonly #queue = new BoundedQueue<Uint8Array>(QUEUE);
  #batch: Uint8Array[] = [];
  readonly #backoff = new Backoff();
  readonly #abort = new AbortController();
  /** Reasons reported since the last delivery: each once, even if they alternate. */
  readonly #told = new Set<string>();
  #closing = false;
  #lastMs = -Infinity;
  #deadlineMs = Infinity;
  /** Ends a wait early. */
  #hurry: () => void = () => {};
  #running: Promise<void> | undefined;
  #probe: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param notice gets a line when sending fails for a new reason, and when it works again
   * @param probes whether an empty request is sent when there is nothing else for a while
   */
  constructor(
    readonly endpoint: Endpoint,
    readonly encoding: Encoding,
    readonly notice: (line: string) => void,
    probes = true,
  ) {
    if (!probes) return;
    this.#probe = setTimeout(() => this.#run(true), PROBE_MS);
    this.#probe.unref();
  }

  /** The delivery counters. */
  get counters(): DeliveryCounters {
    return {
      sent_count: this.#sentCount,
      dropped_count: this.#queue.droppedCount + this.#refusedCount,
      failed_count: this.#failedCount,
      queued_count: this.#queue.length + this.#batch.length,
    };
  }

  /** Hand over one message, encoded. */
  push(message: Uint8Array): void {
    if (this.#closing) {
      this.#refusedCount++;
      return;
    }
    this.#queue.push(message, message.length);
    this.#run(false);
  }

  /** Deliver what waits, within a bound; the rest is dropped. */
  async close(withinMs: number): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#probe);
    this.#deadlineMs = performance.now() + withinMs;
    // Long pauses would leave one try or none.
    this.#backoff.reset();
    this.#hurry();
    const late = setTimeout(() => this.#abort.abort(), withinMs);
    await this.#running;
    clearTimeout(late);
    this.#refusedCount += this.#queue.length + this.#batch.length;
    this.#batch = [];
    while (this.#queue.length > 0) this.#queue.shift();
  }

  #run(probe: boolean): void {
    clearTimeout(this.#probe);
    this.#running ??= this.#deliver(probe).finally(() => this.#running = undefined);
  }

  async #deliver(probe: boolean): Promise<void> {
    if (probe && this.#queue.length === 0) await this.#deliverBatch();
    while (this.#queue.length > 0 && !this.#abort.signal.aborted) {
      await this.#gather();
      this.#take();
      if (!await this.#deliverBatch()) return;
    }
  }

  /** Let some more come, so that they share a request. */
  async #gather(): Promise<void> {
    const waitMs = Math.max(GATHER_MS, this.#lastMs + INTERVAL_MS - performance.now());
    if (!this.#closing) await this.#wait(waitMs);
    this.#lastMs = performance.now();
  }

  /** Taken out of the queue, lest what is under way be dropped from it. */
  #take(): void {
    let bytes = 0;
    while (this.#queue.length > 0 && this.#batch.length < BATCH.count) {
      const [next] = this.#queue.peek();
      if (this.#batch.length > 0 && bytes + next.length > BATCH.bytes) return;
      bytes += next.length;
      this.#batch.push(this.#queue.shift()!);
    }
  }

  /** Until it is taken or refused. @returns false when we have given up */
  async #deliverBatch(): Promise<boolean> {
    const body = this.encoding.join(this.#batch);
    for (;;) {
      const pause = await this.#try(body);
      if (!pause) return true;
      if (!await this.#rest(pause)) return false;
      // Nothing is lost with an empty request.
      if (this.#batch.length === 0 && this.#queue.length > 0) return true;
    }
  }

  /** Wait for the next try. @returns false when there will be none */
  async #rest({ delayMs, isAsked }: Pause): Promise<boolean> {
    const dueMs = performance.now() + delayMs;
    if (dueMs > this.#deadlineMs) return false;
    await this.#wait(delayMs);
    // The end came meanwhile: a pause of our own is cut short by it, one that we were asked for is kept.
    const restMs = dueMs - performance.now();
    if (this.#closing && isAsked && restMs > 0) {
      if (dueMs > this.#deadlineMs) return false;
      await this.#wait(restMs);
    }
    return !this.#abort.signal.aborted;
  }

  /** @returns the pause before the next try, or undefined when it is over */
  async #try(body: Uint8Array): Promise<Pause | undefined> {
    const silence = setTimeout(() => {
      if (this.#told.size === 0) this.#tell("it does not answer; still waiting");
    }, SILENCE_MS);
    try {
      const answer = await post(this.endpoint, body, this.#abort.signal);
      const verdict = judge(answer, Date.now());
      if (verdict.kind === "again") {
        this.#failedCount++;
        this.#tell(`${verdict.reason}; trying again`);
        const { afterMs } = verdict;
        const ownMs = this.#backoff.nextMs();
        if (afterMs === undefined || afterMs < ownMs) return { delayMs: ownMs, isAsked: false };
        return { delayMs: Math.min(afterMs, LONGEST_PAUSE_MS), isAsked: true };
      }
      this.#backoff.reset();
      if (verdict.kind === "refused") {
        this.#tell(`${verdict.reason}; what it refuses is dropped`);
        this.#refusedCount += this.#batch.length;
      } else this.#taken(this.encoding.rejected(answer));
      this.#batch = [];
      return undefined;
    } catch (error) {
      // It may have arrived, or not: what is known is that time is over.
      if (this.#abort.signal.aborted) return { delayMs: 0, isAsked: false };
      this.#failedCount++;
      this.#tell(`${reasonOfFailure(error as NodeJS.ErrnoException)}; trying again`);
      return { delayMs: this.#backoff.nextMs(), isAsked: false };
    } finally {
      clearTimeout(silence);
    }
  }

  #taken({ count, message }: { count: number; message: string }): void {
    // It counts points; a message has several, and at least one of each such message was rejected.
    const rejected = Math.min(count, this.#batch.length);
    this.#refusedCount += rejected;
    this.#sentCount += this.#batch.length - rejected;
    if (count > 0) {
      this.#tell(
        `it rejects a part (${count}): ${oneLine(message) || "it does not say why"}; that is dropped`,
      );
    } else if (message !== "") this.#tell(`it warns: ${oneLine(message)}`);
    else {
      if (this.#told.size > 0) this.notice(`otlp: ${shown(this.endpoint.url)}: delivered`);
      this.#told.clear();
    }
  }

  #tell(reason: string): void {
    if (!this.#told.has(reason)) this.notice(`otlp: ${shown(this.endpoint.url)}: ${reason}`);
    this.#told.add(reason);
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      timer.unref();
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Without a query, which may hold a key. */
function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** What others say goes to a terminal: bounded, and without control characters. */
function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ").trim().slice(0, 200);
}
