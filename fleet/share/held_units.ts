import { createHash } from "node:crypto";
import type { HeardSince } from "../heard_since.ts";
import type { Intake } from "../ingest/intake.ts";
import type { UnitKey } from "../model/unit.ts";
import type { SessionSettings } from "../mqtt/session.ts";
import type { Say } from "../say.ts";
import type { FleetState } from "../state/fleet_state.ts";
import type { Shares } from "../store/shares.ts";
import type { Follower } from "./follower.ts";
import type { SharedNames } from "./names.ts";
import type { OtherUnit } from "./shared_report.ts";
import { UnitDuty } from "./unit_duty.ts";

/** Whoever is not heard for so long has lost its units to the others, ms. */
export const LEASE_MS = 3_000;

const NOTHING_TAKEN = {
  ...{ messages: 0, samples: 0, bytes: 0, messagesPerSecond: 0, samplesPerSecond: 0, lagSeconds: null },
};

/** What units are held with. */
export interface HeldParts {
  readonly shares: Shares;
  readonly state: FleetState;
  readonly intake: Intake;
  readonly heard: HeardSince;
  readonly names: SharedNames;
  /** Reads of the journal what others have written of units that are not held. */
  readonly follower: Follower;
  readonly session: Pick<SessionSettings, "broker">;
  /** What the client IDs of sessions begin with. */
  readonly clientId: string;
  /** The broker as people may see it. */
  readonly brokerName: string;
  readonly say: Say;
  readonly now: () => number;
  /** Whether we were heard so lately that nobody can have taken what is ours. */
  readonly isFresh: () => boolean;
  /** From its end on nothing is taken or given any more. */
  readonly closing: AbortSignal;
}

/** The units that are ours, and how each comes to be and ceases to be so. */
export class HeldUnits {
  readonly #duties = new Map<UnitKey, UnitDuty>();
  /** Units that are being taken, given or lost. */
  readonly #moving = new Map<UnitKey, Promise<void>>();
  /** What has failed of a unit the last time, and was told of. */
  readonly #faults = new Map<string, string>();

  constructor(readonly parts: HeldParts) {}

  get duties(): ReadonlyMap<UnitKey, UnitDuty> {
    return this.#duties;
  }

  /** Whether it is being taken, given or lost. */
  isMoving(unit: UnitKey): boolean {
    return this.#moving.has(unit);
  }

  /** Take a unit that nobody has. */
  take(unit: UnitKey): void {
    this.#move(unit, () => this.#doTake(unit));
  }

  /** Give one to the others. */
  give(unit: UnitKey): void {
    this.#move(unit, () => this.#doGive(unit));
  }

  /** Give one up that is forgotten. */
  drop(unit: UnitKey): void {
    this.#move(unit, () => this.#doDrop(unit));
  }

  /** Let go of one that is another's by now. */
  lose(unit: UnitKey): void {
    this.#move(unit, () => this.#doLose(unit));
  }

