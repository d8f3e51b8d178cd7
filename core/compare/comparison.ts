import { checkValue, listOf, OBJECT, objectWith, oneOf, rule, TEXT } from "../option.ts";
import { COMPARISON_SCHEMA } from "../schema/comparison_schema.ts";
import type { Comparison, Difference, Judgement, Measurement } from "../schema/comparison_schema.ts";
import type { Account, Quality, StartRecord, SummaryRecord } from "../schema/record.ts";
import { QUANTITIES, QUANTITY_NAMES, resolutionOf } from "./quantity.ts";
import type { QuantityName } from "./quantity.ts";
import { THRESHOLD_PERCENT } from "./threshold.ts";
import { describe, holm, welch } from "./statistics.ts";
import type { Description } from "./statistics.ts";

/** A test needs so many runs on either side: with two, chance makes any difference. */
const FEWEST_RUNS = 3;
/** Confidence of the intervals; its complement is the level of the tests. */
const CONFIDENCE = 0.95;

/** A run that has ended. */
export interface EndedRun {
  /** Its first record: the command, the profile and the machine. */
  readonly start: StartRecord;
  /** Its last record: what it cost. */
  readonly summary: SummaryRecord;
}

/** Runs that belong together: the same command, again and again. There is one at least. */
export interface RunSet {
  /** How the set is named in a comparison. */
  readonly label: string;
  /** Where they were read; null when they were just made. */
  readonly file: string | null;
  /** At least one, in the order they were made. */
  readonly runs: readonly EndedRun[];
}

const LIST = listOf("a list", () => null);
/** What a comparison has to be. */
export const COMPARISON = objectWith("what compareSets returns", {
  sets: LIST,
  quantities: LIST,
  judgements: LIST,
  notes: LIST,
});
const ENDED_RUNS = listOf("runs", objectWith("a run that has ended", { start: OBJECT, summary: OBJECT }));
const RUN_SETS = listOf(
  "a list of sets, { label, file, runs }, of one run at least that has ended",
  objectWith("a set of runs", {
    label: TEXT,
    runs: rule("runs", (value) => ENDED_RUNS(value) === null && (value as readonly EndedRun[]).length > 0),
  }),
);
const THRESHOLD = rule(
  "a percentage of 0 or more",
  (value) => typeof value === "number" && Number.isFinite(value) && value >= 0,
);
const QUANTITY_LIST = listOf("a list of quantities, such as cpu_seconds", oneOf(...QUANTITY_NAMES));

/** From good to bad; what is unavailable in one run of several is the worst. */
const QUALITIES: readonly Quality[] = ["exact", "sampled", "upper_bound", "lower_bound", "unavailable"];

/**
 * Hold sets of runs against the first of them.
 *
 * Welch's t-test for each quantity and set, corrected by Holm's method for all of these tests together. What is not
 * counted alike, or only a bound, is not tested.
 *
 * @param thresholdPercent a difference of less is of no practical size, however sure it is
 * @throws ProctorError of kind `usage` when these are no sets, or there is no such quantity
 */
export function compareSets(
  sets: readonly RunSet[],
  names: readonly QuantityName[],
  thresholdPercent: number = THRESHOLD_PERCENT,
): Comparison {
  checkValue("sets", sets, RUN_SETS);
  checkValue("names", names, QUANTITY_LIST);
  checkValue("thresholdPercent", thresholdPercent, THRESHOLD);
  const quantities = names.map((name) => {
    const measurements = sets.map((set) => measure(set, name));
    const differences = measurements.slice(1).map((measurement, index) =>
      differ(name, measurements[0], measurement, index + 1)
    );
    return { name, measurements, differences };
  }).filter(({ measurements }) => measurements.some(({ mean }) => mean !== null));
  const tested = quantities.flatMap(({ differences }) => differences).filter(({ probability }) =>
    probability !== null
  );
  const adjusted = holm(tested.map(({ probability }) => probability!));
  tested.forEach((difference, index) => settle(difference, adjusted[index], thresholdPercent));
  return {
    kind: "comparison",
    schema: COMPARISON_SCHEMA,
    test: "welch_t",
    correction: "holm",
    confidence_percent: CONFIDENCE * 100,
    threshold_percent: thresholdPercent,
    test_count: tested.length,
    sets: sets.map(factsOf),
    quantities,
    judgements: [] as Judgement[],
    notes: notes(sets),
  };
}

function factsOf({ label, file, runs }: RunSet): Comparison["sets"][number] {
  const [{ start }] = runs;
  return {
    label,
    file,
    command: start.command,
    host_name: start.environment.host_name,
    run_count: runs.length,
    failed_run_count: runs.filter(({ summary }) => !isGood(summary)).length,
    first_timestamp: start.timestamp,
  };
}

/** Whether a run ended as a good one does; a tree that was attached to has no exit code. */
function isGood({ outcome, exit_code }: SummaryRecord): boolean {
  return outcome === "exited" && (exit_code === 0 || exit_code === null);
}

