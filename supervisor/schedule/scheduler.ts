import { nextTimeMs, timeText } from "../../config/next_time.ts";
import type { ScheduleRule } from "../../config/next_time.ts";

/** So often at least the clock is looked at: it may have been set, or the machine have slept. */
const LOOK_EVERY_MS = 10_000;
/** What is later than this is not made up for. */
const LATEST_MS = 60_000;
/** A clock that was put back by less has run too fast: what was started by it is not started again. */
const PUT_BACK_MS = 3_600_000;

/** A process that has a schedule. */
export interface Scheduled {
  readonly id: string;
  readonly schedule: ScheduleRule | null;
  /** Whether it is to be started by it: people may have stopped or disabled it. */
  readonly isToRun: boolean;
  /** Why it is not started now: a clause; null where nothing keeps it. */
  readonly hindrance: string | null;
  /** When it is started next, on the wall clock; null: not by a schedule. */
  scheduledAtMs: number | null;
}

/** What a schedule needs of those who own its processes. */
export interface ScheduleMeans<T extends Scheduled> {
  readonly processes: () => readonly T[];
  readonly start: (one: T) => void;
  /** Tell of a start that has not taken place, in a sentence. */
  readonly tell: (id: string, sentence: string) => void;
  /** The wall clock, in milliseconds. */
  readonly now: () => number;
}

/** Starts processes at the times of their schedules. */
export class Scheduler<T extends Scheduled> {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = true;
  /** The wall clock as it was looked at last. */
  #lookedAtMs = -Infinity;
  readonly #startedAtMs = new WeakMap<T, number>();
  /** The schedule by which the next time of each was found: a reload may have brought another. */
  readonly #rules = new WeakMap<T, string>();

  constructor(readonly means: ScheduleMeans<T>) {}

  /** @param kept when each was to be started next, as the last supervisor has noted down; what was missed is told */
  begin(kept: ReadonlyMap<string, number>): void {
    this.#isStopped = false;
    const now = this.means.now();
    for (const one of this.means.processes()) {
      const missedMs = kept.get(one.id) ?? Infinity;
      if (!one.schedule || !one.isToRun || missedMs > now) continue;
      this.means.tell(
        one.id,
        `its start at ${timeText(missedMs)} was missed: no supervisor was there${NOT_MADE_UP}`,
      );
    }
    this.look();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Start what is due. To be called when there are others, or a person has decided something about them. */
  look(): void {
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    const now = this.means.now();
    const isPutBack = now < this.#lookedAtMs;
    this.#lookedAtMs = now;
    // Without a schedule nobody waits for a time.
    let nextMs = Infinity;
    for (const one of this.means.processes()) {
      if (!one.schedule) continue;
      const isOther = this.#isOther(one);
      if (one.scheduledAtMs === null || isPutBack || isOther) {
        one.scheduledAtMs = this.#next(one, now);
      }
      if (one.scheduledAtMs !== null && one.scheduledAtMs <= now) this.#due(one, one.scheduledAtMs, now);
      nextMs = Math.min(nextMs, now + LOOK_EVERY_MS, one.scheduledAtMs ?? Infinity);
    }
    if (nextMs < Infinity) this.#timer = setTimeout(() => this.look(), Math.max(1, nextMs - now));
  }

  /** Whether its schedule is another one than when it was asked last. */
  #isOther(one: T): boolean {
    const [before, rule] = [this.#rules.get(one), JSON.stringify(one.schedule)];
    this.#rules.set(one, rule);
    return before !== undefined && before !== rule;
  }

  #due(one: T, dueMs: number, now: number): void {
    one.scheduledAtMs = nextTimeMs(one.schedule!, now);
    if (!one.isToRun) return;
    const { hindrance } = one;
    const at = `its start at ${timeText(dueMs)}`;
    if (now - dueMs > LATEST_MS) {
      return this.means.tell(
        one.id,
        `${at} was missed: the clock was set, or the machine has slept${NOT_MADE_UP}`,
      );
    }
    if (hindrance !== null) return this.means.tell(one.id, `${at} is left out: ${hindrance}`);
    this.#startedAtMs.set(one, dueMs);
    this.means.start(one);
  }

  #next(one: T, now: number): number | null {
    const startedMs = this.#startedAtMs.get(one) ?? -Infinity;
    const afterMs = startedMs - now > PUT_BACK_MS ? now : Math.max(now, startedMs);
    return nextTimeMs(one.schedule!, afterMs);
  }
}

const NOT_MADE_UP = "; it is not made up for";
