import { pause } from "../../io/deadline.ts";
import type { IngestReport, UnitIngest } from "../api/ingest_report.ts";
import { HeardSince } from "../heard_since.ts";
import { Admission } from "../ingest/admission.ts";
import { FullUnits } from "../ingest/full_units.ts";
import { Intake } from "../ingest/intake.ts";
import { MESSAGE_LIMITS } from "../ingest/limits.ts";
import type { ManagerParts } from "../manager.ts";
import { unitKey } from "../model/unit.ts";
import type { UnitKey } from "../model/unit.ts";
import { LeftOut } from "../mqtt/left_out.ts";
import { lookForAbsent } from "../state/absence.ts";
import { FleetState } from "../state/fleet_state.ts";
import { HOUR_MS, hourOf } from "../state/open_hours.ts";
import { DAY_MS } from "../store/hour_of.ts";
import type { Store } from "../store/contract.ts";
import { WrongClock } from "../wrong_clock.ts";
import type { Beat, Shares } from "../store/shares.ts";
import { BrokerWatch } from "./broker_watch.ts";
import { fairShare, isHouseOfOther } from "./fair_share.ts";
import type { ShareMember } from "./fair_share.ts";
import { Follower } from "./follower.ts";
import { HeldUnits, LEASE_MS } from "./held_units.ts";
import { House } from "./house.ts";
import type { HouseTask } from "./house.ts";
import { SharedNames } from "./names.ts";
import { readReports, readStandings, writeReport } from "./shared_report.ts";
import type { OtherUnit } from "./shared_report.ts";
import { StoreClock } from "./store_clock.ts";

const BEAT_MS = 500;
const REPORT_EVERY_MS = 2_000;
const READ_EVERY_MS = 250;
const LOOK_EVERY_MS = 5_000;
const SEAL_EVERY_MS = 600_000;
const CLOSE_EVERY_MS = 60_000;
/** So many of the last hours may wait for a seal; further back it is not asked whether one is whole. */
const MOST_UNSEALED_HOURS = 3;
const REFRESH_EVERY_MS = 2_000;

/** What one of several equal managers is made of. */
export interface SharedManagerParts extends ManagerParts {
  readonly shares: Shares;
}

/**
 * One of any number of equal managers: it has some of the units, follows what the others take in of theirs, and takes
 * over those of one that is gone. What is acknowledged to the broker survives the end of any of them at any moment.
 */
export class SharedManager implements IngestReport {
  readonly state: FleetState;
  readonly store: Store;
  readonly intake: Intake;
  readonly #names: SharedNames;
  readonly #follower: Follower;
  readonly #held: HeldUnits;
  /** The units that this one may have; null: every one. */
  readonly #wanted: ReadonlySet<UnitKey> | null;
  readonly #house: House;
  readonly #fullUnits: FullUnits;
  readonly #watch: BrokerWatch;
  readonly #clock = new StoreClock();
  readonly #wrongClock: WrongClock;
  readonly #closing = new AbortController();
  readonly #work: Promise<void>[] = [];
  #units: ReadonlySet<UnitKey> = new Set();
  #others: ReadonlyMap<UnitKey, OtherUnit> = new Map();
  #beatenAt = performance.now();
  #reportedAt = -Infinity;
  #reportedStanding = "";
  #fault: string | null = null;

