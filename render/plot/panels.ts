import { capitalized, METRICS, SUBJECTS } from "../../core/measure/metrics.ts";
import type { ChartName } from "../../core/measure/metrics.ts";
import type { AppColumn, ColumnName } from "../../records/sample_columns.ts";

/** What the numbers of a panel are. */
export type PanelUnit =
  | "percent"
  | "bytes"
  | "bytes_per_second"
  | "count"
  | "count_per_second"
  | "number"
  | "number_per_second"
  | "milliseconds";

/** One line of a panel. */
export interface PanelLine {
  readonly column: ColumnName | AppColumn;
  readonly label: string;
}

/** One chart of the report. */
export interface Panel {
  readonly id: string;
  readonly title: string;
  /** What a reader should know to read it right. */
  readonly hint: string;
  readonly unit: PanelUnit;
  /**
   * How columns become lines: a `level` holds at the moment of its sample, an `average` since the one before, and a
   * `rate` is made from a cumulative counter.
   */
  readonly kind: "level" | "average" | "rate";
  readonly lines: readonly PanelLine[];
}

/** Every chart, in the order of the page; those without a known value are left out there. */
export const PANELS: readonly Panel[] = [
  panel("cpu", "100% is one core busy"),
  panel("memory", "of the whole tree"),
  panel("disk", "a second; fetched from storage and sent to it"),
  panel("io", "a second; through read and write calls, pipes and caches included"),
  panel("network", "a second; of the whole tree"),
  panel("processes", "at the moment of the sample", { column: "process_count", label: "processes" }),
  panel("descriptors", "files, pipes and sockets"),
  panel("faults", "a second; major ones wait for storage"),
  panel("switches", "a second; involuntary ones were pushed aside"),
  panel("gpu", "100% is one GPU busy"),
  panel("gpu_memory", "of the whole tree"),
];

function panel(id: ChartName, hint: string, ...more: PanelLine[]): Panel {
  const metrics = METRICS.filter(({ chart }) => chart === id);
  const [{ kind, unit, subject, per }] = metrics;
  const lines = [
    ...more,
    ...metrics.map(({ name, label, part }) => ({ column: name, label: part ?? label })),
  ];
  const shown = unit === "bytes" || unit === "percent" ? unit : "count";
  return {
    id,
    title: capitalized([...more.map(({ label }) => label), SUBJECTS[subject].label].join(" and ")),
    hint,
    unit: kind === "counter" && shown !== "percent" ? `${shown}_per_second` : shown,
    kind: kind === "counter" ? "rate" : per === "interval" ? "average" : "level",
    lines,
  };
}
