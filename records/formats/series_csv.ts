import { stringify } from "csv-stringify/sync";
import type { SeriesResults } from "../../core/compare/series.ts";
import { printable } from "../../core/printable.ts";

/** Those of hyperfine, in its order. */
const COMMON = ["mean", "stddev", "median", "user", "system", "min", "max"] as const;

/** A row per command: wall time as hyperfine has it, parameters, then mean and deviation of every known metric. */
export function seriesCsv({ results }: SeriesResults): string {
  const parameters = [...new Set(results.flatMap((result) => Object.keys(result.parameters)))];
  const metrics = [...new Set(results.flatMap((result) => Object.keys(result.metrics)))];
  const head = [
    "command",
    ...COMMON,
    ...parameters.map((name) => `parameter_${name}`),
    ...metrics.flatMap((name) => [`${name}_mean`, `${name}_deviation`]),
  ];
  const rows = results.map((result) => [
    printable(result.command),
    ...COMMON.map((name) => result[name]),
    ...parameters.map((name) => printable(result.parameters[name] ?? "")),
    ...metrics.flatMap((name) => [result.metrics[name]?.mean, result.metrics[name]?.deviation]),
  ]);
  return stringify([head, ...rows]);
}
