import type { IClientOptions, IClientPublishOptions } from "mqtt";
import type { Broker } from "../../exporters/mqtt/broker.ts";
import { Link } from "../../exporters/mqtt/link.ts";
import { pause } from "../../io/deadline.ts";
import { randomHex } from "../../io/random_hex.ts";

/** Packets that the broker has not acknowledged yet. */
const WINDOW = 32;
const CONNECT_WITHIN_MS = 4_000;
const KEEPALIVE_SECONDS = 15;
const LOOK_EVERY_MS = 20;

/** An order on its way to the broker. */
interface Letter {
  readonly payload: string;
  readonly seconds: number;
}

/** Takes orders to the broker, which keeps the last of each agent for it. What is replaced on its way is left out. */
export class OrderPost {
  readonly #waiting = new Map<string, Letter>();
  readonly #underWay = new Map<number, string>();
  readonly #link: Link;
  #room = WINDOW;
  readonly #isFive: boolean;

  /**
   * @param say gets a line for each reason why the broker does not take what we publish
   */
  constructor(broker: Broker, clientId: string, say: (line: string) => void) {
    this.#isFive = broker.protocolVersion === 5;
    const options: IClientOptions = {
      ...broker,
      // Of nobody else: two of one name would throw each other out.
      clientId: `${clientId}-${randomHex(8)}`,
      clean: true,
      keepalive: KEEPALIVE_SECONDS,
      connectTimeout: CONNECT_WITHIN_MS,
      reconnectPeriod: 0,
      reschedulePings: false,
      queueQoSZero: false,
      resubscribe: false,
    };
    this.#link = new Link(() => options, {
      onReady: ({ inFlightCount }) => {
        this.#room = Math.min(WINDOW, inFlightCount);
        this.#send();
      },
      onAcknowledged: (id, refusal) => {
        const topic = this.#underWay.get(id);
        this.#underWay.delete(id);
        if (topic !== undefined && refusal !== undefined) {
          this.#link.tell(refusal, `; what it does not take on ${topic} is dropped`, topic);
        }
        this.#send();
      },
      onMessage: () => {},
      onDown: () => {},
      onGivenUp: (id) => void this.#underWay.delete(id),
    }, say);
  }

  /** Begin to connect. */
  open(): void {
    void this.#link.open();
  }

  /** Publish what is to be kept for who reads a topic. @param seconds for so long, where the broker can do that */
  put(topic: string, payload: string, seconds: number): void {
    this.#waiting.set(topic, { payload, seconds });
    this.#send();
  }

  /** Let what waits leave within a time, and end. */
  async close(withinMs: number): Promise<void> {
    const end = performance.now() + withinMs;
    while (this.#waiting.size + this.#underWay.size > 0 && this.#link.ready && performance.now() < end) {
      await pause(LOOK_EVERY_MS);
    }
    this.#link.end();
    this.#link.destroy();
  }

  #send(): void {
    for (const [topic, { payload, seconds }] of this.#waiting) {
      const connection = this.#link.ready;
      if (!connection || this.#underWay.size >= this.#room) return;
      this.#waiting.delete(topic);
      const options: IClientPublishOptions = {
        qos: 1,
        retain: true,
        ...(this.#isFive && { properties: { messageExpiryInterval: seconds } }),
      };
      this.#underWay.set(connection.publish(topic, payload, options), topic);
    }
  }
}
