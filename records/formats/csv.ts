import { stringify } from "csv-stringify/sync";
import { printable } from "../../core/printable.ts";
import type { MetricName } from "../../core/measure/metrics.ts";
import type { ProcessRow, SampleRecord } from "../../core/schema/record.ts";
import type { Exporter } from "./exporter.ts";

const TIME = ["timestamp", "elapsed_seconds", "interval_seconds", "uptime_seconds", "process_count"] as const;
const IDENTITY = ["pid", "parent_pid", "start_time", "name", "command"] as const;
/** A lone carriage return would be taken for the end of a row, too. */
const BREAK = /[\r\n]/;

/**
 * Comma-separated values (RFC 4180) of the samples: a header, then a row per sample, the columns named as in
 * JSON. With rows per process, those follow the row of the tree, which has no `pid`. What is not a sample has
 * no row; an unknown value is an empty field. Names and command lines stand in it as they are.
 *
 * @param options with `app`, a last column has what the program tells of itself, as JSON: which names come, nobody knows
 *   when the header is written; with `safe`, text that a spreadsheet would take for a formula gets a `'` before it; with `isShown`,
 *   on a terminal, what would steer it is written out
 */
export function csv(
  metrics: readonly MetricName[],
  perProcess: boolean,
  options: { readonly app?: boolean; readonly safe?: boolean; readonly isShown?: boolean } = {},
): Exporter {
  const columns: string[] = [
    ...TIME,
    ...(perProcess ? IDENTITY : []),
    ...metrics,
    ...(options.app ? ["app"] : []),
  ];
  let headed = false;
  const style = {
    columns,
    quoted_match: BREAK,
    escape_formulas: options.safe === true,
    cast: { string: (text: string) => options.isShown ? printable(text) : text },
  };
  return {
    format(record) {
      const header = headed ? "" : stringify([columns]);
      headed = true;
      if (record.kind !== "sample") return header;
      return header + stringify(rowsOf(record), style);
    },
  };
}

function rowsOf(sample: SampleRecord): (SampleRecord | ProcessRow)[] {
  const { timestamp, elapsed_seconds, interval_seconds } = sample;
  const rows = sample.processes ?? [];
  return [sample, ...rows.map((row) => ({ timestamp, elapsed_seconds, interval_seconds, ...row }))];
}
