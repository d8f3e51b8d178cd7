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
/** Whoever has most names could make us believe anything: no more than this. */
const MOST_MS = 86_400_000;
/** A clock that goes on otherwise than the steady one by so much was set. */
const SET_MS = 1_000;
/** What is reckoned is changed for no less. */
const LEAST_CHANGE_MS = 5_000;

/**
 * What time it is where nothing but agents can tell that our clock is slow: nothing comes from the future. When most
 * agents say it is later than our clock does, it is as late as they say.
 */
export class AgentsClock {
  /** By agent: how far it was ahead of our clock at the most, and when that was, by the steady clock. */
  readonly #agents = new Map<string, { aheadMs: number; at: number }>();
  #correctionMs = 0;
  #lookAfter = -Infinity;
  #between: number;

  /**
   * @param wall the clock of this machine, ms since 1970
   * @param steady one that is never set, ms
   */
  constructor(
    readonly wall: () => number = Date.now,
    readonly steady: () => number = () => performance.now(),
  ) {
    this.#between = wall() - steady();
  }

  /** What time it is, ms since 1970. */
  readonly now = (): number => {
    const wall = this.wall();
    this.#noteSetting(wall, this.steady());
    return wall + this.#correctionMs;
  };

  /** How far the clock of this machine is ahead of it, ms: never more than 0. */
  get aheadMs(): number {
    return 0 - this.#correctionMs;
  }

  /** An agent has said that it is some time by its clock. */
  hear(agent: string, time: number): void {
    const [wall, steady] = [this.wall(), this.steady()];
    this.#noteSetting(wall, steady);
    const aheadMs = time - wall;
    const known = this.#agents.get(agent);
    if (known !== undefined) {
      if (aheadMs < known.aheadMs && steady - known.at < LATEST_OF_MS) return;
      [known.aheadMs, known.at] = [aheadMs, steady];
    } else if (this.#agents.size < MOST_AGENTS) this.#agents.set(agent, { aheadMs, at: steady });
    if (steady < this.#lookAfter || (this.#correctionMs === 0 && aheadMs < DOUBTED_MS)) return;
    this.#lookAfter = steady + LOOK_MS;
    this.#look(steady);
  }

  #noteSetting(wall: number, steady: number): void {
    if (Math.abs(wall - steady - this.#between) > SET_MS) {
      // Whatever was reckoned was of another clock.
      this.#agents.clear();
      this.#correctionMs = 0;
      this.#lookAfter = -Infinity;
    }
    // A slow drift is no change.
    this.#between = wall - steady;
  }

  #look(steady: number): void {
    const ahead: number[] = [];
    for (const [agent, { aheadMs, at }] of this.#agents) {
      if (steady - at > HEARD_MS) this.#agents.delete(agent);
      else if (aheadMs >= DOUBTED_MS) ahead.push(aheadMs);
    }
    const isMost = ahead.length >= LEAST_AGENTS && 2 * ahead.length > this.#agents.size;
    ahead.sort((a, b) => a - b);
    const wanted = isMost ? Math.min(MOST_MS, ahead[(ahead.length - 1) >> 1]!) : 0;
    const isNews = (wanted === 0) !== (this.#correctionMs === 0) ||
      Math.abs(wanted - this.#correctionMs) >= LEAST_CHANGE_MS;
    if (isNews) this.#correctionMs = wanted;
  }
}
