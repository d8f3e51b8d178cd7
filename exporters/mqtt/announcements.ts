import type { IClientPublishOptions } from "mqtt";
import type { Connection } from "./connection.ts";
import { packed } from "./payload.ts";
import type { Payload } from "./payload.ts";
import type { Presence, Status } from "./presence.ts";

/** Tells that we are there, or go: at the topic of all agents, and retained at our own. */
export class Announcements {
  /** What is called when a packet is acknowledged. */
  readonly #waiting = new Map<number, () => void>();
  #isUnwelcome = false;

  constructor(readonly presence: Presence) {}

  /** How many packets have no acknowledgement yet. */
  get count(): number {
    return this.#waiting.size;
  }

  /** Publish how we are wherever we tell it; resolves when the broker has it. */
  async send(
    connection: Connection | undefined,
    status: Status,
    optionsOf: (payload: Payload) => IClientPublishOptions,
  ): Promise<void> {
    const { places } = this.presence;
    await Promise.all(places.map(({ topic, retain }) => {
      return this.#publish(connection, topic, retain, status, optionsOf);
    }));
  }

  /** Publish again what the broker retains: another of our name may have said goodbye. */
  refresh(
    connection: Connection | undefined,
    optionsOf: (payload: Payload) => IClientPublishOptions,
  ): void {
    for (const { topic, retain } of this.presence.places) {
      if (retain) void this.#publish(connection, topic, retain, "online", optionsOf);
    }
  }

  /** @returns whether it was one of these packets */
  acknowledged(id: number): boolean {
    this.#waiting.get(id)?.();
    return this.#waiting.delete(id);
  }

  /** The connection is over. */
  down(): void {
    this.#waiting.clear();
  }

  /** They cost the connection: there will be no more. */
  stop(): void {
    this.#isUnwelcome = true;
  }

  #publish(
    connection: Connection | undefined,
    topic: string,
    retain: boolean,
    status: Status,
    optionsOf: (payload: Payload) => IClientPublishOptions,
  ): Promise<void> {
    if (!connection || this.#isUnwelcome) return Promise.resolve();
    const payload = packed(this.presence.message(status), false);
    return new Promise((resolve) => {
      const options = { ...optionsOf(payload), retain };
      const id = connection.publish(topic, payload.body, options, () => resolve());
      if (id > 0) this.#waiting.set(id, resolve);
    });
  }
}
