import type { TaskMessage } from "../core/schema/task_message.ts";

/** The latest message of each process, and who listens to all of them. */
export class MetricsFeed {
  readonly #latest = new Map<string, TaskMessage>();
  readonly #listeners = new Set<(message: TaskMessage) => void>();

  take(message: TaskMessage): void {
    this.#latest.set(message.task_id, message);
    for (const listener of [...this.#listeners]) listener(message);
  }

  /** @returns ends the subscription */
  subscribe(listener: (message: TaskMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  latest(): TaskMessage[] {
    return [...this.#latest.values()];
  }

  /** A process has been removed. */
  forget(id: string): void {
    this.#latest.delete(id);
  }
}
