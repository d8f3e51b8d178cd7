import { READING } from "../mqtt/reading.ts";
import { Session } from "../mqtt/session.ts";
import type { SessionSettings } from "../mqtt/session.ts";
import { Reach } from "./reach.ts";

/** A broker that falls silent is found out within seconds. */
const KEEPALIVE_SECONDS = 2;
const SETUP_MS = 3_000;
/** When a broker is back all managers are to know it at about the same time. */
const RETRY_MS = 1_000;

/**
 * A connection that reads nothing: whether this manager reaches the broker, also while it has no unit, and so no other
 * connection.
 */
export class BrokerWatch {
  readonly #session: Session;
  readonly #reach = new Reach(performance.now());

  constructor(settings: Pick<SessionSettings, "broker" | "clientId">) {
    this.#session = new Session({
      ...settings,
      ...READING,
      keepaliveSeconds: KEEPALIVE_SECONDS,
      setupMs: SETUP_MS,
      retryMs: RETRY_MS,
      longestRetryMs: RETRY_MS,
      sessionExpirySeconds: 0,
      subscriptions: [],
      // No one else has this client ID: a broker that ends connections again and again is tried again as soon.
      isOurs: () => true,
    }, {
      deliver: () => {},
      state: (state) => this.#reach.note(state === "subscribed", performance.now()),
    });
  }

  start(): void {
    this.#session.start();
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  /** Whether it is connected at this moment. */
  get isConnected(): boolean {
    return this.#reach.isConnected;
  }

  /** Whether the broker is reached, as far as that is settled. */
  get reaches(): boolean {
    return this.#reach.look(performance.now());
  }
}
