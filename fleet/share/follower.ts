import { setImmediate } from "node:timers/promises";
import type { HeardSince } from "../heard_since.ts";
import type { Intake } from "../ingest/intake.ts";
import type { Arrival } from "../model/arrival.ts";
import type { UnitKey } from "../model/unit.ts";
import type { FleetState } from "../state/fleet_state.ts";
import { applyEntry } from "../state/apply_entry.ts";
import type { ApplyFailed } from "../state/apply_entry.ts";
import { restore } from "../state/restore.ts";
import { DAY_MS } from "../store/hour_of.ts";
import type { JournalEntry, RunRow, Store } from "../store/contract.ts";
import type { Shares, UnitNews } from "../store/shares.ts";
import { Queue } from "../store/turn.ts";
import type { SharedNames } from "./names.ts";

/** Entries of a unit that are read at a time. */
const MOST = 500;
const AGENTS_AT_ONCE = 500;

/** What following needs. */
export interface FollowerParts {
  readonly state: FleetState;
  readonly store: Store;
  readonly shares: Shares;
  readonly names: SharedNames;
  readonly intake: Intake;
  readonly heard: HeardSince;
  /** Hears of what others have taken in and cannot be applied here: it is left out. */
  readonly failed: ApplyFailed;
  readonly now: () => number;
}

/**
 * Reads what other managers have taken in of their units, out of the journal that they write anyway. So each manager
 * knows all of the fleet, can answer for it, and goes on with a unit from one moment to the next.
 */
export class Follower {
  /** By unit: the entry that it is known up to. */
  readonly #known = new Map<UnitKey, number>();
  /** Runs that were there at the last seal: at the next one they are stored. */
  readonly #runs = new Map<UnitKey, readonly RunRow[]>();
  readonly #sealed = new Map<UnitKey, number>();
  readonly #turns = new Queue();

  constructor(readonly parts: FollowerParts) {}

  /** The units that are followed. */
  get units(): ReadonlySet<UnitKey> {
    return new Set(this.#known.keys());
  }

  /** Follow a unit that we know up to an entry; where it is not known yet, from what the store has. */
  follow(unit: UnitKey, sequence: number | null): Promise<void> {
    return this.#turns.do(async () => {
      if (this.#known.has(unit)) return;
      if (sequence === null) await this.#load(unit);
      else this.#known.set(unit, sequence);
    });
  }

  /** End following a unit that is forgotten. */
  drop(unit: UnitKey): Promise<void> {
    return this.#turns.do(() => {
      if (!this.#known.delete(unit)) return;
      this.#sealed.delete(unit);
      this.#runs.delete(unit);
      this.parts.state.dropUnit(unit);
      this.parts.state.tellReread(unit);
    });
  }

  /** Read what is new of all units. */
  read(): Promise<void> {
    return this.#turns.do(async () => {
      while (await this.#read(this.#known)) await setImmediate();
    });
  }

  /**
   * End following a unit whose lease is ours by now: nobody else writes of it any more.
   * @returns the last entry of it; all up to there is in the state, and what of it is in no chunk is for us to seal
   */
  end(unit: UnitKey): Promise<number> {
    return this.#turns.do(async () => {
      if (!this.#known.has(unit)) await this.#load(unit);
      const one = () => new Map([[unit, this.#known.get(unit)!]]);
      while (await this.#read(one())) await setImmediate();
      await this.#takeOver(unit);
      const last = this.#known.get(unit)!;
      this.#known.delete(unit);
      this.#sealed.delete(unit);
      this.#runs.delete(unit);
      return last;
    });
  }

  /** @returns whether there may be more */
  async #read(known: ReadonlyMap<UnitKey, number>): Promise<boolean> {
    if (known.size === 0) return false;
    const news = await this.parts.shares.news(known, MOST);
    for (const one of news) {
      // What we have not read is in chunks: we were away for too long.
      if (one.sealed > this.#known.get(one.unit)!) await this.#load(one.unit);
      else await this.#take(one);
    }
    return news.some(({ entries }) => entries.length === MOST);
  }

  async #take({ unit, sealed, entries }: UnitNews): Promise<void> {
    const { state, failed } = this.parts;
    for (const entry of entries) {
      const arrivals = await this.#arrivalsOf(entry);
      applyEntry(state, entry, arrivals, failed);
      markAgents(state, arrivals, entry.sequence);
      this.#known.set(unit, entry.sequence);
    }
    if (sealed > (this.#sealed.get(unit) ?? 0)) await this.#dropSealed(unit, sealed);
  }

  async #arrivalsOf(entry: JournalEntry): Promise<readonly Arrival[]> {
    const { state, names, intake } = this.parts;
    return await names.find(state, entry.unit, intake.again(entry));
  }

  /** What came up to an entry is in chunks: it is no longer ours to keep. */
  async #dropSealed(unit: UnitKey, sequence: number): Promise<void> {
    this.#sealed.set(unit, sequence);
    const { state } = this.parts;
    const stored = new Set(this.#runs.get(unit));
    const left = state.takeRuns(unit).filter((run) => !stored.has(run));
    state.endedRuns.unshift(...left);
    this.#runs.set(unit, left);
    let count = 0;
    for (const agent of [...state.units.get(unit) ?? []]) {
      agent.dropSealed(sequence);
      if (++count % AGENTS_AT_ONCE === 0) await setImmediate();
    }
  }

  /** Read a unit from the store, whatever we knew of it. */
  async #load(unit: UnitKey): Promise<void> {
    const { state, store, shares, intake, heard, failed, now } = this.parts;
    await heard.load();
    const sealedNow = async () =>
      (await shares.news(new Map([[unit, Number.MAX_SAFE_INTEGER]]), 0))[0]!.sealed;
    for (let before = await sealedNow();;) {
      state.dropUnit(unit);
      const last = await restore({
        ...{ state, store, units: [unit], failed, now: now() },
        numbers: { ensure: () => Promise.resolve() },
        read: (entry) => this.#arrivalsOf(entry),
        applied: (arrivals, sequence) => markAgents(state, arrivals, sequence),
      });
      const after = await sealedNow();
      // What was sealed while we read may be here twice, or not at all.
      if (after === before) {
        this.#known.set(unit, Math.max(last, after));
        this.#sealed.set(unit, after);
        break;
      }
      before = after;
    }
    for (const agent of state.units.get(unit) ?? []) {
      for (const { taskId, lastTime } of agent.all()) {
        if (taskId === "") continue;
        intake.admission.remember(unit, agent.propletId, taskId, lastTime, agent.firstSeen);
      }
    }
    state.tellReread(unit);
  }

  /** The holder before us may have ended in the midst of a seal: some agents are sealed further than others. */
  async #takeOver(unit: UnitKey): Promise<void> {
    const { state, store } = this.parts;
    const sealed = new Map<number, ReadonlyMap<number, number>>();
    for (const agent of [...state.units.get(unit) ?? []]) {
      let last = 0;
      for (const day of agent.openDays(DAY_MS)) {
        if (!sealed.has(day)) sealed.set(day, await store.sealed(day));
        last = Math.max(last, sealed.get(day)!.get(agent.id) ?? 0);
      }
      agent.takeOver(last);
    }
  }
}

/** Note up to which entry of the journal the samples of agents are. */
export function markAgents(state: FleetState, arrivals: Iterable<Arrival>, sequence: number): void {
  let last = "";
  for (const { sender: { unit, propletId } } of arrivals) {
    if (propletId === last) continue;
    last = propletId;
    state.findAgent(unit, propletId)?.tail.mark(sequence);
  }
}
