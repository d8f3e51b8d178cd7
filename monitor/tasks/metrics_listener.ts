import type { TaskMessage } from "../../core/schema/task_message.ts";

/** Called with a message; may be asynchronous. */
export type MetricsCallback = (message: TaskMessage) => void | Promise<void>;

/** Takes messages as lines of JSON, for those who only write them. */
export interface LineTaker {
  /** Whether lines will do for now; else all are messages. */
  isEnough(): boolean;
  /** Take a line, its end included: a message of a target that has stood still. Its memory is used again. */
  take(line: Uint8Array): void;
  /** Messages and lines of several tasks follow. */
  begin(): void;
  /** That was all of them. */
  end(): void;
}

/** A callback that is being called, as `MonitorManager.onMetrics` returns it. */
export interface MetricsSubscription extends Disposable {
  /** Messages it did not get, because it was still busy with one of the same task. */
  readonly skippedMessageCount: number;
  /** How often it has thrown, or its promise was rejected. */
  readonly failedCallbackCount: number;
  /** Call it no more. */
  cancel(): void;
}

/**
 * Hands messages to one callback. One that throws is told of once and counted. One that takes its time has one message
 * of a task in flight: others of that task are skipped and counted, but the last of the task waits for its turn.
 */
export class MetricsListener {
  skippedMessageCount = 0;
  failedCallbackCount = 0;
  readonly #busy = new Set<string>();
  readonly #last = new Map<string, TaskMessage>();

  /** @param tell gets one line when the callback fails for the first time */
  constructor(
    readonly callback: MetricsCallback,
    readonly tell: (line: string) => void,
    readonly lines?: LineTaker,
  ) {}

  /** Whether it needs no message where there is a line. */
  get takesLines(): boolean {
    return this.lines?.isEnough() ?? false;
  }

  /** Hand over a message; comes back at once from what is asynchronous. */
  deliver(message: TaskMessage): void {
    const { task_id: id } = message;
    if (this.#busy.has(id)) {
      if (message.state === "running" || this.#last.has(id)) this.skippedMessageCount++;
      if (message.state !== "running") this.#last.set(id, message);
      return;
    }
    try {
      const pending = this.callback(message);
      if (!(pending instanceof Promise)) return;
      this.#busy.add(id);
      pending.catch((error) => this.#fail(error)).then(() => this.#free(id));
    } catch (error) {
      this.#fail(error);
    }
  }

  #free(id: string): void {
    this.#busy.delete(id);
    const last = this.#last.get(id);
    if (!last) return;
    this.#last.delete(id);
    this.deliver(last);
  }

  #fail(error: unknown): void {
    if (this.failedCallbackCount++ > 0) return;
    this.tell(`a callback for metrics has failed (further failures are only counted): ${String(error)}`);
  }
}
