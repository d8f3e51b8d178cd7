import { leastDifference } from "./robust.ts";

/** Readings before there is a usual. */
const LEARNING = 60;
/** How much of a reading the usual takes over, and of one that is unusual. */
const [PACE, SLOW_PACE] = [0.02, 0.001];
const UNUSUAL = 6;
/** Of the mean: what varies less is steady. */
const FLOOR = 0.02;

/**
 * What is usual for a figure of many things, by an exponentially weighted mean and variance: a reading is so many
 * deviations away from it. A new run learns anew, for a restart is not an anomaly.
 */
export class Usual {
  readonly #least: number;
  #mean: Float64Array;
  #variance: Float64Array;
  #seen: Uint16Array;
  /** Of the last readings; NaN while nothing is usual yet. */
  scores: Float64Array;

  constructor(figure: string, capacity: number) {
    this.#least = leastDifference(figure);
    this.#mean = new Float64Array(capacity);
    this.#variance = new Float64Array(capacity);
    this.#seen = new Uint16Array(capacity);
    this.scores = new Float64Array(capacity).fill(NaN);
  }

  /** Bytes for so many things. */
  static bytes(capacity: number): number {
    return capacity * 26;
  }

  grow(capacity: number): void {
    const [mean, variance, seen, scores] = [this.#mean, this.#variance, this.#seen, this.scores];
    (this.#mean = new Float64Array(capacity)).set(mean);
    (this.#variance = new Float64Array(capacity)).set(variance);
    (this.#seen = new Uint16Array(capacity)).set(seen);
    (this.scores = new Float64Array(capacity).fill(NaN)).set(scores);
  }

  clear(slot: number): void {
    this.#seen[slot] = 0;
    this.scores[slot] = NaN;
  }

  add(slot: number, value: number): void {
    if (value !== value) return;
    const seen = this.#seen[slot];
    if (seen === 0) {
      this.#mean[slot] = value;
      this.#variance[slot] = 0;
    }
    const mean = this.#mean[slot];
    const away = value - mean;
    const score = Math.abs(away) / (Math.sqrt(this.#variance[slot]) + FLOOR * Math.abs(mean) + this.#least);
    const isLearning = seen < LEARNING;
    // The first readings count alike, as in a plain mean.
    const pace = isLearning ? Math.max(PACE, 1 / (seen + 1)) : score > UNUSUAL ? SLOW_PACE : PACE;
    this.#mean[slot] = mean + pace * away;
    this.#variance[slot] = (1 - pace) * (this.#variance[slot] + pace * away * away);
    if (isLearning) this.#seen[slot]++;
    this.scores[slot] = isLearning ? NaN : score;
  }
}
