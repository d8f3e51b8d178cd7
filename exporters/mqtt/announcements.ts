import type { IClientPublishOptions } from "mqtt";
import type { Connection } from "./connection.ts";
import { packed } from "./payload.ts";
import type { Payload } from "./payload.ts";
import type { Place, Presence, Status } from "./presence.ts";

type OptionsOf = (payload: Payload) => IClientPublishOptions;

/** Tells that we are there, or go: at the topic of all agents, and retained at our own. */
export class Announcements {
  /** What is called when a packet is acknowledged. */
  readonly #waiting = new Map<number, () => void>();
  /** Rows of packets that have some left to send, for which room is kept. */
  readonly #rows = new Set<symbol>();
  #isUnwelcome = false;

  constructor(readonly presence: Presence) {}

  /** How many packets have no acknowledgement yet, or are about to leave. */
  get count(): number {
    return this.#waiting.size + this.#rows.size;
  }

  /**
   * Publish how we are wherever we tell it; resolves when the broker has it.
   * @param room how many packets the broker takes before it has acknowledged one
   */
  send(
    connection: Connection | undefined,
    status: Status,
    room: number,
    optionsOf: OptionsOf,
  ): Promise<void> {
    return this.#publishAll(connection, this.presence.places, status, room, optionsOf);
  }

  /** Publish again what the broker retains: another of our name may have said goodbye. */
  refresh(connection: Connection | undefined, optionsOf: OptionsOf): void {
    const retained = this.presence.places.filter(({ retain }) => retain);
    void this.#publishAll(connection, retained, "online", retained.length, optionsOf);
  }

  /** @returns whether it was one of these packets */
  acknowledged(id: number): boolean {
    this.#waiting.get(id)?.();
    return this.#waiting.delete(id);
  }

  /** The connection is over: nothing more of what was to be told on it leaves. */
  down(): void {
    this.#waiting.clear();
    this.#rows.clear();
  }

  /** They cost the connection: there will be no more. */
  stop(): void {
    this.#isUnwelcome = true;
  }

  /** One after another where there is no room for all. */
  async #publishAll(
    connection: Connection | undefined,
    places: readonly Place[],
    status: Status,
    room: number,
    optionsOf: OptionsOf,
  ): Promise<void> {
    const row = Symbol();
    this.#rows.add(row);
    const sent: Promise<void>[] = [];
    for (const [number, place] of places.entries()) {
      if (!connection?.isReady || this.#isUnwelcome) break;
      if (number === places.length - 1) this.#rows.delete(row);
      sent.push(this.#publish(connection, place, status, optionsOf));
      if (room < places.length) await sent[number];
    }
    this.#rows.delete(row);
    await Promise.all(sent);
  }

  #publish(
    connection: Connection,
    { topic, retain }: Place,
    status: Status,
    optionsOf: OptionsOf,
  ): Promise<void> {
    const payload = packed(this.presence.message(status), false);
    return new Promise((resolve) => {
      const id = connection.publish(topic, payload.body, { ...optionsOf(payload), retain }, () => resolve());
      if (id > 0) this.#waiting.set(id, resolve);
    });
  }
}
