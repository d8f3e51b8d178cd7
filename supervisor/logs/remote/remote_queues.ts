import type { RemoteAddress } from "./remote_address.ts";
import { RemoteQueue } from "./remote_queue.ts";
import type { RemoteListener } from "./remote_queue.ts";

/** The queues of a supervisor: one to each address, whoever writes there. */
export class RemoteQueues {
  readonly #byName = new Map<string, RemoteQueue>();

  constructor(readonly listener: RemoteListener) {}

  /** That to an address; it is opened when the first line comes. */
  to(address: RemoteAddress): RemoteQueue {
    // Who trusts others, or shows another certificate, has a connection of his own.
    const name = JSON.stringify(address);
    const queue = this.#byName.get(name) ?? new RemoteQueue(address, this.listener);
    this.#byName.set(name, queue);
    return queue;
  }

  /** Close all: what waits gets a little time. */
  async close(): Promise<void> {
    await Promise.all([...this.#byName.values()].map((queue) => queue.close()));
  }
}
