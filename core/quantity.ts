import type { Accounting, SummaryRecord } from "./record.ts";

/** Totals of a summary that runs are compared by, and what accounts for each: by `clock` they are exact, by `samples` sampled. */
export const QUANTITIES = {
  wall_seconds: "clock",
  cpu_seconds: "cpu",
  cpu_user_seconds: "cpu",
  cpu_system_seconds: "cpu",
  avg_cpu_percent: "cpu",
  max_cpu_percent: "samples",
  peak_memory_bytes: "peak_memory",
  peak_resident_bytes: "samples",
  peak_memory_pss_bytes: "memory_pss",
  avg_memory_bytes: "memory",
  disk_read_bytes: "disk",
  disk_write_bytes: "disk",
  io_read_bytes: "io",
  io_write_bytes: "io",
  network_rx_bytes: "network",
  network_tx_bytes: "network",
  minor_faults: "faults",
  major_faults: "faults",
  voluntary_context_switches: "context_switches",
  involuntary_context_switches: "context_switches",
  total_process_count: "processes",
  peak_process_count: "processes",
  peak_thread_count: "threads",
  cpu_throttled_seconds: "clock",
} as const satisfies Partial<Record<keyof SummaryRecord, keyof Accounting | "clock" | "samples">>;

/** A total that runs are compared by. */
export type QuantityName = keyof typeof QUANTITIES;

/** All of them, in the order of the summary. */
export const QUANTITY_NAMES = Object.keys(QUANTITIES) as readonly QuantityName[];

/** Those that are compared when nobody asks for others: each further one makes all tests stricter. */
export const DEFAULT_QUANTITIES: readonly QuantityName[] = [
  "wall_seconds",
  "cpu_seconds",
  "peak_memory_bytes",
  "disk_read_bytes",
  "disk_write_bytes",
  "io_read_bytes",
  "io_write_bytes",
  "total_process_count",
];

/** Whether there is a quantity of that name. */
export function isQuantity(name: string): name is QuantityName {
  return Object.hasOwn(QUANTITIES, name);
}

/** What the last word of a quantity's name says of its numbers. */
export type QuantityUnit = "seconds" | "bytes" | "percent" | "count";

/** The unit of a quantity. */
export function unitOf(name: QuantityName): QuantityUnit {
  const unit = name.slice(name.lastIndexOf("_") + 1);
  return unit === "seconds" || unit === "bytes" || unit === "percent" ? unit : "count";
}