  private constructor(
    readonly parts: SharedManagerParts,
    readonly heard: HeardSince,
    readonly clientPrefix: string,
  ) {
    const { store, shares, units, retention, session, say } = parts;
    this.store = store;
    this.#wanted = units && new Set(units.map(unitKey));
    this.#watch = new BrokerWatch({
      broker: session.broker,
      clientId: `${clientPrefix}-watch-${shares.self.slice(0, 8)}`,
    });
    this.#wrongClock = new WrongClock(say, "that of the database");
    this.#names = new SharedNames(store, shares);
    this.state = new FleetState(this.#names, heard.of);
    const behindMs = retention.raw.days * DAY_MS;
    const admission = new Admission(undefined, (unit, propletId) => this.state.findAgent(unit, propletId));
    this.intake = new Intake({
      limits: { ...MESSAGE_LIMITS, behindMs },
      admission,
      heard: (told) => {
        if (told.isRefused) this.state.noteWrongTime(told);
      },
    });
    this.#fullUnits = new FullUnits(admission, (line) => say("warn", line));
    const leftOut = new LeftOut(say);
    const { now } = this;
    this.#follower = new Follower({
      ...{ state: this.state, store, shares, heard, intake: this.intake, now },
      names: this.#names,
      failed: (topic, error) => leftOut.failed(topic, error),
    });
    this.#held = new HeldUnits({
      ...{
        shares,
        state: this.state,
        intake: this.intake,
        heard,
        names: this.#names,
        follower: this.#follower,
      },
      ...{ session, clientId: clientPrefix, brokerName: parts.brokerName, say, now },
      isFresh: () => this.#isFresh,
      closing: this.#closing.signal,
    });
    this.#house = new House({
      ...{ store, shares, retention, say, now },
      leaseMs: LEASE_MS,
      isOurs: () => this.#isFresh,
      discovery: units === null
        ? {
          session: { broker: session.broker, clientId: `${clientPrefix}-discovery` },
          known: () => this.#units,
          forgotten: (gone) => heard.forget(gone),
          say: (line) => say("warn", line),
          ...{ shares, now },
        }
        : null,
    });
  }

  /** @throws ProctorError when the store cannot be read */
  static async open(parts: SharedManagerParts): Promise<SharedManager> {
    const { store, shares, session, units } = parts;
    const name = await shares.storeName();
    if (units !== null) await shares.add(units.map(unitKey));
    const heard = await HeardSince.open(store);
    const manager = new SharedManager(parts, heard, `${session.clientId}-${name.slice(0, 8)}`);
    manager.#clock.take(await shares.time());
    return manager;
  }

  /** Have something taken up now and then that may have been changed at other managers. */
  addRefresh(refresh: () => Promise<void>): void {
    this.#every(REFRESH_EVERY_MS, refresh);
  }

  /** Have something done by one manager at a time, for all. */
  addHouseTask(task: HouseTask): void {
    this.#house.add(task);
  }

  /** Share the units from now on, until it is closed. */
  start(): void {
    const { sealEveryMs = SEAL_EVERY_MS } = this.parts;
    this.#watch.start();
    this.#every(BEAT_MS, () => this.#beat(), true);
    this.#every(READ_EVERY_MS, () => this.#read());
    this.#every(LOOK_EVERY_MS, () => this.#look());
    this.#every(Math.min(1_000, sealEveryMs), () => this.#seal(sealEveryMs));
    this.#every(CLOSE_EVERY_MS, () => this.#closeHours(), true);
  }

  get hindrance(): string | null {
    const duties = [...this.#held.duties.values()];
    if (this.#fault !== null || duties.some(({ fault }) => fault !== null)) {
      return "the store cannot be written";
    }
    return duties.some(({ status }) => status.state !== "subscribed") ? "the broker is away" : null;
  }

  /** The units that are ours. */
  get held(): ReadonlySet<UnitKey> {
    return new Set(this.#held.duties.keys());
  }

  /** How taking in goes, unit by unit, whoever has it. */
  *units(): Generator<UnitIngest> {
    yield* this.#held.reports();
    for (const [unit, one] of this.#others) if (!this.#held.duties.has(unit)) yield one;
  }

  /** Write what has come, give all units to the others, and close the store. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#work);
    await this.#held.settled();
    await this.#house.rest();
    const { shares } = this.parts;
    await this.#watch.close();
    await this.#held.close();
    await shares.leave();
    await this.store.close();
  }

  /** What time it is by the store: the same for all managers. */
  readonly now = (): number => (this.parts.now ?? this.#clock.now)();

  get clockAheadMs(): number {
    return this.#clock.aheadMs;
  }

  /** Whether we were heard so lately that nobody can have taken what is ours. */
  get #isFresh(): boolean {
    return performance.now() - this.#beatenAt < LEASE_MS;
  }

  get #standing(): Omit<ShareMember, "name"> {
    const { isConnected, reaches } = this.#watch;
    return { wanted: this.#wanted, isConnected, reaches };
  }

  /** Say that we are there, and do what follows from who else is. */
  async #beat(): Promise<void> {
    const { shares, say } = this.parts;
    const at = performance.now();
    try {
      const { isConnected, reaches } = this.#watch;
      const standing = `${isConnected} ${reaches}`;
      // Whether the broker is there is news that the others wait for.
      const isDue = at - this.#reportedAt >= REPORT_EVERY_MS || standing !== this.#reportedStanding;
      const beat = await shares.beat(
        LEASE_MS,
        isDue ? writeReport(this.#standing, this.#held.reports()) : null,
      );
      if (isDue) [this.#reportedAt, this.#reportedStanding] = [at, standing];
      this.#beatenAt = at;
      this.#clock.take(beat.time);
      this.#wrongClock.look(this.#clock.aheadMs);
      if (this.#fault !== null) say("info", "the store can be reached again");
      this.#fault = null;
      await this.#share(beat);
    } catch (error) {
      const { message } = error as Error;
      if (this.#fault !== message) say("error", message);
      this.#fault = message;
      // By now others may have taken all that is ours: the broker is theirs to read.
      if (this.#isFresh) return;
      for (const unit of this.#held.duties.keys()) this.#held.lose(unit);
      void this.#house.rest();
    }
  }

  async #share(beat: Beat): Promise<void> {
    const { shares } = this.parts;
    const members = readStandings(beat.members)
      .map((one) => one.name === shares.self ? { ...one, ...this.#standing } : one);
    // What another reads is known here as well: rules, destinations and pages are of all units.
    const isRead = (unit: UnitKey) =>
      this.#units.has(unit) || members.some(({ wanted }) => wanted === null || wanted.has(unit));
    const holders = new Map([...beat.holders].filter(([unit]) => isRead(unit)));
    this.#units = new Set(holders.keys());
    this.#others = readReports(beat.members, shares.self);
    for (const unit of this.#held.duties.keys()) {
      if (!beat.kept.has(unit)) this.#held.lose(unit);
    }
    // Another, that finds units by itself, has forgotten those that were silent.
    const missing = [...this.#wanted ?? []].filter((unit) => !this.#units.has(unit));
    if (missing.length > 0) await shares.add(missing);
    for (const unit of this.#held.duties.keys()) {
      if (!this.#units.has(unit)) {
        this.#held.drop(unit);
      }
    }
    const { take, give } = fairShare(shares.self, members, holders);
    for (const unit of give) if (this.#held.duties.has(unit)) this.#held.give(unit);
    for (const unit of take) this.#held.take(unit);
    for (const unit of this.#units) {
      if (!this.#held.duties.has(unit) && !this.#held.isMoving(unit)) {
        this.state.listenTo(unit, this.#others.get(unit)?.since ?? null);
      }
    }
    const isReady = [...this.#units].every((unit) =>
      !this.state.rereading.has(unit) && (this.#held.duties.has(unit) || this.#follower.units.has(unit))
    );
    await this.#house.keep(beat.kept, isReady, isHouseOfOther(shares.self, members));
  }

  async #read(): Promise<void> {
    for (const unit of this.#units) {
      if (this.#closing.signal.aborted) return;
      const isOurs = this.#held.duties.has(unit) || this.#held.isMoving(unit);
      if (!isOurs && !this.#follower.units.has(unit)) await this.#follower.follow(unit, null);
    }
    for (const unit of this.#follower.units) if (!this.#units.has(unit)) await this.#follower.drop(unit);
    await this.#follower.read();
  }

  async #look(): Promise<void> {
    // What others have is theirs to save.
    for (const unit of this.#follower.units) {
      for (const agent of this.state.units.get(unit) ?? []) {
        agent.isSaved = true;
        for (const task of agent.all()) task.isSaved = true;
      }
    }
    lookForAbsent(this.state, this.now());
    this.#fullUnits.look(this.now());
    await this.#held.each("look", (duty) => duty.look());
  }

  async #seal(everyMs: number): Promise<void> {
    const { signal } = this.#closing;
    await this.#held.each(
      "seal",
      (duty) => duty.unsealedMs < everyMs ? Promise.resolve() : duty.seal(signal),
    );
  }

  /** Hours that are in the store as a whole, of all units, need no memory. */
  async #closeHours(): Promise<void> {
    for (const hour of this.state.hours.hours) {
      if (hour + HOUR_MS <= this.now() && await this.parts.shares.isWhole(hour)) this.state.hours.close(hour);
    }
    // Those that were made before our start, too: a late sample must not stand for the whole of one of them.
    for (let ended = hourOf(this.now()), n = 0; n < MOST_UNSEALED_HOURS; ended -= HOUR_MS, n++) {
      if (!await this.parts.shares.isWhole(ended - HOUR_MS)) continue;
      this.state.hours.endBefore(ended);
      return;
    }
  }

  /** Do something now and then; what fails is told, and done again the next time. */
  #every(ms: number, what: () => Promise<void>, isAtOnce = false): void {
    const { signal } = this.#closing;
    const work = async () => {
      let fault: string | null = null;
      for (let isFirst = isAtOnce; !signal.aborted; isFirst = false) {
        if (!isFirst) await pause(ms, signal);
        if (signal.aborted) return;
        try {
          await what();
          fault = null;
        } catch (error) {
          const { message } = error as Error;
          if (!signal.aborted && fault !== message) this.parts.say("error", message);
          fault = message;
        }
      }
    };
    this.#work.push(work());
  }
}
