import { pause } from "../io/deadline.ts";
import type { IngestReport, UnitIngest } from "./api/ingest_report.ts";
import { HeardSince } from "./heard_since.ts";
import { Admission } from "./ingest/admission.ts";
import { FullUnits } from "./ingest/full_units.ts";
import { Intake } from "./ingest/intake.ts";
import { subscriptionsOf } from "./ingest/topics.ts";
import { unitKey } from "./model/unit.ts";
import type { Unit, UnitKey } from "./model/unit.ts";
import type { Delivery } from "./mqtt/delivery.ts";
import { AgentsClock, limitsBy } from "./agents_clock.ts";
import { LeftOut } from "./mqtt/left_out.ts";
import { READING, SESSION_EXPIRY_SECONDS } from "./mqtt/reading.ts";
import { Session } from "./mqtt/session.ts";
import type { SessionSettings } from "./mqtt/session.ts";
import { lookForAbsent } from "./state/absence.ts";
import { Committer } from "./state/committer.ts";
import { FleetState } from "./state/fleet_state.ts";
import type { Say } from "./say.ts";
import { WrongClock } from "./wrong_clock.ts";
import { Pruning } from "./pruning.ts";
import { ReservedNumbers } from "./state/numbers.ts";
import { Unread } from "./state/incoming.ts";
import { HOUR_MS, hourOf } from "./state/open_hours.ts";
import { restore } from "./state/restore.ts";
import { Sealer } from "./state/sealer.ts";
import { DAY_MS } from "./store/hour_of.ts";
import type { Retention, Store } from "./store/contract.ts";

/** What comes is in chunks this often: so much is read back after a loss of power. */
const SEAL_EVERY_MS = 600_000;
const LOOK_EVERY_MS = 5_000;
const PRUNE_EVERY_MS = HOUR_MS;
/** With more than this unwritten we are behind: who seems silent may be waiting. */
const BEHIND_BYTES = 4 << 20;

/** What a manager is made of. */
export interface ManagerParts {
  readonly store: Store;
  readonly session: Pick<SessionSettings, "broker" | "clientId">;
  /** The broker as people may see it. */
  readonly brokerName: string;
  /** Those to listen to; null for all there are. */
  readonly units: readonly Unit[] | null;
  readonly retention: Retention;
  readonly say: Say;
  readonly now?: () => number;
  readonly sealEveryMs?: number;
}

/**
 * A manager of many hosts: reads what agents publish, keeps it, and knows what there is. What it has acknowledged to
 * the broker survives its end at any moment.
 */
export class Manager implements IngestReport {
  readonly state: FleetState;
  readonly intake: Intake;
  readonly store: Store;
  readonly #committer: Committer<Delivery>;
  readonly #session: Session;
  readonly #sealer: Sealer;
  readonly #fullUnits: FullUnits;
  readonly #pruning: Pruning;
  readonly #clock: AgentsClock;
  readonly #wrongClock: WrongClock;
  readonly #units: readonly UnitKey[] | null;
  readonly #closing = new AbortController();
  readonly #work: Promise<void>[] = [];
  #brokerState: "connecting" | "subscribed" | "away" = "connecting";
  #why: string | null = null;
  #toldWhy: string | null = null;
  #isBehind = false;

