import type { ProcessTree } from "../../group/process_tree.ts";
import type { Wake } from "../../group/wake.ts";
import { loopTurn } from "../../io/loop_turn.ts";
import type { PassedTicks, StandStill, StillTicks } from "../../platform/mod.ts";

/** A program that owns its main thread, and what it may do with it. */
export interface OwnThread {
  /** Whether nothing but signals, streams and the ends of children is waited for: no timer, no connection. */
  mayStandStill(): boolean;
  /** Where samples go as lines, if they do. */
  readonly lines?: SampleLines;
}

/** Takes samples as lines of JSON, for who only writes them. */
export interface SampleLines {
  /** Whether lines will do: nobody else reads samples. */
  readonly areEnough: boolean;
  /**
   * Take a line, its end included: a sample that is like the one before in all but its time. Its memory is used again.
   */
  take(line: Uint8Array): void;
  /** Lines follow one another until {@link end}. */
  begin(): void;
  /** Those were all for now. */
  end(): void;
}

/**
 * The event loop has a turn at least this often: what the runtime does by timers must not wait for ever. Not more
 * often: the collector takes the opportunity, which costs as much as a dozen ticks.
 */
const LONGEST_STAND_MS = 60_000;
/** What was needed to start is not needed any more after this long. */
const STARTED_AFTER_MS = 1_000;
/**
 * Around what is run once in a while it comes back, most of it within this long, and then comes in small pieces. That
 * costs as much CPU as a run needs in a minute at rest, so that short ones are spared, and long ones have it seldom.
 */
const AGAIN_AFTER_MS = 10_000;
const SELDOM_MS = 600_000;
/** Something in the loop that stays ready in spite of so many turns would have us go round and round. */
const MOST_IN_A_ROW = 64;
/** So many members are tried as the one to be watched: most that have ended are not in the list any more. */
const CANDIDATES = 8;

/** What a session does between two ticks: it stands still where it may, and sleeps in the event loop else. */
export class Stillness {
  readonly #still: StandStill | null;
  #turnedMs = performance.now();
  /** When the program's pages are dropped; only of a program that is ours. */
  #dropMs: number;
  #hasDropped = false;
  /** Stands in a row that something has ended. */
  #disturbedCount = 0;
  #hasRung = false;
  #passed: PassedTicks | null = null;

  /** @param thread undefined where the event loop is somebody else's, too */
  constructor(readonly group: ProcessTree, readonly wake: Wake, readonly thread?: OwnThread) {
    this.#still = thread ? group.platform.standStill() : null;
    this.#dropMs = thread ? performance.now() + STARTED_AFTER_MS : Infinity;
  }

  /**
   * Whether a pause is ended by the end of the tree, though its members be no children of ours: it cannot be over
   * before the one member of which we are told.
   */
  noticesEnd(): boolean {
    const still = this.#still;
    if (!still || !this.#mayStand()) return false;
    if (still.isWatching) return true;
    const candidates = this.group.members.slice(0, CANDIDATES);
    return candidates.some((member) => !member.isZombie && still.watch(member));
  }

  /** Whether the next pause is one that a bell ends. */
  hearsBell(): boolean {
    return this.#still !== null && this.#mayStand();
  }

  /** Whether the bell has ended the last pause. */
  get hasRung(): boolean {
    return this.#hasRung;
  }

  /** Whether ticks may be gone through in the next pause. */
  mayPass(): boolean {
    return this.#hasDropped && this.hearsBell();
  }

  /** Ticks that were gone through in the last pause. */
  get passed(): PassedTicks | null {
    return this.#passed;
  }

  /**
   * Pause until something has come about, for so many milliseconds at most.
   * @param bell a descriptor that ends it, too, where it {@link hearsBell}
   * @param ticks what may be gone through meanwhile: {@link passed}
   * @returns what is to be awaited; nothing where time has passed already, and nothing else has happened
   */
  pause(ms: number, bell?: number, ticks?: StillTicks | null): Promise<void> | undefined {
    const now = performance.now();
    this.#hasRung = false;
    this.#passed = null;
    if (now >= this.#dropMs) this.#drop(now);
    const still = this.#still;
    if (!still || ms <= 0 || !this.#mayStand()) {
      this.#disturbedCount = 0;
      return this.wake.sleep(ms);
    }
    if (this.wake.take()) return this.#turn();
    if (now - this.#turnedMs >= LONGEST_STAND_MS) return this.#turn();
    this.#passed = ticks ? still.standThrough(ticks) : null;
    const isDisturbed = this.#passed?.isDisturbed ??
      still.stand(Math.min(ms, LONGEST_STAND_MS, this.#dropMs - now), bell);
    this.#hasRung = still.hasRung;
    if (isDisturbed) {
      this.#disturbedCount++;
      return this.#turn();
    }
    this.#disturbedCount = 0;
    return undefined;
  }

  /** Let go of the program's pages, and again later. */
  #drop(now: number): void {
    const { platform } = this.group;
    if (this.#hasDropped) platform.dropProgramPagesFinely();
    else platform.dropProgramPages();
    this.#dropMs = now + (this.#hasDropped ? SELDOM_MS : AGAIN_AFTER_MS);
    this.#hasDropped = true;
  }

  /** No more pauses. */
  close(): void {
    this.#still?.close();
  }

  #mayStand(): boolean {
    return this.thread!.mayStandStill() && this.#disturbedCount < MOST_IN_A_ROW;
  }

  async #turn(): Promise<void> {
    await loopTurn();
    this.#turnedMs = performance.now();
  }
}