/** One quantity over the runs of a set. */
export function measure({ runs }: RunSet, name: QuantityName): Measurement {
  const values = runs.map(({ summary }) => summary[name]).filter((value) => typeof value === "number");
  const accounts = runs.flatMap(({ summary }) => accountOf(summary, name) ?? []);
  const sources = new Set(accounts.map(({ source }) => source));
  const worst = accounts.reduce<Quality>(
    (worse, { quality }) => rank(quality) > rank(worse) ? quality : worse,
    "exact",
  );
  const common = {
    count: values.length,
    source: sources.size === 1 ? [...sources][0] : null,
    quality: values.length === 0 ? "unavailable" as const : worst,
  };
  if (values.length === 0) {
    return { ...common, mean: null, deviation: null, median: null, min: null, max: null, values };
  }
  const { mean, deviation, median, min, max } = describe(values);
  return { ...common, mean, deviation: Number.isNaN(deviation) ? null : deviation, median, min, max, values };
}

function accountOf({ accounting }: SummaryRecord, name: QuantityName): Account | undefined {
  const { account: by } = QUANTITIES[name];
  if (by === "clock") return { source: "clock", quality: "exact" };
  return by === "samples" ? { source: "samples", quality: "sampled" } : accounting[by];
}

const rank = (quality: Quality) => QUALITIES.indexOf(quality);

function differ(name: QuantityName, first: Measurement, second: Measurement, set: number): Difference {
  const obstacle = whyNotComparable(first, second);
  const open: Difference = {
    set,
    difference: null,
    difference_percent: null,
    low: null,
    high: null,
    probability: null,
    adjusted_probability: null,
    verdict: "not_comparable",
    is_practical: false,
    reason: obstacle,
  };
  if (obstacle !== null) return open;
  const told = second.mean! - first.mean!;
  const isNone = Math.abs(told) < resolutionOf(name, first.mean!);
  const difference = isNone ? 0 : told;
  const difference_percent = first.mean === 0 ? null : (difference / first.mean!) * 100;
  const fewest = Math.min(first.count, second.count);
  if (fewest < FEWEST_RUNS) {
    const reason = `${
      fewest === 1 ? "a single run" : `${fewest} runs`
    }; ${FEWEST_RUNS} are needed to know the noise`;
    return { ...open, difference, difference_percent, verdict: "too_few_runs", reason };
  }
  const mean = isNone ? first.mean! : second.mean!;
  const { low, high, probability } = welch(described(first), { ...described(second), mean }, CONFIDENCE);
  return { ...open, difference, difference_percent, low, high, probability, reason: null };
}

function described({ count, mean, deviation, median, min, max }: Measurement): Description {
  return { count, mean: mean!, deviation: deviation!, median: median!, min: min!, max: max! };
}

/** What forbids to hold two figures against each other, or null. */
function whyNotComparable(first: Measurement, second: Measurement): string | null {
  if (first.mean === null || second.mean === null) return "unknown on one side";
  for (const { quality } of [first, second]) {
    if (quality === "lower_bound") return "only known to be at least so much";
    if (quality === "unavailable") return "unknown in some runs";
  }
  // What is complete is the same, whoever counted it; samples and bounds are alike only if they came about alike.
  if (first.quality === "exact" && second.quality === "exact") return null;
  if (first.source === null || second.source === null) return "not counted alike in all runs";
  if (first.quality === second.quality && first.source === second.source) return null;
  return `${manner(first)} in the first set, ${manner(second)} in this one`;
}

function manner({ quality, source }: Measurement): string {
  return `${quality.replace("_", " ")} by ${source}`;
}

function settle(difference: Difference, adjusted: number, thresholdPercent: number): void {
  difference.adjusted_probability = adjusted;
  const isOne = adjusted < 1 - CONFIDENCE;
  difference.verdict = !isOne ? "within_noise" : difference.difference! > 0 ? "more" : "less";
  const { difference_percent } = difference;
  // From nothing to something is a difference of any percentage.
  difference.is_practical = isOne &&
    (difference_percent === null || Math.abs(difference_percent) >= thresholdPercent);
}

/** What a reader has to know beside the figures. */
function notes(sets: readonly RunSet[]): string[] {
  const found: string[] = [];
  for (const { label, runs } of sets) {
    const lead = sets.length > 1 ? `${label}: ` : "";
    const failed = runs.filter(({ summary }) => !isGood(summary));
    if (failed.length > 0) {
      const all = runs.length === 1 ? "the run" : `${failed.length} of ${runs.length} runs`;
      found.push(`${lead}${all} did not end well (${endings(failed)})`);
    }
    const commands = new Set(runs.map(({ start }) => JSON.stringify(start.command)));
    if (commands.size > 1) found.push(`${lead}the runs are of ${commands.size} different commands`);
  }
  const places = sets.map(({ runs }) => runs[0].start.environment);
  const differing = ([
    ["host", "host_name"],
    ["kernel", "kernel"],
    ["CPU model", "cpu_model"],
    ["number of CPUs", "online_cpu_count"],
    ["CPU quota", "cpu_quota_cores"],
    ["memory limit", "memory_limit_bytes"],
  ] as const).filter(([, key]) => places.some((place) => place[key] !== places[0][key])).map(([word]) =>
    word
  );
  if (differing.length > 0) {
    found.push(`the runs were made in different places: they differ in ${differing.join(", ")}`);
  }
  return found;
}

function endings(failed: readonly EndedRun[]): string {
  const words = failed.map(({ summary: { outcome, exit_code, signal } }) =>
    outcome === "exited"
      ? `exit code ${exit_code}`
      : outcome === "signaled"
      ? `${signal}`
      : outcome.replaceAll("_", " ")
  );
  return [...new Set(words)].join(", ");
}
