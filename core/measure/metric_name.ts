/* Written by scripts/build_types.ts from the schemas. */

/** The name of one metric. */
export type MetricName =
  | "cpu_percent"
  | "cpu_seconds"
  | "memory_bytes"
  | "memory_percent"
  | "memory_pss_bytes"
  | "disk_read_bytes"
  | "disk_write_bytes"
  | "disk_cancelled_write_bytes"
  | "io_read_bytes"
  | "io_write_bytes"
  | "network_rx_bytes"
  | "network_tx_bytes"
  | "network_loopback_rx_bytes"
  | "network_loopback_tx_bytes"
  | "thread_count"
  | "file_descriptor_count"
  | "minor_faults"
  | "major_faults"
  | "voluntary_context_switches"
  | "involuntary_context_switches"
  | "gpu_percent"
  | "gpu_memory_bytes";
