import type { UnitIngest } from "../api/ingest_report.ts";
import type { HeardSince } from "../heard_since.ts";
import type { Intake } from "../ingest/intake.ts";
import { subscriptionsOf } from "../ingest/topics.ts";
import type { Say } from "../say.ts";
import type { Arrival } from "../model/arrival.ts";
import { unitOfKey } from "../model/unit.ts";
import type { UnitKey } from "../model/unit.ts";
import type { Delivery } from "../mqtt/delivery.ts";
import { LeftOut } from "../mqtt/left_out.ts";
import { READING, SESSION_EXPIRY_SECONDS } from "../mqtt/reading.ts";
import { Session } from "../mqtt/session.ts";
import type { SessionSettings } from "../mqtt/session.ts";
import { Committer } from "../state/committer.ts";
import type { FleetState } from "../state/fleet_state.ts";
import { hourOf } from "../state/open_hours.ts";
import { Sealer } from "../state/sealer.ts";
import type { Store } from "../store/contract.ts";
import { markAgents } from "./follower.ts";
import type { SharedNames } from "./names.ts";

/** With more than this unwritten we are behind: who seems silent may be waiting. */
const BEHIND_BYTES = 4 << 20;

/** What a unit is held with. */
export interface DutyParts {
  readonly unit: UnitKey;
  readonly state: FleetState;
  /** Of this unit: what it changes fails where another has the unit by then. */
  readonly store: Store;
  readonly names: SharedNames;
  readonly intake: Intake;
  readonly heard: HeardSince;
  readonly session: Pick<SessionSettings, "broker" | "clientId" | "isOurs" | "now">;
  /** The broker as people may see it. */
  readonly brokerName: string;
  readonly say: Say;
  readonly now: () => number;
}

/** A unit that is ours: its session with the broker, what comes by it, and its seals. */
export class UnitDuty {
  readonly #session: Session;
  readonly #committer: Committer<Delivery>;
  readonly #sealer: Sealer;
  #broker: UnitIngest["state"] = "connecting";
  #why: string | null = null;
  #isBehind = false;
  #isLost = false;
  #wasSubscribed = false;
  /** When it was heard first by us, until that is noted: whoever reads the journal judges by it. */
  #heardAt: number | null = null;
  #isNoted = false;
  #sealedAt = performance.now();

  /** @param sequence the last entry of the unit that is in the state */
  constructor(readonly parts: DutyParts, sequence: number) {
    const { unit, state, store, session, say } = parts;
    const leftOut = new LeftOut(say);
    this.#session = new Session({
      ...session,
      ...READING,
      sessionExpirySeconds: SESSION_EXPIRY_SECONDS,
      subscriptions: subscriptionsOf(unitOfKey(unit)),
    }, {
      deliver: (delivery) => this.#deliver(delivery),
      state: (now, why) => this.#hearBroker(now, why),
      oversized: (topic, bytes) => leftOut.oversized(topic, bytes),
      failed: (topic, error) => leftOut.failed(topic, error),
    });
    this.#committer = new Committer(
      state,
      store,
      { ensure: (_, arrivals) => this.#prepare(arrivals) },
      this.#session,
      sequence,
      // That nothing can be written of what is another's is not news.
      (level, line) => this.#isLost || say(level, `${unit}: ${line}`),
      (arrivals, last) => markAgents(state, arrivals, last),
    );
    this.#sealer = new Sealer(state, store, () => this.#committer.sequence, () => new Map(), unit);
  }

  start(): void {
    this.#session.start();
  }

  /** The last entry of the unit that is in the state. */
  get sequence(): number {
    return this.#committer.sequence;
  }

  /** How it stands with the broker. */
  get status(): Pick<UnitIngest, "state" | "why"> {
    return { state: this.#broker, why: this.fault ?? this.#why };
  }

  /** Why nothing can be stored at the moment; null where it can be. */
  get fault(): string | null {
    return this.#committer.fault;
  }

  /** How long ago it was sealed last, or taken up, ms. */
  get unsealedMs(): number {
    return performance.now() - this.#sealedAt;
  }

  /** See whether we hear the unit well enough to miss somebody, and store runs that have ended. */
  async look(): Promise<void> {
    const isBehind = this.#committer.waitingBytes > BEHIND_BYTES || this.fault !== null;
    if (this.#broker === "subscribed" && (isBehind || this.#isBehind)) this.#listen(this.parts.now());
    this.#isBehind = isBehind;
    await this.#sealer.saveRuns();
  }

  /** Store all that was applied up to now, and the hours that are over by it. */
  async seal(signal: AbortSignal): Promise<void> {
    const { unit, store, now } = this.parts;
    const at = now();
    this.#sealedAt = performance.now();
    await this.#sealer.seal([unit], signal);
    await store.makeHours(Math.min(hourOf(at), at), signal);
  }

  /**
   * Write what has come, and let go of the broker. What is not written is delivered to whoever has the unit next.
   * @returns whether the state is as its journal has it, so that it can be followed from here
   */
  async close(): Promise<boolean> {
    this.#listen(null);
    await this.#committer.close();
    await this.#session.close();
    return await this.#sealer.settled();
  }

  /** It is not ours any more: nothing is acknowledged, and nothing can be written. @returns as `close` */
  async lose(): Promise<boolean> {
    this.#isLost = true;
    this.#listen(null);
    await this.#session.close();
    await this.#committer.close();
    return await this.#sealer.settled();
  }

  async #prepare(arrivals: Iterable<Arrival>): Promise<void> {
    const { unit, names, state, store, heard, now } = this.parts;
    if (!this.#isNoted) await heard.note([unit], this.#heardAt ?? now(), store);
    this.#isNoted = true;
    await names.give(state, store, arrivals);
  }

  #deliver(delivery: Delivery): void {
    const { unit, intake } = this.parts;
    const arrivals = intake.take(delivery);
    const { topic, payload, receivedAt, isRetained } = delivery;
    this.#committer.take({ delivery, arrivals, entry: { unit, topic, payload, receivedAt, isRetained } });
  }

  #hearBroker(state: UnitIngest["state"], why: string | null): void {
    const { unit, brokerName, say, now } = this.parts;
    const before = this.#broker;
    this.#broker = state;
    if (state === "away" && (before === "subscribed" || why !== this.#why)) {
      say("warn", `${unit}: the broker ${brokerName}: ${why}`);
    }
    if (state !== "connecting") this.#why = why;
    this.#listen(state === "subscribed" ? now() : null);
    if (state !== "subscribed") return;
    this.#heardAt ??= now();
    if (!this.#wasSubscribed) say("info", `${unit} is ours: the broker ${brokerName} has let us in`);
    this.#wasSubscribed = true;
  }

  #listen(since: number | null): void {
    this.parts.state.listenTo(this.parts.unit, since);
  }
}
