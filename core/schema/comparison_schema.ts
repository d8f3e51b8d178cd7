import { z } from "zod";
import { qualitySchema } from "./record.ts";
export type {
  Comparison,
  Difference,
  Judgement,
  Measurement,
  RunSetFacts,
  Verdict,
} from "./types/comparison.ts";

/** The version of the comparison format. */
export const COMPARISON_SCHEMA = "proctor/comparison/1";

const count = z.int().min(0);
const probability = z.number().min(0).max(1);

/** The runs of one set, and what they have in common. */
const runSetSchema = z.object({
  label: z.string(),
  file: z.string().nullable().describe("where the runs were read; null when they were just made"),
  command: z.array(z.string()).describe("that of the first run"),
  host_name: z.string(),
  run_count: count,
  failed_run_count: count.describe("runs that did not exit with 0; they count like the others"),
  first_timestamp: z.string(),
});

/** One quantity over the runs of one set. */
const measurementSchema = z.object({
  count: count.describe("runs in which it is known"),
  mean: z.number().nullable().describe("null when it is known in none"),
  deviation: z.number().nullable().describe("standard deviation of the sample; null for a single run"),
  median: z.number().nullable(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  source: z.string().nullable().describe(
    "where the figure comes from; null where runs differ in it, or for the clock",
  ),
  quality: qualitySchema.describe("the worst of the runs"),
  values: z.array(z.number()).describe("of each run in which it is known, in the order of the runs"),
});

/** What came of holding a set against the first one. */
const verdictSchema = z.enum(["more", "less", "within_noise", "too_few_runs", "not_comparable"]);

/** The difference between a set and the first one in one quantity. */
const differenceSchema = z.object({
  set: count.describe("index of the set, from 1; it is held against set 0"),
  difference: z.number().nullable().describe(
    "mean less the mean of the first set, in the quantity's unit; 0 where that is below its resolution",
  ),
  difference_percent: z.number().nullable().describe("of the mean of the first set; null where that is zero"),
  low: z.number().nullable().describe("lower end of the confidence interval of the difference"),
  high: z.number().nullable(),
  probability: probability.nullable().describe("two-sided p of Welch's t-test"),
  adjusted_probability: probability.nullable().describe("after Holm's correction for all tests made here"),
  verdict: verdictSchema,
  is_practical: z.boolean().describe(
    "whether a difference that exceeds the noise is also of threshold_percent or more",
  ),
  reason: z.string().nullable().describe("why there is no test, or what to keep in mind"),
});

/** A `--fail-if` condition, judged for one set. */
const judgementSchema = z.object({
  condition: z.string(),
  set: count,
  value: z.number().nullable(),
  bound: z.number().nullable().describe("what the value was held against, in the quantity's unit"),
  outcome: z.enum(["holds", "does_not_hold", "undecided"]),
  reason: z.string().nullable(),
});

/** Two or more sets of runs side by side; also what `run --repeat --summary json` prints, with one set. */
export const comparisonSchema = z.object({
  kind: z.literal("comparison"),
  schema: z.literal(COMPARISON_SCHEMA),
  test: z.literal("welch_t"),
  correction: z.literal("holm"),
  confidence_percent: z.number(),
  threshold_percent: z.number().min(0).describe("differences of less are of no practical size"),
  test_count: count.describe("how many tests were corrected for"),
  sets: z.array(runSetSchema),
  quantities: z.array(z.object({
    name: z.string(),
    measurements: z.array(measurementSchema).describe("one for each set"),
    differences: z.array(differenceSchema).describe("one for each set but the first"),
  })),
  judgements: z.array(judgementSchema),
  notes: z.array(z.string()),
});

/** The comparison format as JSON Schema (draft 2020-12). */
export function comparisonJsonSchema(): Record<string, unknown> {
  return {
    title: "proctor comparison",
    $id: `urn:${COMPARISON_SCHEMA}`,
    ...z.toJSONSchema(comparisonSchema),
  };
}
