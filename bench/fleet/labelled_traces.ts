/* A labelled set of made traces: what is an anomaly in them, and what is none. */

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const WEEK = 168 * HOUR;
/** Three weeks are history, the fourth is looked at: a reading a minute. */
export const WEEKS = 3;
const LABEL_AT = WEEK * WEEKS + 100 * HOUR + 17 * MINUTE;
const LABEL_MS = 2 * HOUR;

/** Numbers that look random, and are the same each time. */
export function random(seed: number): () => number {
  let state = seed * 2_654_435_761 >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A figure over four weeks. */
export interface Trace {
  readonly shape: string;
  readonly isAnomalous: boolean;
  /** Of a moment from the beginning, NaN where there is no reading. */
  readonly valueAt: (time: number, noise: number) => number;
  readonly restartsAt?: number;
}

/** Whether a time is of the anomaly, where there is one. */
export const isLabelled = (time: number) => time >= LABEL_AT && time < LABEL_AT + LABEL_MS;
const hill = (time: number) => 1 + Math.sin(2 * Math.PI * time / (24 * HOUR));
/** Busy each Monday from nine to ten, by a step. */
const isMonday = (time: number) => time % WEEK >= 9 * HOUR && time % WEEK < 10 * HOUR;

/** Traces of a kind, each with a size and a noise of its own. */
export function traces(): Trace[] {
  const made: Trace[] = [];
  for (let at = 0; at < 8; at++) {
    const base = 10 + 4 * at;
    const noisy = (share: number) => (noise: number) => base * (1 + share * (noise - 0.5));
    const calm = noisy(0.05 + 0.05 * at);
    made.push(
      {
        shape: "step",
        isAnomalous: true,
        valueAt: (time, noise) => calm(noise) + (isLabelled(time) ? 2.5 * base : 0),
      },
      {
        shape: "spike",
        isAnomalous: true,
        valueAt: (time, noise) =>
          calm(noise) + (isLabelled(time) && time % (20 * MINUTE) < 7 * MINUTE ? 4 * base : 0),
      },
      {
        shape: "collapse",
        isAnomalous: true,
        valueAt: (time, noise) => isLabelled(time) ? 0.1 * base : calm(noise) + 20,
      },
      { shape: "flat", isAnomalous: false, valueAt: () => base },
      { shape: "noise", isAnomalous: false, valueAt: (_, noise) => noisy(0.6)(noise) },
      { shape: "season", isAnomalous: false, valueAt: (time, noise) => base * hill(time) + calm(noise) },
      {
        shape: "busy hour",
        isAnomalous: false,
        valueAt: (time, noise) => calm(noise) + (isMonday(time) ? 3 * base : 0),
      },
      { shape: "drift", isAnomalous: false, valueAt: (time, noise) => calm(noise) * (1 + time / (4 * WEEK)) },
      {
        shape: "restart",
        isAnomalous: false,
        restartsAt: LABEL_AT,
        // It begins small, and is what it was after ten minutes.
        valueAt: (time, noise) =>
          calm(noise) * (time < LABEL_AT ? 1 : Math.min(1, 0.2 + (time - LABEL_AT) / (10 * MINUTE))),
      },
    );
  }
  return made;
}
