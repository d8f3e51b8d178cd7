import { stringify } from "csv-stringify/sync";
import type { MetricName } from "../core/metric.ts";
import type { ProcessRow, SampleRecord } from "../core/record.ts";
import type { Exporter } from "./exporter.ts";

const TIME = ["timestamp", "elapsed_seconds", "interval_seconds", "uptime_seconds", "process_count"] as const;
const IDENTITY = ["pid", "parent_pid", "start_time", "name", "command"] as const;

/**
 * Comma-separated values (RFC 4180) of the samples: a header, then a row per sample, the columns named as in
 * JSON. With rows per process, those follow the row of the tree, which has no `pid`. What is not a sample has
 * no row; an unknown value is an empty field.
 */
export function csv(metrics: readonly MetricName[], perProcess: boolean): Exporter {
  const columns: string[] = [...TIME, ...(perProcess ? IDENTITY : []), ...metrics];
  let headed = false;
  return {
    format(record) {
      const header = headed ? "" : stringify([columns]);
      headed = true;
      if (record.kind !== "sample") return header;
      return header + stringify(rowsOf(record), { columns });
    },
  };
}

function rowsOf(sample: SampleRecord): (SampleRecord | ProcessRow)[] {
  const { timestamp, elapsed_seconds, interval_seconds } = sample;
  const rows = sample.processes ?? [];
  return [sample, ...rows.map((row) => ({ timestamp, elapsed_seconds, interval_seconds, ...row }))];
}
