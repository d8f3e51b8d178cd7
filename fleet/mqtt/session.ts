import { AcknowledgementOrder } from "./acknowledgement_order.ts";
import { Connection } from "./connection.ts";
import type { ConnectionSettings, Ending } from "./connection.ts";
import { ReceivedDelivery } from "./delivery.ts";
import type { Delivery } from "./delivery.ts";
import type { PublishPacket } from "./read_packet.ts";
import { Retry } from "./retry.ts";

/** Which broker, who we are to it, and what of it is read. */
export interface SessionSettings extends ConnectionSettings {
  /** Before the second try to connect, at most; doubles from there. */
  readonly retryMs?: number;
  /** Before any further one, at most. */
  readonly longestRetryMs?: number;
  /**
   * Of several who take turns under one client ID: whether it is ours now. It is asked before each try, which waits
   * while it is not. Where it is left out, the broker alone decides.
   */
  readonly isOurs?: () => boolean;
  /** The clock of arrivals, ms since 1970; this machine's where it is left out. */
  readonly now?: () => number;
}

/** How long a try waits while the session is not ours. */
const ASK_AGAIN_MS = 250;

/** What a session tells. */
export interface SessionHandlers {
  /** A message has arrived, and waits to be acknowledged. */
  deliver(delivery: Delivery): void;
  /** @param why it is away, in words that go on after "the broker: " */
  state(state: "connecting" | "subscribed" | "away", why: string | null): void;
  /** A message was longer than the settings allow; it is acknowledged, and nobody has seen it. */
  oversized?(topic: string, bytes: number): void;
  /**
   * `deliver` has thrown; the message is acknowledged in its turn, and not delivered again. Where this is left out, the
   * error ends the program.
   */
  failed?(topic: string, error: unknown): void;
}

/**
 * One persistent session with a broker, over connections that come and go. What is published while there is none, and
 * what was not acknowledged, the broker delivers to the next under the same client ID.
 *
 *     const session = new Session(settings, { deliver: (delivery) => waiting.push(delivery), state: tell });
 *     session.start();
 *     session.acknowledge(waiting.splice(0));
 */
export class Session {
  #connection: Connection | undefined;
  #order = new AcknowledgementOrder();
  readonly #retry: Retry;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #subscribedAt: number | undefined;
  #isPaused = false;
  /** Whether the next try waits for `resume`. */
  #isDue = false;
  #stage: "new" | "open" | "closed" = "new";

  constructor(readonly settings: SessionSettings, readonly handlers: SessionHandlers) {
    const { retryMs, longestRetryMs, isOurs } = settings;
    this.#retry = new Retry(retryMs, isOurs !== undefined, longestRetryMs);
  }

  /** Connect, and from now on again whenever there is no connection. */
  start(): void {
    if (this.#stage !== "new") return;
    this.#stage = "open";
    this.#open();
  }

  /**
   * Tell the broker that these are safe here, all in one write, in the order of their arrival. Those of a connection
   * that is gone are passed over: the broker delivers them again.
   */
  acknowledge(deliveries: readonly Delivery[]): void {
    const connection = this.#connection;
    if (!connection) return;
    const ours = deliveries.filter((one): one is ReceivedDelivery =>
      one instanceof ReceivedDelivery && one.receipt.connection === connection
    );
    connection.acknowledge(this.#order.acknowledged(ours.map(({ receipt }) => receipt)));
  }

  /** Read no more for now: what has arrived is to be dealt with first. Some that has been read is still delivered. */
  pause(): void {
    this.#isPaused = true;
    this.#connection?.pause();
  }

  /** Read on. */
  resume(): void {
    this.#isPaused = false;
    this.#connection?.resume();
    if (!this.#isDue) return;
    this.#isDue = false;
    this.#open();
  }

  /** End the connection; the broker keeps the session. Nothing is told any more, and nothing can be acknowledged. */
  async close(): Promise<void> {
    this.#stage = "closed";
    clearTimeout(this.#timer);
    this.#isDue = false;
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }

  #open(): void {
    // A connection that is not read could not even be established.
    if (this.#isPaused) {
      this.#isDue = true;
      return;
    }
    if (this.settings.isOurs?.() === false) {
      this.#timer = setTimeout(() => this.#open(), ASK_AGAIN_MS);
      return;
    }
    this.#subscribedAt = undefined;
    this.handlers.state("connecting", null);
    if (this.#stage === "closed") return;
    this.#order = new AcknowledgementOrder();
    this.#connection = new Connection(this.settings, {
      subscribed: () => {
        this.#subscribedAt = performance.now();
        this.handlers.state("subscribed", null);
      },
      message: (message) => this.#message(message),
      over: (ending) => this.#over(ending),
    });
  }

  #message({ topic, payload, isRetained, qos, packetId, length }: PublishPacket): void {
    const connection = this.#connection;
    if (!connection) return;
    if (payload !== null) {
      const number = this.#order.delivered(qos);
      const receipt = { qos, packetId, number, connection };
      const receivedAt = (this.settings.now ?? Date.now)();
      this.#deliver(new ReceivedDelivery(topic, payload, isRetained, receivedAt, receipt));
      return;
    }
    // It would come again and again, and hold up what comes behind it.
    connection.acknowledge(this.#order.passedOver({ qos, packetId }));
    this.handlers.oversized?.(topic, length);
  }

  /** One that fails would come again after each start, and fail again. */
  #deliver(delivery: ReceivedDelivery): void {
    try {
      this.handlers.deliver(delivery);
    } catch (error) {
      if (this.handlers.failed === undefined) throw error;
      delivery.receipt.connection.acknowledge(this.#order.givenUp(delivery.receipt));
      this.handlers.failed(delivery.topic, error);
    }
  }

  #over(ending: Ending): void {
    this.#connection = undefined;
    if (this.#stage === "closed") return;
    const since = this.#subscribedAt;
    const { delayMs, why } = this.#retry.after(
      ending,
      since === undefined ? null : performance.now() - since,
    );
    this.#timer = setTimeout(() => this.#open(), delayMs);
    this.handlers.state("away", why);
  }
}
