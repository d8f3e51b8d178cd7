import { ADMISSION_LIMITS, MESSAGE_LIMITS } from "../ingest/limits.ts";
import { readMessage } from "../ingest/read_message.ts";
import { discoverySubscriptions, Topics } from "../ingest/topics.ts";
import type { UnitKey } from "../model/unit.ts";
import type { Delivery } from "../mqtt/delivery.ts";
import { READING } from "../mqtt/reading.ts";
import { Session } from "../mqtt/session.ts";
import type { SessionSettings } from "../mqtt/session.ts";
import { KnownUnits } from "./known_units.ts";
import type { KnownUnitsParts } from "./known_units.ts";

const GATHER_MS = 200;
const FORGET_EVERY_MS = 600_000;
/** Of a unit that is not known little is unpacked: presence is small, and every agent tells of it. */
const LIMITS = { ...MESSAGE_LIMITS, bodyBytes: ADMISSION_LIMITS.tightBytes };

/** What units are looked for with. */
export interface DiscoveryParts extends KnownUnitsParts {
  readonly session: Pick<SessionSettings, "broker" | "clientId">;
}

/**
 * Learns of units by what agents and hosts say of themselves: who may publish to any topic finds none by garbage.
 * Nothing of it is kept: that is for the unit's session.
 */
export class Discovery {
  readonly #session: Session;
  readonly #topics = new Topics();
  readonly #units: KnownUnits;
  readonly #found = new Set<UnitKey>();
  readonly #forgetting: ReturnType<typeof setInterval>;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly parts: DiscoveryParts) {
    this.#units = new KnownUnits(parts);
    this.#session = new Session({
      ...parts.session,
      ...READING,
      sessionExpirySeconds: 0,
      subscriptions: discoverySubscriptions(),
    }, {
      deliver: (delivery) => {
        this.#read(delivery);
        this.#session.acknowledge([delivery]);
      },
      state: () => {},
    });
    this.#forgetting = setInterval(() => void this.#tried(() => this.#units.forget()), FORGET_EVERY_MS);
    this.#forgetting.unref?.();
  }

  start(): void {
    this.#session.start();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    clearInterval(this.#forgetting);
    await this.#session.close();
  }

  #read(delivery: Delivery): void {
    const unit = this.#topics.read(delivery.topic)?.unit;
    if (unit === undefined || this.parts.known().has(unit) || this.#found.has(unit)) return;
    // What comes at once of more than can be added is found again by its next message.
    if (this.#found.size >= this.#units.most) return;
    if (readMessage(delivery, LIMITS).arrivals.length === 0) return;
    this.#found.add(unit);
    this.#timer ??= setTimeout(() => void this.#tell(), GATHER_MS);
  }

  async #tell(): Promise<void> {
    await this.#tried(() => this.#units.add([...this.#found]));
    // What could not be stored is found again by its next message.
    this.#found.clear();
    this.#timer = undefined;
  }

  async #tried(what: () => Promise<void>): Promise<void> {
    await what().catch((error: Error) => this.parts.say(error.message));
  }
}
