import { MESSAGE_LIMITS } from "./ingest/limits.ts";
import type { MessageLimits } from "./ingest/limits.ts";
import type { UnitKey } from "./model/unit.ts";

/** Agents whose clocks are ahead of ours by more are a reason to doubt ours. */
const DOUBTED_MS = 60_000;
/** One that is wrong by itself is no reason: two that agree are. */
const LEAST_AGENTS = 2;
/** Far more than it takes to know; names are easily made up. */
const MOST_AGENTS = 20_000;
/** What an agent has said counts for so long, and is looked at no more often than that. */
const [HEARD_MS, LOOK_MS] = [600_000, 1_000];
/** Of what an agent says in so long the latest time counts: what comes late looks as if its clock were behind. */
const LATEST_OF_MS = 60_000;
/** Whoever has most voices could make us believe anything: no more than this. */
const MOST_MS = 86_400_000;
/** A clock that goes on otherwise than the steady one by so much was set. */
const SET_MS = 1_000;
/** How far agents may be behind and be believed: a battery that is dead makes years of it. */
const MOST_BEHIND_MS = 366 * 86_400_000;
/** What has waited comes late, too, and then less and less so: a clock that is fast stays as far ahead for so long. */
const [STEADY_FOR_MS, STEADY_WITHIN_MS] = [600_000, 30_000];
/** What is reckoned is changed for no less. */
const LEAST_CHANGE_MS = 5_000;

/** What an agent has said. */
interface Voice {
  readonly unit: UnitKey;
  readonly agent: string;
  /** How far it was ahead of our clock at the most, and when that was, by the steady clock. */
  aheadMs: number;
  at: number;
}

/**
 * What is taken in by such a clock: nothing is too old that its agent has sampled just now by its own, and that the
 * store keeps. What was taken in before a restart is taken in again, whatever most agents have said since.
 * @param keptMs how long samples are kept
 */
export function limitsBy(
  clock: Pick<AgentsClock, "agentsBehindMs">,
  keptMs: number,
  isRestoring: () => boolean,
): MessageLimits {
  return {
    ...MESSAGE_LIMITS,
    get behindMs() {
      return keptMs + (isRestoring() ? MOST_BEHIND_MS : clock.agentsBehindMs);
    },
  };
}

/**
 * What time it is where nothing but agents can tell that our clock is slow: nothing comes from the future. When most
 * agents say it is later than our clock does, it is as late as they say. Names are made up in a moment: where agents
 * speak that have been known for long, these alone are asked.
 */
export class AgentsClock {
  readonly #voices = new Map<string, Voice>();
  #correctionMs = 0;
  #behindMs = 0;
  /** Since when, by the steady clock, it has been about as much as then. */
  #behindSince = { at: Infinity, ms: 0 };
  #lookAfter = -Infinity;
  #between: number;

  /**
   * @param wall the clock of this machine, ms since 1970
   * @param steady one that is never set, ms
   * @param isEstablished whether an agent has been known for long
   */
  constructor(
    readonly wall: () => number = Date.now,
    readonly steady: () => number = () => performance.now(),
    readonly isEstablished: (unit: UnitKey, agent: string) => boolean = () => false,
  ) {
    this.#between = wall() - steady();
  }

  /** What time it is, ms since 1970. */
  readonly now = (): number => {
    const wall = this.wall();
    this.#noteSetting(wall, this.steady());
    return wall + this.#correctionMs;
  };

  /**
   * How far the clock of this machine is ahead of it, ms; negative: behind. Ahead it is left as it is, since what has
   * waited looks alike: it is told once it stays so.
   */
  get aheadMs(): number {
    const isSteady = this.steady() - this.#behindSince.at >= STEADY_FOR_MS;
    return isSteady ? this.#behindMs : 0 - this.#correctionMs;
  }

  /** How far most agents are behind, ms, at least a minute; 0 where they are not: they are that much younger. */
  get agentsBehindMs(): number {
    return this.#behindMs;
  }

  /** An agent has said that it is some time by its clock. */
  hear(unit: UnitKey, agent: string, time: number): void {
    const [wall, steady] = [this.wall(), this.steady()];
    this.#noteSetting(wall, steady);
    const aheadMs = time - wall;
    const key = `${unit}/${agent}`;
    const known = this.#voices.get(key);
    if (known !== undefined) {
      if (aheadMs < known.aheadMs && steady - known.at < LATEST_OF_MS) return;
      [known.aheadMs, known.at] = [aheadMs, steady];
    } else if (this.#hasRoomFor(unit, agent)) this.#voices.set(key, { unit, agent, aheadMs, at: steady });
    const isDoubted = this.#correctionMs !== 0 || this.#behindMs !== 0 || Math.abs(aheadMs) >= DOUBTED_MS;
    if (steady < this.#lookAfter || !isDoubted) return;
    this.#lookAfter = steady + LOOK_MS;
    this.#look(steady);
  }

  /** No flood of names keeps out one that has been known for long: the oldest voice makes room. */
  #hasRoomFor(unit: UnitKey, agent: string): boolean {
    if (this.#voices.size < MOST_AGENTS) return true;
    if (!this.isEstablished(unit, agent)) return false;
    const [oldest] = this.#voices.keys();
    return this.#voices.delete(oldest);
  }

  #noteSetting(wall: number, steady: number): void {
    if (Math.abs(wall - steady - this.#between) > SET_MS) {
      // Whatever was reckoned was of another clock.
      this.#voices.clear();
      this.#correctionMs = 0;
      this.#noteBehind(0, steady);
      this.#lookAfter = -Infinity;
    }
    // A slow drift is no change.
    this.#between = wall - steady;
  }

  #look(steady: number): void {
    const [all, established]: [number[], number[]] = [[], []];
    for (const [key, { unit, agent, aheadMs, at }] of this.#voices) {
      if (steady - at > HEARD_MS) {
        this.#voices.delete(key);
        continue;
      }
      all.push(aheadMs);
      if (this.isEstablished(unit, agent)) established.push(aheadMs);
    }
    const asked = established.length >= LEAST_AGENTS ? established : all;
    this.#noteBehind(Math.min(MOST_BEHIND_MS, mostSay(asked.map((ms) => -ms))), steady);
    const wanted = Math.min(MOST_MS, mostSay(asked));
    const isNews = (wanted === 0) !== (this.#correctionMs === 0) ||
      Math.abs(wanted - this.#correctionMs) >= LEAST_CHANGE_MS;
    if (isNews) this.#correctionMs = wanted;
  }

  #noteBehind(ms: number, steady: number): void {
    this.#behindMs = ms;
    if (ms === 0) this.#behindSince = { at: Infinity, ms };
    else if (this.#behindSince.at === Infinity || Math.abs(ms - this.#behindSince.ms) > STEADY_WITHIN_MS) {
      this.#behindSince = { at: steady, ms };
    }
  }
}

/** How far most of some agents are ahead; 0 where most of them are not. */
function mostSay(all: readonly number[]): number {
  const ahead = all.filter((ms) => ms >= DOUBTED_MS).sort((a, b) => a - b);
  const isMost = ahead.length >= LEAST_AGENTS && 2 * ahead.length > all.length;
  return isMost ? ahead[(ahead.length - 1) >> 1]! : 0;
}
