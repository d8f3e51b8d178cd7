import process from "node:process";
import { seasonOf, seasonScore } from "../../fleet/alert/detect/season.ts";
import { Usual } from "../../fleet/alert/detect/usual.ts";
import type { Bench, Check } from "../lib/result.ts";
import { KMeansDetector } from "./k_means_detector.ts";
import { HOUR, isLabelled, MINUTE, random, traces, WEEK, WEEKS } from "./labelled_traces.ts";
import type { Trace } from "./labelled_traces.ts";

/** A rule says something when a detector has for so many minutes without a gap. */
const FOR = 5;

/** For how many readings in a row a detector said something, at most: while there was an anomaly, and while not. */
interface Longest {
  inside: number;
  outside: number;
}

/** How long both detectors agree without a gap, at most, while a trace is looked at; as `for` would have it. */
export function longestAgreement({ valueAt, restartsAt }: Trace, seed: number): Longest {
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

/** The same of a detector as Netdata has it, which looks two and a half days back. */
function longestOfKMeans({ valueAt }: Trace, seed: number): Longest {
  const next = random(seed);
  const detector = new KMeansDetector(MINUTE);
  const longest = { inside: 0, outside: 0 };
  let run = 0;
  for (let time = 0; time < (WEEKS + 1) * WEEK; time += MINUTE) {
    const value = valueAt(time, next());
    if (time < WEEKS * WEEK - 60 * HOUR) continue;
    const isAnomalous = detector.add(time, value);
    if (time < WEEKS * WEEK) continue;
    run = isAnomalous ? run + 1 : 0;
    const where = isLabelled(time) || isLabelled(time - 30 * MINUTE) ? "inside" : "outside";
    longest[where] = Math.max(longest[where], run);
  }
  return longest;
}

/** The same of a threshold on the value. */
function longestAbove({ valueAt }: Trace, seed: number, threshold: number): Longest {
  const next = random(seed);
  const longest = { inside: 0, outside: 0 };
  let run = 0;
  for (let time = 0; time < (WEEKS + 1) * WEEK; time += MINUTE) {
    const value = valueAt(time, next());
    if (time < WEEKS * WEEK) continue;
    run = value > threshold ? run + 1 : 0;
    const where = isLabelled(time) || isLabelled(time - 30 * MINUTE) ? "inside" : "outside";
    longest[where] = Math.max(longest[where], run);
  }
  return longest;
}

/** Of what was said, and of what was to be said, the share that was right. */
interface Score {
  readonly precision: number;
  readonly recall: number;
}

/** @param all of each trace, in their order */
function scoreOf(all: readonly Longest[], forReadings: number): Score {
  let [hits, alarms, missed] = [0, 0, 0];
  traces().forEach(({ isAnomalous }, at) => {
    const isFound = all[at].inside >= forReadings;
    if (all[at].outside >= forReadings || (isFound && !isAnomalous)) alarms++;
    if (isFound && isAnomalous) hits++;
    if (!isFound && isAnomalous) missed++;
  });
  return { precision: hits + alarms === 0 ? 0 : hits / (hits + alarms), recall: hits / (hits + missed) };
}

const f1 = ({ precision, recall }: Score) =>
  precision + recall === 0 ? 0 : 2 * precision * recall / (precision + recall);

/** What detectors find of made anomalies, and what they only think that they have found. */
export const fleetDetectors: Bench = {
  about: "anomalies in 72 labelled traces: our detectors, k-means as Netdata has it, fixed thresholds",
  run() {
    const rows: (string | number | null)[][] = [];
    const count = traces().length * (WEEKS + 1) * WEEK / MINUTE;
    const measure = (longestOf: (trace: Trace, seed: number) => Longest, readings: number) => {
      const before = process.cpuUsage();
      const all = traces().map((trace, at) => longestOf(trace, at + 1));
      const { user, system } = process.cpuUsage(before);
      return { all, cost: (user + system) * 1_000 / readings };
    };
    const put = (name: string, score: Score, cost: number | null) =>
      rows.push([name, score.precision * 100, score.recall * 100, f1(score) * 100, cost]);
    const own = measure(longestAgreement, count);
    const ours = scoreOf(own.all, FOR);
    put(`EWMA and the hour of the week agree, for ${FOR} min`, ours, own.cost);
    const other = measure(longestOfKMeans, traces().length * (WEEK + 60 * HOUR) / MINUTE);
    const theirs = [1, 3, FOR, 10].map((forReadings) => ({
      forReadings,
      score: scoreOf(other.all, forReadings),
    }));
    for (const { forReadings, score } of theirs) {
      put(`18 models of k-means agree, for ${forReadings} min`, score, other.cost);
    }
    const fixed = [20, 30, 40, 60, 80, 100, 150].map((threshold) => ({
      threshold,
      score: scoreOf(
        traces().map((trace, at) => longestAbove(trace, at + 1, threshold)),
        FOR,
      ),
    })).sort((a, b) => f1(b.score) - f1(a.score));
    for (const { threshold, score } of fixed.slice(0, 3)) {
      put(`above ${threshold}, one of the three best thresholds, for ${FOR} min`, score, null);
    }
    const best = Math.max(...theirs.map(({ score }) => f1(score)), f1(fixed[0].score));
    const checks: Check[] = [
      {
        what: "false or missed of ours, 100 less F1",
        unit: "%",
        measured: 100 - f1(ours) * 100,
        wanted_at_most: 8,
      },
      {
        what: "the same, as a share of the best of the others",
        unit: "",
        measured: (1 - f1(ours)) / (1 - best),
        wanted_at_most: 0.5,
      },
    ];
    return Promise.resolve({
      tables: [{
        title: `${traces().length} traces of four weeks, a reading a minute; the fourth week is looked at`,
        columns: [
          { name: "" },
          { name: "precision, %", digits: 0 },
          { name: "recall, %", digits: 0 },
          { name: "F1, %", digits: 0 },
          { name: "CPU ns a reading", digits: 0 },
        ],
        rows,
      }],
      checks,
      notes: [
        "k-means: 2 centres, differences smoothed over 3 and lagged by 5, 18 models of six hours each, three hours apart; " +
        "written anew from what Netdata documents, with minutes for its seconds",
      ],
    });
  },
};
