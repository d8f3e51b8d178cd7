import type { TaskProcessRecord } from "../../core/schema/task_process.ts";

/** Called with each process of a task that has ended; it is not waited for. */
export type ProcessCallback = (record: TaskProcessRecord) => void | Promise<void>;

/** A callback that is being called, as `MonitorManager.onProcess` returns it. */
export interface ProcessSubscription extends Disposable {
  /** How often it has thrown, or its promise was rejected. */
  readonly failedCallbackCount: number;
  /** Call it no more. */
  cancel(): void;
}

/** Hands processes that have ended to one callback. One that throws is told of once and counted. */
export class ProcessSubscriber {
  failedCallbackCount = 0;

  /** @param tell gets one line when the callback fails for the first time */
  constructor(readonly callback: ProcessCallback, readonly tell: (line: string) => void) {}

  /** Hand over a record; comes back at once from what is asynchronous. */
  deliver(record: TaskProcessRecord): void {
    try {
      const pending = this.callback(record);
      if (pending instanceof Promise) pending.catch((error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.failedCallbackCount++ > 0) return;
    this.tell(`a callback for processes has failed (further failures are only counted): ${String(error)}`);
  }
}
