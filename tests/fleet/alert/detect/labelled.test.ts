/* A labelled set of made traces: what the detectors find, and what they do not, held by bars. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lineAt } from "../../../../fleet/alert/detect/line.ts";
import { outlierScores } from "../../../../fleet/alert/detect/peers.ts";
import { readSeasons, seasonOf, seasonScore } from "../../../../fleet/alert/detect/season.ts";
import { Usual } from "../../../../fleet/alert/detect/usual.ts";
import { Ring } from "../../../../fleet/alert/evaluate/ring.ts";
import { TestStore } from "../../support/alerts_store.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const WEEK = 168 * HOUR;
/** Three weeks are history, the fourth is looked at: a reading a minute. */
const WEEKS = 3;
const LABEL_AT = WEEK * WEEKS + 100 * HOUR + 17 * MINUTE;
const LABEL_MS = 2 * HOUR;

/** Numbers that look random, and are the same each time. */
function random(seed: number): () => number {
  let state = seed * 2_654_435_761 >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Trace {
  readonly shape: string;
  readonly isAnomalous: boolean;
  /** Of a moment from the beginning, NaN where there is no reading. */
  readonly valueAt: (time: number, noise: number) => number;
  readonly restartsAt?: number;
}

const isLabelled = (time: number) => time >= LABEL_AT && time < LABEL_AT + LABEL_MS;
const hill = (time: number) => 1 + Math.sin(2 * Math.PI * time / (24 * HOUR));
/** Busy each Monday from nine to ten, by a step. */
const isMonday = (time: number) => time % WEEK >= 9 * HOUR && time % WEEK < 10 * HOUR;

/** Traces of a kind, each with a size and a noise of its own. */
function traces(): Trace[] {
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

/** How long both detectors agree without a gap, at most, while a trace is looked at; as `for` would have it. */
function longestAgreement({ valueAt, restartsAt }: Trace, seed: number): { inside: number; outside: number } {
  const next = random(seed);
  const usual = new Usual("cpu_percent", 1);
  const means: number[] = [];
  let [sum, count, run] = [0, 0, 0];
  const longest = { inside: 0, outside: 0 };
  const end = (WEEKS + 1) * WEEK;
  for (let time = 0; time < end; time += MINUTE) {
    if (time === restartsAt) usual.clear(0);
    const value = valueAt(time, next());
    usual.add(0, value);
    sum += value;
    count++;
    if (time % HOUR === HOUR - MINUTE) {
      means.push(sum / count);
      [sum, count] = [0, 0];
    }
    if (time < WEEKS * WEEK) continue;
    const hour = Math.floor(time / HOUR);
    const weeks = [1, 2, 3].map((back) => [-1, 0, 1].map((by) => means[hour - 168 * back + by] ?? NaN));
    const season = seasonOf("cpu_percent", weeks);
    const score = Math.min(usual.scores[0], seasonScore(season ?? undefined, value));
    run = score > 6 ? run + 1 : 0;
    const where = isLabelled(time) || isLabelled(time - 30 * MINUTE) ? "inside" : "outside";
    longest[where] = Math.max(longest[where], run);
  }
  return longest;
}

describe("the labelled set", { timeout: 120_000 }, () => {
  test("anomalies are found, and what is none is not", () => {
    const FOR = 5;
    const found: string[] = [];
    const [hits, alarms, missed] = [[] as string[], [] as string[], [] as string[]];
    traces().forEach((trace, seed) => {
      const { inside, outside } = longestAgreement(trace, seed + 1);
      const isFound = inside >= FOR;
      found.push(`${trace.shape} ${isFound} ${outside >= FOR}`);
      if (outside >= FOR || (isFound && !trace.isAnomalous)) alarms.push(trace.shape);
      if (isFound && trace.isAnomalous) hits.push(trace.shape);
      if (!isFound && trace.isAnomalous) missed.push(trace.shape);
    });
    const precision = hits.length / (hits.length + alarms.length);
    const recall = hits.length / (hits.length + missed.length);
    const report = `precision ${precision}, recall ${recall}; false: ${alarms.join(", ")}; missed: ${
      missed.join(", ")
    }`;
    assert.equal(found.length, 72);
    assert.ok(precision >= 0.95, report);
    assert.ok(recall >= 0.9, report);
  });

  test("a fixed threshold at the same share of false alarms finds less", () => {
    // The best single threshold on the value itself, over all traces: what it takes to be right.
    const all = traces().map((trace, seed) => {
      const next = random(seed + 1);
      let [inside, outside] = [0, 0];
      for (let time = WEEKS * WEEK; time < (WEEKS + 1) * WEEK; time += MINUTE) {
        const value = trace.valueAt(time, next());
        if (isLabelled(time) && trace.isAnomalous) inside = Math.max(inside, value);
        else outside = Math.max(outside, value);
      }
      return { isAnomalous: trace.isAnomalous, inside, outside };
    });
    let best = 0;
    for (let threshold = 0; threshold < 400; threshold++) {
      const hits = all.filter(({ isAnomalous, inside }) => isAnomalous && inside > threshold).length;
      const alarms = all.filter(({ outside }) => outside > threshold).length;
      if (hits > 0 && hits / (hits + alarms) >= 0.95) {
        best = Math.max(
          best,
          hits / all.filter((one) => one.isAnomalous).length,
        );
      }
    }
    assert.ok(best < 0.5, `${best}`);
  });

  test("a drift is told by a straight line, and a restart's climb is not long enough for one", () => {
    const ring = new Ring("mean", 6 * HOUR, 24, 1);
    const next = random(5);
    // 100 MiB, and 10 MiB more each hour, with noise.
    for (let time = 0; time <= 8 * HOUR; time += MINUTE) {
      ring.add(0, time, 100 + 10 * time / HOUR + 5 * (next() - 0.5));
    }
    const inADay = lineAt(ring, 0, 8 * HOUR, 24 * HOUR);
    assert.ok(Math.abs(inADay - (100 + 10 * 32)) < 5, `${inADay}`);
    const flat = new Ring("mean", 6 * HOUR, 24, 1);
    for (let time = 0; time <= 8 * HOUR; time += MINUTE) flat.add(0, time, 100);
    assert.ok(Math.abs(lineAt(flat, 0, 8 * HOUR, 24 * HOUR) - 100) < 1e-6);
    const young = new Ring("mean", 6 * HOUR, 24, 1);
    for (let time = 0; time <= 2 * HOUR; time += MINUTE) young.add(0, time, time);
    assert.ok(Number.isNaN(lineAt(young, 0, 2 * HOUR, HOUR)));
  });

  test("an outlier is one among five and more", () => {
    const values = Float64Array.from([20, 21, 19, 22, 90, NaN, 1, 2, 3, 99]);
    const scores = new Float64Array(10);
    outlierScores("cpu_percent", values, [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9]], scores);
    assert.ok(scores[4] > 10 && [0, 1, 2, 3].every((at) => scores[at] < 2), String(scores));
    assert.ok([5, 6, 7, 8, 9].every((at) => Number.isNaN(scores[at])), String(scores));
  });

  test("an hour of the week needs two weeks to be known", async () => {
    const store = new TestStore();
    const now = 10 * WEEK + 5 * HOUR + 20 * MINUTE;
    const asked: number[] = [];
    const weeksThere = (weeks: number) =>
      store.hoursOf = (_, from) => {
        asked.push((now - from) / HOUR);
        if (now - from > weeks * WEEK + 3 * HOUR) return [];
        const roll = (mean: number) => ({ n: 60, sum: 60 * mean, min: 0, max: 0, increase: 0 });
        return [0, 1, 2].map((at) => ({ hour: from + at * HOUR, rolls: [[7, roll(40 + at)]] as const }));
      };
    weeksThere(1);
    assert.equal((await readSeasons(store.asStore, "d/c", "cpu_percent", now)).size, 0);
    weeksThere(2);
    const season = (await readSeasons(store.asStore, "d/c", "cpu_percent", now)).get(7);
    assert.deepEqual([season?.low, season?.high], [40, 42]);
    // 5 % of the middle, and one percent: weeks do not differ.
    assert.ok(Math.abs(season!.scale - 3.05) < 1e-9, `${season!.scale}`);
    assert.ok(asked[0] > 168 && asked[0] < 170, String(asked));
  });
});
