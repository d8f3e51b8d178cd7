import { discoverySubscriptions, Topics } from "../ingest/topics.ts";
import type { UnitKey } from "../model/unit.ts";
import { READING } from "../mqtt/reading.ts";
import { Session } from "../mqtt/session.ts";
import type { SessionSettings } from "../mqtt/session.ts";

/** Each of them is a session with the broker: names are easily made up. */
const MOST_UNITS = 1_000;
const GATHER_MS = 200;

/** What units are looked for with. */
export interface DiscoveryParts {
  readonly session: Pick<SessionSettings, "broker" | "clientId">;
  /** Those that are known already. */
  readonly known: () => ReadonlySet<UnitKey>;
  readonly add: (units: readonly UnitKey[]) => Promise<void>;
  readonly say: (line: string) => void;
}

/** Learns of units by what agents and hosts say of themselves. Nothing is kept of it: the session of the unit is for that. */
export class Discovery {
  readonly #session: Session;
  readonly #topics = new Topics();
  readonly #found = new Set<UnitKey>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isFull = false;

  constructor(readonly parts: DiscoveryParts) {
    this.#session = new Session({
      ...parts.session,
      ...READING,
      sessionExpirySeconds: 0,
      subscriptions: discoverySubscriptions(),
    }, {
      deliver: (delivery) => {
        const place = this.#topics.read(delivery.topic);
        if (place) this.#find(place.unit);
        this.#session.acknowledge([delivery]);
      },
      state: () => {},
    });
  }

  start(): void {
    this.#session.start();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#session.close();
  }

  #find(unit: UnitKey): void {
    const known = this.parts.known();
    if (known.has(unit) || this.#found.has(unit)) return;
    if (known.size + this.#found.size >= MOST_UNITS) {
      if (!this.#isFull) {
        this.parts.say(`there are more than ${MOST_UNITS} units; name those that are wanted under units`);
      }
      this.#isFull = true;
      return;
    }
    this.#found.add(unit);
    this.#timer ??= setTimeout(() => void this.#tell(), GATHER_MS);
  }

  async #tell(): Promise<void> {
    const found = [...this.#found];
    await this.parts.add(found).catch((error: Error) => this.parts.say(error.message));
    // What could not be stored is found again by its next message.
    this.#found.clear();
    this.#timer = undefined;
  }
}
