/**
 * The metrics of a sample, in the order they are written, and the group of the profile that turns each on.
 * Names are the seeds' own; the unit is the last word of the name.
 */
export const METRIC_GROUPS = {
  cpu: ["cpu_percent", "cpu_seconds"],
  memory: ["memory_bytes", "memory_percent", "minor_faults", "major_faults"],
  disk: ["disk_read_bytes", "disk_write_bytes", "io_read_bytes", "io_write_bytes"],
  network: ["network_rx_bytes", "network_tx_bytes"],
  threads: ["thread_count", "voluntary_context_switches", "involuntary_context_switches"],
  file_descriptors: ["file_descriptor_count"],
} as const;

/** Metrics that no profile has, because they are dear: each is asked for by its own name. */
export const OPTIONAL_METRICS = ["memory_pss_bytes"] as const;

/** A group of metrics that a profile switches as one. */
export type MetricGroup = keyof typeof METRIC_GROUPS;
/** The name of one metric. */
export type MetricName = (typeof METRIC_GROUPS)[MetricGroup][number] | (typeof OPTIONAL_METRICS)[number];

/** Every metric, in record order. */
export const METRIC_NAMES: readonly MetricName[] = [
  "cpu_percent",
  "cpu_seconds",
  "memory_bytes",
  "memory_percent",
  "memory_pss_bytes",
  "disk_read_bytes",
  "disk_write_bytes",
  "io_read_bytes",
  "io_write_bytes",
  "network_rx_bytes",
  "network_tx_bytes",
  "thread_count",
  "file_descriptor_count",
  "minor_faults",
  "major_faults",
  "voluntary_context_switches",
  "involuntary_context_switches",
];

/** The metrics of some groups, in record order. */
export function metricsOf(groups: readonly MetricGroup[]): MetricName[] {
  const wanted = new Set<string>(groups.flatMap((group) => METRIC_GROUPS[group]));
  return METRIC_NAMES.filter((name) => wanted.has(name));
}
