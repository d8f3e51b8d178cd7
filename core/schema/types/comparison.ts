/* Written by scripts/build_types.ts from the schemas. */
import type { Quality } from "./accounting.ts";

/** The runs of one set. */
export type RunSetFacts = {
  label: string;
  /** Where the runs were read; null when they were just made. */
  file: string | null;
  /** That of the first run. */
  command: Array<string>;
  host_name: string;
  run_count: number;
  /** Runs that did not exit with 0; they count like the others. */
  failed_run_count: number;
  first_timestamp: string;
};

/** One quantity over the runs of one set. */
export type Measurement = {
  /** Runs in which it is known. */
  count: number;
  /** Null when it is known in none. */
  mean: number | null;
  /** Standard deviation of the sample; null for a single run. */
  deviation: number | null;
  median: number | null;
  min: number | null;
  max: number | null;
  /** Where the figure comes from; null where runs differ in it, or for the clock. */
  source: string | null;
  /** The worst of the runs. */
  quality: Quality;
  /** Of each run in which it is known, in the order of the runs. */
  values: Array<number>;
};

/** What came of comparing a set with the first one. */
export type Verdict = "more" | "less" | "within_noise" | "too_few_runs" | "not_comparable";

/** The difference between a set and the first one. */
export type Difference = {
  /** Index of the set, from 1; it is held against set 0. */
  set: number;
  /** Mean less the mean of the first set, in the quantity's unit; 0 where that is below its resolution. */
  difference: number | null;
  /** Of the mean of the first set; null where that is zero. */
  difference_percent: number | null;
  /** Lower end of the confidence interval of the difference. */
  low: number | null;
  high: number | null;
  /** Two-sided p of Welch's t-test. */
  probability: number | null;
  /** After Holm's correction for all tests made here. */
  adjusted_probability: number | null;
  verdict: Verdict;
  /** Whether a difference that exceeds the noise is also of threshold_percent or more. */
  is_practical: boolean;
  /** Why there is no test, or what to keep in mind. */
  reason: string | null;
};

/** A condition, judged. */
export type Judgement = {
  condition: string;
  set: number;
  value: number | null;
  /** What the value was held against, in the quantity's unit. */
  bound: number | null;
  outcome: "holds" | "does_not_hold" | "undecided";
  reason: string | null;
};

/** Sets of runs side by side. */
export type Comparison = {
  kind: "comparison";
  schema: "proctor/comparison/1";
  test: "welch_t";
  correction: "holm";
  confidence_percent: number;
  /** Differences of less are of no practical size. */
  threshold_percent: number;
  /** How many tests were corrected for. */
  test_count: number;
  sets: Array<RunSetFacts>;
  quantities: Array<{
    name: string;
    /** One for each set. */
    measurements: Array<Measurement>;
    /** One for each set but the first. */
    differences: Array<Difference>;
  }>;
  judgements: Array<Judgement>;
  notes: Array<string>;
};
