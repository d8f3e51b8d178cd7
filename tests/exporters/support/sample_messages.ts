import { byName, METRICS } from "../../../core/measure/metrics.ts";
import type { HealthMessage } from "../../../core/schema/health_message.ts";
import type { SummaryRecord } from "../../../core/schema/record.ts";
import type { TaskMessage, TaskMetrics, TaskState } from "../../../core/schema/task_message.ts";
import type { ExportContext, TaskDescription } from "../../../exporters/telemetry.ts";

const TIMESTAMP = "2026-01-15T10:30:00.250Z";

/** A message in which everything is known; some metrics of it may be told to be other. */
export function taskMessage(
  taskId: string,
  metrics: Partial<TaskMetrics> = {},
  state: TaskState = "running",
): TaskMessage {
  return {
    task_id: taskId,
    proplet_id: "node-7",
    timestamp: metrics.timestamp ?? TIMESTAMP,
    metrics: {
      ...byName(METRICS, () => 1),
      cpu_percent: 150,
      memory_bytes: 67_108_864,
      memory_percent: 1.5,
      disk_read_bytes: 1_048_576,
      disk_write_bytes: 524_288,
      disk_cancelled_write_bytes: 4_096,
      network_rx_bytes: 4_096,
      network_tx_bytes: 8_192,
      network_loopback_rx_bytes: 16_384,
      network_loopback_tx_bytes: 32_768,
      uptime_seconds: 120.5,
      thread_count: 4,
      file_descriptor_count: 12,
      timestamp: TIMESTAMP,
      process_count: 2,
      cpu_seconds: 42.25,
      memory_pss_bytes: 33_554_432,
      io_read_bytes: 2_097_152,
      io_write_bytes: 1_048_577,
      minor_faults: 900,
      major_faults: 7,
      voluntary_context_switches: 31,
      involuntary_context_switches: 17,
      gpu_percent: 62.5,
      gpu_memory_bytes: 1_073_741_824,
      ...metrics,
    },
    aggregated: {
      avg_cpu_usage: 38.2,
      max_cpu_usage: 165,
      avg_memory_usage: 62_914_560,
      max_memory_usage: 71_303_168,
      total_disk_read: 1_048_576,
      total_disk_write: 524_288,
      total_network_rx: 4_096,
      total_network_tx: 8_192,
      sample_count: 24,
    },
    state,
  };
}

/** What a task is. */
export function description(taskId: string, more: Partial<TaskDescription> = {}): TaskDescription {
  return {
    task_id: taskId,
    name: "compute",
    command: ["/usr/bin/make", "-j4"],
    pid: 4711,
    start_time: "2026-01-15T10:28:00.125Z",
    ...more,
  };
}

/** The end of a run that took 130.5 s. */
export function summary(more: Partial<SummaryRecord> = {}): SummaryRecord {
  return {
    kind: "summary",
    timestamp: "2026-01-15T10:30:10.625Z",
    outcome: "exited",
    exit_code: 3,
    signal: null,
    wall_seconds: 130.5,
    cpu_seconds: 42.25,
    peak_memory_bytes: 71_303_168,
    total_process_count: 9,
    oom_kill_count: null,
    ...more,
  } as SummaryRecord;
}

/** How an agent is, and its machine. */
export function healthMessage(): HealthMessage {
  return {
    proplet_id: "node-7",
    timestamp: "2026-01-15T10:30:00.000Z",
    agent: {
      version: "1.2.3",
      pid: 99,
      uptime_seconds: 600,
      cpu_seconds: 3.5,
      cpu_percent: 0.5,
      memory_bytes: 50_000_000,
      task_count: 2,
      exporters: [{
        exporter: "mqtt",
        destination: "mqtt://broker",
        sent_count: 11,
        dropped_count: 2,
        failed_count: 3,
        queued_count: 4,
      }],
    },
    host: {
      uptime_seconds: 86_400,
      cpu_percent: 25,
      memory_total_bytes: 8_000_000_000,
      memory_used_bytes: 2_000_000_000,
      memory_percent: 25,
      load_1m: 0.5,
      load_5m: 0.25,
      load_15m: 0.125,
    },
  };
}

/** What exporters know of the program, and the lines they had to tell. */
export function exportContext(
  variables: Record<string, string> = {},
): ExportContext & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    propletId: "node-7",
    agentId: "agent-7",
    isAgent: true,
    bootId: "boot-7",
    hostName: "host-7",
    variables,
    notice: (line) => lines.push(line),
    lines,
  };
}
