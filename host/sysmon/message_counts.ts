import type { MessageStats } from "../../core/schema/host_schema.ts";

/** Counts the messages of the service, over all its streams. */
export class MessageCounts {
  received = 0;
  answered = 0;
  errors = 0;
  receivedBytes = 0;
  sentBytes = 0;
  readonly #byMethod = new Map<string, number>();

  /** A request for a method that there is: others are not kept, so that nobody fills the memory with names. */
  count(method: string): void {
    this.#byMethod.set(method, (this.#byMethod.get(method) ?? 0) + 1);
  }

  /** The counts as they leave the process. */
  stats(): MessageStats {
    return {
      received: this.received,
      answered: this.answered,
      errors: this.errors,
      received_bytes: this.receivedBytes,
      sent_bytes: this.sentBytes,
      by_method: Object.fromEntries(this.#byMethod),
    };
  }
}
