/* A session, and everything that it is told. */
import type { Delivery } from "../../../../fleet/mqtt/delivery.ts";
import { brokerToRead } from "../../../../fleet/mqtt/broker.ts";
import { Session } from "../../../../fleet/mqtt/session.ts";
import type { SessionSettings } from "../../../../fleet/mqtt/session.ts";
import type { BrokerSettings } from "../../../../exporters/mqtt/broker.ts";

const PATIENCE_MS = 60_000;

/** How a test reads, where it does not say otherwise. */
export interface ReaderOptions extends Partial<SessionSettings> {
  readonly mqtt?: Partial<BrokerSettings>;
  /** Whether each message is acknowledged as it comes. */
  readonly acknowledges?: boolean;
  /** Which messages it fails at. */
  readonly failsAt?: (payload: string) => boolean;
}

/** Settings of a session with a broker at a port of this machine. */
export function readerSettings(port: number, options: ReaderOptions = {}): SessionSettings {
  const { mqtt = {}, acknowledges: _, failsAt: __, ...rest } = options;
  return {
    broker: brokerToRead({ mqtt: `mqtt://127.0.0.1:${port}`, mqtt_version: "5", ...mqtt }, {}),
    clientId: "proctor-manager/test",
    subscriptions: ["m/#"],
    sessionExpirySeconds: 3_600,
    receiveMaximum: 1_000,
    maximumPacketBytes: 1_048_576,
    keepaliveSeconds: 30,
    retryMs: 50,
    ...rest,
  };
}

/** Reads from a broker, and remembers. */
export class Reader implements AsyncDisposable {
  readonly deliveries: Delivery[] = [];
  readonly states: (readonly [state: string, why: string | null])[] = [];
  readonly oversized: (readonly [topic: string, bytes: number])[] = [];
  readonly failed: (readonly [topic: string, error: string])[] = [];
  readonly session: Session;
  #changed: () => void = () => {};

  constructor(port: number, options: ReaderOptions = {}) {
    this.session = new Session(readerSettings(port, options), {
      deliver: (delivery) => {
        const text = Buffer.from(delivery.payload).toString();
        if (options.failsAt?.(text)) throw new Error(`cannot take ${text}`);
        this.deliveries.push(delivery);
        if (options.acknowledges ?? true) this.session.acknowledge([delivery]);
        this.#changed();
      },
      state: (state, why) => {
        this.states.push([state, why]);
        this.#changed();
      },
      oversized: (topic, bytes) => {
        this.oversized.push([topic, bytes]);
        this.#changed();
      },
      failed: (topic, error) => {
        this.failed.push([topic, String(error)]);
        this.#changed();
      },
    });
    this.session.start();
  }

  /** One that has subscribed. */
  static async open(port: number, options: ReaderOptions = {}): Promise<Reader> {
    const reader = new Reader(port, options);
    await reader.until(() => reader.state === "subscribed");
    return reader;
  }

  get state(): string | undefined {
    return this.states.at(-1)?.[0];
  }

  /** Why it is away; the last reason that was given. */
  get why(): string | null {
    return this.states.findLast(([state]) => state === "away")?.[1] ?? null;
  }

  get payloads(): string[] {
    return this.deliveries.map(({ payload }) => Buffer.from(payload).toString());
  }

  /** Wait until something holds, which is looked at whenever something is told. */
  async until(holds: () => boolean): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new Error(
              `in vain: ${holds}; ${this.deliveries.length} messages, ${JSON.stringify(this.states)}`,
            ),
          ),
        PATIENCE_MS,
      );
    });
    try {
      while (!holds()) {
        await Promise.race([new Promise<void>((resolve) => this.#changed = resolve), patience]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Wait for so many messages. */
  count(count: number): Promise<void> {
    return this.until(() => this.deliveries.length >= count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close();
  }
}
