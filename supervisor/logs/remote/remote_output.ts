import { hostname } from "node:os";
import type { LogEntry } from "../entry.ts";
import type { LogOutput } from "../log_output.ts";
import type { LogTarget } from "../resolve.ts";
import { counted, journaldMessages, syslogMessages } from "./remote_message.ts";
import type { RemoteQueue } from "./remote_queue.ts";
import type { RemoteQueues } from "./remote_queues.ts";

/** The log of this system, or of another: what it does not take in time is lost, and delays nobody. */
export class RemoteOutput implements LogOutput {
  readonly file = null;
  readonly #queue: RemoteQueue;
  readonly #host = hostname();

  constructor(
    readonly target: Extract<LogTarget, { type: "syslog" | "journald" }>,
    readonly queues: RemoteQueues,
  ) {
    this.#queue = queues.to(target.address);
  }

  close(): void {
    this.queues.leave(this.#queue);
  }

  write(entries: readonly LogEntry[]): Promise<void> {
    const { streams, type, address } = this.target;
    for (const entry of entries) {
      if (!streams.includes(entry.stream)) continue;
      const messages = type === "journald"
        ? journaldMessages(entry, this.target)
        : syslogMessages(entry, this.target, this.#host);
      const isStream = address.kind === "tcp" || address.kind === "tls";
      for (const one of messages) this.#queue.push(entry.id, isStream ? counted(one) : one);
    }
    return Promise.resolve();
  }
}
