import type { IClientPublishOptions } from "mqtt";
import type { Connection } from "./connection.ts";
import { packed } from "./payload.ts";
import type { Payload } from "./payload.ts";
import { statusOf } from "./presence.ts";
import type { Status } from "./presence.ts";

/** Tells at a topic, retained, that we are there, or go. */
export class Announcements {
  /** What is called when a packet is acknowledged. */
  readonly #waiting = new Map<number, () => void>();
  #isUnwelcome = false;

  /** @param topic without one nothing is announced */
  constructor(readonly topic: string | undefined, readonly propletId: string) {}

  /** How many packets have no acknowledgement yet. */
  get count(): number {
    return this.#waiting.size;
  }

  /** Publish how we are; resolves when the broker has it. */
  send(
    connection: Connection | undefined,
    status: Status,
    optionsOf: (payload: Payload) => IClientPublishOptions,
  ): Promise<void> {
    const { topic } = this;
    if (topic === undefined || !connection || this.#isUnwelcome) return Promise.resolve();
    const payload = packed(statusOf(status, this.propletId), false);
    return new Promise((resolve) => {
      const options = { ...optionsOf(payload), retain: true };
      const id = connection.publish(topic, payload.body, options, () => resolve());
      if (id > 0) this.#waiting.set(id, resolve);
    });
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
}
