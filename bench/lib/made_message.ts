import type { TaskMessage } from "../../core/schema/task_message.ts";

const TIMESTAMP = "2026-01-15T10:30:00.000Z";

/** A message of a task with everything that the profile `standard` has; as large as those of a real run. */
export function madeMessage(
  taskId: string,
  propletId: string,
  metrics: Partial<TaskMessage["metrics"]>,
): TaskMessage {
  return {
    task_id: taskId,
    proplet_id: propletId,
    timestamp: metrics.timestamp ?? TIMESTAMP,
    metrics: {
      cpu_percent: 42.5,
      memory_bytes: 67_108_864,
      memory_percent: 1.5,
      disk_read_bytes: 1_048_576,
      disk_write_bytes: 524_288,
      network_rx_bytes: null,
      network_tx_bytes: null,
      uptime_seconds: 120.123456,
      thread_count: 4,
      file_descriptor_count: 12,
      timestamp: TIMESTAMP,
      process_count: 1,
      cpu_seconds: 12.345678,
      io_read_bytes: 123_456,
      io_write_bytes: 234_567,
      minor_faults: 3_456,
      major_faults: 1,
      voluntary_context_switches: 234,
      involuntary_context_switches: 23,
      ...metrics,
    },
    aggregated: {
      avg_cpu_usage: 38.2,
      max_cpu_usage: 65,
      avg_memory_usage: 62_914_560,
      max_memory_usage: 71_303_168,
      total_disk_read: 2_097_152,
      total_disk_write: 1_048_576,
      total_network_rx: null,
      total_network_tx: null,
      sample_count: 24,
    },
    state: "running",
  };
}
