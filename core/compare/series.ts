import { compareSets, measure } from "./comparison.ts";
import type { RunSet } from "./comparison.ts";
import type { Comparison, Difference, Measurement } from "../schema/comparison_schema.ts";
import type { SummaryRecord } from "../schema/record.ts";
import { outliersOf } from "./outliers.ts";
import { DEFAULT_QUANTITIES, QUANTITY_NAMES } from "./quantity.ts";
import type { QuantityName } from "./quantity.ts";
import { meanRatio } from "./ratio.ts";
import type { MeanRatio } from "./ratio.ts";

/** The runs of one command of a series. */
export interface SeriesSet extends RunSet {
  /** What its placeholders stood for. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A command against the fastest one. */
export interface Relative {
  readonly wall: MeanRatio | undefined;
  readonly cpu: MeanRatio | undefined;
  /** What the tests say of it; undefined for the fastest itself. */
  readonly wallDifference: Difference | undefined;
  readonly cpuDifference: Difference | undefined;
}

/** Each command against the fastest by mean wall time, tested and corrected together. */
export function againstFastest(sets: readonly SeriesSet[]): { fastest: number; relatives: Relative[] } {
  const walls = sets.map((set) => measure(set, "wall_seconds").mean!);
  const fastest = walls.indexOf(Math.min(...walls));
  const others = [...sets.keys()].filter((index) => index !== fastest);
  const order = [fastest, ...others];
  const { quantities } = compareSets(order.map((index) => sets[index]), ["wall_seconds", "cpu_seconds"]);
  const ofName = (name: QuantityName, place: number) => {
    const row = quantities.find((quantity) => quantity.name === name);
    if (!row) return { ratio: undefined, difference: undefined };
    const [first, own] = [row.measurements[0], row.measurements[place]];
    return { ratio: ratioOf(first, own), difference: row.differences[place - 1] };
  };
  const relatives = sets.map((_, index): Relative => {
    const [wall, cpu] = (["wall_seconds", "cpu_seconds"] as const).map((name) =>
      ofName(name, order.indexOf(index))
    );
    return {
      wall: wall.ratio,
      cpu: cpu.ratio,
      wallDifference: wall.difference,
      cpuDifference: cpu.difference,
    };
  });
  return { fastest, relatives };
}

function ratioOf(first: Measurement, second: Measurement): MeanRatio | undefined {
  if (first.mean === null || second.mean === null) return undefined;
  return meanRatio(
    { mean: first.mean, deviation: first.deviation ?? NaN },
    { mean: second.mean, deviation: second.deviation ?? NaN },
  );
}

/** The version of what `run --export-json` writes. */
const SERIES_SCHEMA = "proctor/series/1";

/** A command in the results of a series. The first keys are those of hyperfine: what reads its files reads these. */
interface SeriesResult {
  readonly command: string;
  readonly mean: number | null;
  readonly stddev: number | null;
  readonly median: number | null;
  readonly user: number | null;
  readonly system: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly times: readonly number[];
  readonly exit_codes: readonly (number | null)[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly words: readonly string[];
  /** Indices of the runs whose wall time is an outlier. */
  readonly outliers: readonly number[];
  /** How many times the mean wall time of the fastest command; no deviation where runs are too few. */
  readonly relative: { readonly ratio: number; readonly deviation: number | null } | null;
  /** Every total of a summary that is known. */
  readonly metrics: Readonly<Record<string, Measurement>>;
  readonly runs: readonly SummaryRecord[];
}

/** The results of a series, whole. */
export interface SeriesResults {
  readonly kind: "series";
  readonly schema: typeof SERIES_SCHEMA;
  readonly results: readonly SeriesResult[];
  /** Of all commands, against the first. */
  readonly comparison: Comparison;
}

/** All that a series has measured. */
export function seriesResults(sets: readonly SeriesSet[]): SeriesResults {
  const { relatives } = againstFastest(sets);
  return {
    kind: "series",
    schema: SERIES_SCHEMA,
    results: sets.map((set, index) => resultOf(set, relatives[index])),
    comparison: compareSets(sets, DEFAULT_QUANTITIES),
  };
}

function resultOf(set: SeriesSet, { wall: relative }: Relative): SeriesResult {
  const { label, parameters, runs } = set;
  const wall = measure(set, "wall_seconds");
  const times = runs.map(({ summary }) => summary.wall_seconds);
  const metrics = QUANTITY_NAMES.map((name) => [name, measure(set, name)] as const);
  return {
    command: label,
    mean: wall.mean,
    stddev: wall.deviation,
    median: wall.median,
    user: measure(set, "cpu_user_seconds").mean,
    system: measure(set, "cpu_system_seconds").mean,
    min: wall.min,
    max: wall.max,
    times,
    exit_codes: runs.map(({ summary }) => summary.exit_code),
    parameters,
    words: runs[0].start.command,
    outliers: outliersOf(times),
    relative: relative
      ? { ratio: relative.ratio, deviation: Number.isNaN(relative.deviation) ? null : relative.deviation }
      : null,
    metrics: Object.fromEntries(metrics.filter(([, { mean }]) => mean !== null)),
    runs: runs.map(({ summary }) => summary),
  };
}
