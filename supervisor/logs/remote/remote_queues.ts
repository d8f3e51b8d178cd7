import type { RemoteAddress } from "./remote_address.ts";
import { RemoteQueue } from "./remote_queue.ts";
import type { RemoteListener } from "./remote_queue.ts";

/** A queue to which no output writes any more is looked at so often: a reload may have one write there again. */
const LOOK_AGAIN_MS = 1_000;
/** What waits then for a log that is away gets so long. */
const MOST_LEFT_MS = 30_000;

/** A queue, and how many write to it. */
interface Shared {
  readonly queue: RemoteQueue;
  users: number;
  leftMs: number;
}

/** The queues of a supervisor: one to each address, whoever writes there. */
export class RemoteQueues {
  readonly #byName = new Map<string, Shared>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly listener: RemoteListener) {}

  /** That to an address: opened when the first line comes, kept until all that have asked for it {@link leave}. */
  to(address: RemoteAddress): RemoteQueue {
    // Who trusts others, or shows another certificate, has a connection of his own.
    const name = JSON.stringify(address);
    const shared = this.#byName.get(name) ??
      { queue: new RemoteQueue(address, this.listener), users: 0, leftMs: 0 };
    shared.users++;
    this.#byName.set(name, shared);
    return shared.queue;
  }

  /** One of those that write to it does so no more: when the last has gone, and what waits has left, it is closed. */
  leave(queue: RemoteQueue): void {
    const shared = [...this.#byName.values()].find((one) => one.queue === queue);
    if (!shared || --shared.users > 0) return;
    shared.leftMs = performance.now();
    this.#lookAgain();
  }

  /** Close all: what waits gets a little time. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.all([...this.#byName.values()].map(({ queue }) => queue.close()));
  }

  #lookAgain(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), LOOK_AGAIN_MS);
    this.#timer.unref?.();
  }

  #look(): void {
    for (const [name, { queue, users, leftMs }] of this.#byName) {
      if (users > 0) continue;
      if (!queue.isDrained && performance.now() - leftMs < MOST_LEFT_MS) {
        this.#lookAgain();
        continue;
      }
      this.#byName.delete(name);
      void queue.close();
    }
  }
}
