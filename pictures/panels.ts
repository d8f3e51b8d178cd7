import type { ColumnName } from "../records/sample_columns.ts";

/** What the numbers of a panel are. */
export type PanelUnit = "percent" | "bytes" | "bytes_per_second" | "count" | "count_per_second";

/** One line of a panel. */
export interface PanelLine {
  readonly column: ColumnName;
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
  {
    id: "cpu",
    title: "CPU",
    hint: "100% is one core busy",
    unit: "percent",
    kind: "average",
    lines: [{ column: "cpu_percent", label: "CPU" }],
  },
  {
    id: "memory",
    title: "Memory",
    hint: "of the whole tree",
    unit: "bytes",
    kind: "level",
    lines: [
      { column: "memory_bytes", label: "memory" },
      { column: "memory_pss_bytes", label: "PSS" },
    ],
  },
  {
    id: "disk",
    title: "Disk",
    hint: "a second; fetched from storage and sent to it",
    unit: "bytes_per_second",
    kind: "rate",
    lines: [
      { column: "disk_read_bytes", label: "read" },
      { column: "disk_write_bytes", label: "written" },
    ],
  },
  {
    id: "io",
    title: "Read and write calls",
    hint: "a second; pipes and caches included",
    unit: "bytes_per_second",
    kind: "rate",
    lines: [
      { column: "io_read_bytes", label: "read" },
      { column: "io_write_bytes", label: "written" },
    ],
  },
  {
    id: "network",
    title: "Network",
    hint: "a second; of the whole tree",
    unit: "bytes_per_second",
    kind: "rate",
    lines: [
      { column: "network_rx_bytes", label: "received" },
      { column: "network_tx_bytes", label: "sent" },
    ],
  },
  {
    id: "processes",
    title: "Processes and threads",
    hint: "at the moment of the sample",
    unit: "count",
    kind: "level",
    lines: [
      { column: "process_count", label: "processes" },
      { column: "thread_count", label: "threads" },
    ],
  },
  {
    id: "descriptors",
    title: "Open descriptors",
    hint: "files, pipes and sockets",
    unit: "count",
    kind: "level",
    lines: [{ column: "file_descriptor_count", label: "descriptors" }],
  },
  {
    id: "faults",
    title: "Page faults",
    hint: "a second; major ones wait for storage",
    unit: "count_per_second",
    kind: "rate",
    lines: [
      { column: "minor_faults", label: "minor" },
      { column: "major_faults", label: "major" },
    ],
  },
  {
    id: "switches",
    title: "Context switches",
    hint: "a second; involuntary ones were pushed aside",
    unit: "count_per_second",
    kind: "rate",
    lines: [
      { column: "voluntary_context_switches", label: "voluntary" },
      { column: "involuntary_context_switches", label: "involuntary" },
    ],
  },
];

/**
 * A cumulative counter as a rate per second, at each sample that since the one before (the first: since the start);
 * NaN where either is unknown, or the counter fell.
 */
export function rates(times: Float64Array, counter: Float64Array): Float64Array {
  const result = new Float64Array(counter.length);
  for (let at = 0, time = 0, value = 0; at < counter.length; at++) {
    const seconds = times[at] - time;
    const more = counter[at] - value;
    result[at] = seconds > 0 && more >= 0 ? more / seconds : NaN;
    time = times[at];
    value = counter[at];
  }
  return result;
}
