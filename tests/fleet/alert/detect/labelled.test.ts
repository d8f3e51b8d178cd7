/* A labelled set of made traces: what the detectors find, and what they do not, held by bars. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { longestAgreement } from "../../../../bench/fleet/detectors.ts";
import {
  HOUR,
  isLabelled,
  MINUTE,
  random,
  traces,
  WEEK,
  WEEKS,
} from "../../../../bench/fleet/labelled_traces.ts";
import { lineAt } from "../../../../fleet/alert/detect/line.ts";
import { outlierScores } from "../../../../fleet/alert/detect/peers.ts";
import { readSeasons } from "../../../../fleet/alert/detect/season.ts";
import { Ring } from "../../../../fleet/alert/evaluate/ring.ts";
import { TestStore } from "../../support/alerts_store.ts";

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