  /** Once what has begun to be moved is where it belongs. */
  async settled(): Promise<void> {
    await Promise.all(this.#moving.values());
  }

  /** Write what has come of each, and let go of the broker. */
  async close(): Promise<void> {
    const { say } = this.parts;
    await Promise.all(
      [...this.#duties.values()].map((duty) =>
        duty.close().catch((error: Error) => say("error", error.message))
      ),
    );
  }

  /** What fails for one unit, as where it has just gone to another manager, is done for the others all the same. */
  async each(name: string, what: (duty: UnitDuty) => Promise<void>): Promise<void> {
    for (const [unit, duty] of [...this.#duties]) {
      const key = `${name} ${unit}`;
      try {
        await what(duty);
        this.#faults.delete(key);
      } catch (error) {
        if (this.#duties.get(unit) !== duty || this.parts.closing.aborted) continue;
        const { message } = error as Error;
        // A disk stays full for hours: that it still is says nothing.
        if (this.#faults.get(key) !== message) this.parts.say("error", `${unit}: ${message}`);
        this.#faults.set(key, message);
      }
    }
  }

  /** How taking in goes in each of them. */
  *reports(): Generator<OtherUnit> {
    const { state, intake } = this.parts;
    const now = this.parts.now();
    const counts = new Map([...intake.tally.units(now)].map((tally) => [tally.unit, tally]));
    const refused = Map.groupBy(intake.refusals.counts(), ({ unit }) => unit);
    for (const [unit, { status }] of this.#duties) {
      yield {
        ...NOTHING_TAKEN,
        ...counts.get(unit),
        ...{ unit, ...status },
        refused: (refused.get(unit) ?? []).map(({ agent, reason, count, lastAt }) => ({
          ...{ propletId: agent, reason, count, lastAt },
        })),
        since: state.listeningSince(unit),
      };
    }
  }

  /** One thing at a time with each unit. */
  #move(unit: UnitKey, how: () => Promise<void>): void {
    if (this.#moving.has(unit) || this.parts.closing.aborted) return;
    const moving = how().catch((error: Error) => this.parts.say("error", `${unit}: ${error.message}`))
      .finally(() => this.#moving.delete(unit));
    this.#moving.set(unit, moving);
  }

  async #doTake(unit: UnitKey): Promise<void> {
    const { shares, session, clientId } = this.parts;
    if (this.#duties.has(unit) || !await shares.take(unit, LEASE_MS)) return;
    let sequence: number;
    try {
      sequence = await this.parts.follower.end(unit);
    } catch (error) {
      await shares.release(unit);
      throw error;
    }
    const { state, intake, heard, brokerName, say, now, names } = this.parts;
    const duty = new UnitDuty({
      ...{ unit, state, intake, heard, brokerName, say, now, names },
      store: shares.ofUnit(unit),
      session: {
        broker: session.broker,
        clientId: `${clientId}-${nameOf(unit)}`,
        now,
        // One that was stopped for long finds its connection ended before it learns that the unit is another's.
        isOurs: () => this.#duties.has(unit) && this.parts.isFresh(),
      },
    }, sequence);
    this.#duties.set(unit, duty);
    duty.start();
  }

  async #doGive(unit: UnitKey): Promise<void> {
    const duty = this.#duties.get(unit)!;
    const isWhole = await duty.close();
    this.#duties.delete(unit);
    await this.parts.shares.release(unit);
    this.parts.say("info", `${unit} is given to another manager`);
    await this.parts.follower.follow(unit, isWhole ? duty.sequence : null);
  }

  /** It is forgotten; unless something of it came meanwhile, which nobody would take out of the journal. */
  async #doDrop(unit: UnitKey): Promise<void> {
    const { shares } = this.parts;
    await this.#duties.get(unit)!.close();
    this.#duties.delete(unit);
    let isHeard = true;
    try {
      const news = await shares.news(new Map([[unit, 0]]), 1);
      isHeard = news.some(({ entries }) => entries.length > 0);
      if (isHeard) await shares.add([unit]);
    } finally {
      // Whatever the database says: who has no duty for it must not hold it.
      await shares.release(unit);
    }
    if (!isHeard) this.parts.say("info", `${unit} is forgotten: nothing came from it for long`);
    this.parts.state.dropUnit(unit);
    this.parts.state.tellReread(unit);
  }

  async #doLose(unit: UnitKey): Promise<void> {
    const duty = this.#duties.get(unit)!;
    this.#duties.delete(unit);
    this.parts.shares.lose(unit);
    this.parts.say("warn", `${unit} has gone to another manager`);
    const isWhole = await duty.lose();
    // What we meant to store may never be: whoever has the unit now takes late samples in that we would not.
    await this.parts.follower.follow(unit, isWhole ? duty.sequence : null);
  }
}

/** A unit, as it is fit for the client ID of every broker. */
function nameOf(unit: UnitKey): string {
  return createHash("sha256").update(unit).digest("hex").slice(0, 16);
}