  private constructor(
    readonly parts: ManagerParts,
    made: {
      state: FleetState;
      intake: Intake;
      numbers: ReservedNumbers;
      heard: HeardSince;
      leftOut: LeftOut;
      sequence: number;
      clock: AgentsClock;
    },
  ) {
    const { store, units, session, say } = parts;
    const { leftOut } = made;
    this.#clock = made.clock;
    this.#wrongClock = new WrongClock(
      say,
      "those of most agents",
      "samples have their times, all else has those of this machine",
    );
    this.#pruning = new Pruning(store, parts.retention, say);
    this.store = store;
    this.state = made.state;
    this.intake = made.intake;
    this.#units = units && units.map(unitKey);
    const subscriptions = units === null ? subscriptionsOf(null) : units.flatMap(subscriptionsOf);
    const unread = new Unread<Delivery>(
      (delivery) => this.intake.take(delivery),
      ({ topic }, error) => leftOut.failed(topic, error),
    );
    this.#session = new Session(
      {
        ...session,
        subscriptions,
        now: this.now,
        ...READING,
        sessionExpirySeconds: SESSION_EXPIRY_SECONDS,
      },
      {
        deliver: (delivery) => this.#committer.take(unread.take(delivery)),
        state: (state, why) => this.#broker(state, why, made.heard),
        oversized: (topic, bytes) => leftOut.oversized(topic, bytes),
        failed: (topic, error) => leftOut.failed(topic, error),
      },
    );
    this.#committer = new Committer(
      this.state,
      store,
      made.numbers,
      this.#session,
      made.sequence,
      say,
    );
    this.#fullUnits = new FullUnits(this.intake.admission, (line) => say("warn", line));
    this.#sealer = new Sealer(this.state, store, () => this.#committer.sequence, () => new Map());
  }

  /**
   * Take up what the store has, and listen to the broker from then on.
   * @throws ProctorError when the store cannot be read
   */
  static async open(parts: ManagerParts): Promise<Manager> {
    const { store, units, now = Date.now, say } = parts;
    const [heard, numbers] = [await HeardSince.open(store), new ReservedNumbers(store)];
    const state = new FleetState(numbers, heard.of);
    let isRestoring = true;
    const admission = new Admission(undefined, (unit, propletId) => state.findAgent(unit, propletId));
    const clock = new AgentsClock(now, undefined, (unit, agent) => admission.isEstablished(unit, agent));
    const intake = new Intake({
      limits: limitsBy(clock, parts.retention.raw.days * DAY_MS, () => isRestoring),
      admission,
      heard: (told) => {
        clock.hear(told.unit, told.agent, told.time);
        if (told.isRefused) state.noteWrongTime(told);
      },
    });
    const leftOut = new LeftOut(say);
    const sequence = await restore({
      ...{ state, store, numbers, units: units && units.map(unitKey), now: now() },
      read: (entry) => intake.again(entry),
      failed: (topic, error) => leftOut.failed(topic, error),
    });
    isRestoring = false;
    for (const { agent, taskId, lastTime } of state.tasks.values()) {
      if (taskId === "") continue;
      intake.admission.remember(agent.unit, agent.propletId, taskId, lastTime, agent.firstSeen);
    }
    const manager = new Manager(parts, { state, intake, numbers, heard, leftOut, sequence, clock });
    const { agents, tasks } = state;
    if (agents.size > 0) say("info", `${agents.size} agents and ${tasks.size} tasks are known from before`);
    // What was read back, or sealed before the end, may be of hours of which the store has only parts.
    if (agents.size > 0) await manager.#seal().catch((error: Error) => say("error", error.message));
    return manager;
  }

  /** Listen to the broker, and do what is due now and then, until it is closed. */
  start(): void {
    this.#session.start();
    this.#every(LOOK_EVERY_MS, () => this.#look());
    this.#every(this.parts.sealEveryMs ?? SEAL_EVERY_MS, () => this.#seal());
    this.#every(PRUNE_EVERY_MS, () => this.#prune());
  }

  get hindrance(): string | null {
    if (this.#committer.fault !== null) return "the store cannot be written";
    return this.#brokerState === "subscribed" ? null : "the broker is away";
  }

  /** What time it is, as far as agents do not all say that it is later. */
  readonly now = (): number => this.#clock.now();

  get clockAheadMs(): number {
    return this.#clock.aheadMs;
  }

  /** How taking in goes, unit by unit. */
  *units(): Generator<UnitIngest> {
    const now = this.now();
    const refused = Map.groupBy(this.intake.refusals.counts(), ({ unit }) => unit);
    for (const tally of this.intake.tally.units(now)) {
      yield {
        ...tally,
        state: this.#brokerState,
        why: this.#committer.fault ?? this.#why,
        refused: (refused.get(tally.unit) ?? []).map(({ agent, reason, count, lastAt }) => ({
          ...{ propletId: agent, reason, count, lastAt },
        })),
      };
    }
  }

  /** Let go of the broker, write what has come, and close the store. What is not written is delivered again. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#committer.close();
    await this.#session.close();
    await Promise.all(this.#work);
    await this.store.close();
  }

  #broker(state: "connecting" | "subscribed" | "away", why: string | null, heard: HeardSince): void {
    const { now, parts: { say, brokerName } } = this;
    const before = this.#brokerState;
    this.#brokerState = state;
    this.#why = why;
    if (state === "subscribed") {
      say("info", `the broker ${brokerName} has let us in`);
      this.#toldWhy = null;
      this.#listen(now());
      this.#work.push(
        heard.note(this.#units, now()).catch((error: Error) => say("error", error.message)),
      );
    } else if (state === "away") {
      // Each try that fails in the same way is not news.
      if (before === "subscribed" || why !== this.#toldWhy) say("warn", `the broker ${brokerName}: ${why}`);
      this.#toldWhy = why;
      this.#listen(null);
    }
  }

  #listen(since: number | null): void {
    if (this.#units === null) this.state.listenTo(null, since);
    else for (const unit of this.#units) this.state.listenTo(unit, since);
  }

  /** Look who is missing. As long as we are behind nobody is. */
  #look(): Promise<void> {
    const now = this.now();
    this.#wrongClock.look(this.#clock.aheadMs);
    const isBehind = this.#committer.waitingBytes > BEHIND_BYTES || this.#committer.fault !== null;
    if (this.#brokerState === "subscribed" && (isBehind || this.#isBehind)) this.#listen(now);
    this.#isBehind = isBehind;
    lookForAbsent(this.state, now);
    this.#fullUnits.look(now);
    return this.#sealer.saveRuns();
  }

  async #seal(): Promise<void> {
    const now = this.now();
    await this.#sealer.seal(this.#units, this.#closing.signal);
    // All that came before is in chunks: hours that were over by then are whole.
    const ended = Math.min(hourOf(now), now);
    const made = await this.store.makeHours(ended, this.#closing.signal);
    for (const { hour } of made) this.state.hours.close(hour);
    this.state.hours.endBefore(ended);
  }

  #prune(): Promise<void> {
    // What comes is of their now: by ours it might be too old to be kept at all.
    return this.#pruning.prune(this.now() - this.#clock.agentsBehindMs);
  }

  /** Do something now and then; what fails is reported once, and done again each time. */
  #every(ms: number, what: () => Promise<void>): void {
    const { signal } = this.#closing;
    let fault: string | null = null;
    const work = async () => {
      while (!signal.aborted) {
        await pause(ms, signal);
        if (signal.aborted) return;
        try {
          await what();
          fault = null;
        } catch (error) {
          const { message } = error as Error;
          // A disk stays full for hours: that it still is says nothing.
          if (!signal.aborted && fault !== message) this.parts.say("error", message);
          fault = message;
        }
      }
    };
    this.#work.push(work());
  }
}
