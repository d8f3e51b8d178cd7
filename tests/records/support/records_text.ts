/* Records as text, small and whole, to be damaged by tests. */
import { METRIC_NAMES } from "../../../core/measure/metrics.ts";

const account = { source: "cgroup", quality: "exact" };
const accounting = Object.fromEntries(
  [
    "cpu",
    "memory",
    "peak_memory",
    "disk",
    "io",
    "network",
    "faults",
    "context_switches",
    "threads",
    "file_descriptors",
    "processes",
  ].map((name) => [name, account]),
);
const STARTED = Date.parse("2026-11-21T10:00:00.000Z");
const at = (seconds: number) => new Date(STARTED + seconds * 1_000).toISOString();

/** A start record; `over` takes the place of fields. */
export function startLine(over: Record<string, unknown> = {}): string {
  return JSON.stringify({
    kind: "start",
    schema: "proctor/1",
    command: ["make", "-j4"],
    pid: 100,
    timestamp: at(0),
    profile: {
      enabled: true,
      interval_ms: 100,
      adaptive: true,
      max_interval_ms: 1000,
      collect_cpu: true,
      collect_memory: true,
      collect_disk_io: true,
      collect_network_io: true,
      collect_threads: true,
      collect_file_descriptors: true,
      export_to_mqtt: false,
      retain_history: false,
      history_size: 0,
    },
    containment: { mechanism: "cgroup", reason: null },
    capabilities: accounting,
    environment: {
      host_name: "builder",
      kernel: "Linux 6.18.44",
      cpu_model: "A processor",
      online_cpu_count: 2,
      cpu_quota_cores: null,
      memory_total_bytes: 25_276_502_016,
      memory_limit_bytes: null,
    },
    ...over,
  });
}

/** A sample after so many seconds; every metric is `seconds * 100`, but what `over` says. */
export function sampleLine(seconds: number, over: Record<string, unknown> = {}): string {
  const metrics = Object.fromEntries(METRIC_NAMES.map((name) => [name, Math.round(seconds * 100)]));
  return JSON.stringify({
    kind: "sample",
    timestamp: at(seconds),
    elapsed_seconds: seconds,
    interval_seconds: 0.1,
    uptime_seconds: seconds,
    process_count: 2,
    ...metrics,
    ...over,
  });
}

/** A process that ended after so many seconds, and had lived for `lived`. */
export function processLine(seconds: number, lived: number, over: Record<string, unknown> = {}): string {
  return JSON.stringify({
    kind: "process",
    timestamp: at(seconds),
    elapsed_seconds: seconds,
    pid: 101,
    parent_pid: 100,
    start_time: at(seconds - lived),
    name: "cc1",
    command: "cc1 -O2 a.c",
    uptime_seconds: lived,
    exit_code: 0,
    signal: null,
    cpu_seconds: 0.25,
    peak_memory_bytes: 1_000_000,
    quality: "exact",
    ...over,
  });
}

/** A summary after so many seconds. */
export function summaryLine(seconds: number, over: Record<string, unknown> = {}): string {
  return JSON.stringify({
    kind: "summary",
    timestamp: at(seconds),
    outcome: "exited",
    exit_code: 0,
    signal: null,
    wall_seconds: seconds,
    cpu_seconds: seconds,
    cpu_user_seconds: seconds,
    cpu_system_seconds: 0,
    avg_cpu_percent: 100,
    max_cpu_percent: 120,
    avg_cpu_cores: 1,
    peak_memory_bytes: 2_000_000,
    peak_resident_bytes: 2_000_000,
    avg_memory_bytes: 1_000_000,
    disk_read_bytes: 4096,
    disk_write_bytes: 8192,
    io_read_bytes: 10_000,
    io_write_bytes: 20_000,
    network_rx_bytes: null,
    network_tx_bytes: null,
    minor_faults: 1000,
    major_faults: 0,
    voluntary_context_switches: 10,
    involuntary_context_switches: 20,
    peak_process_count: 2,
    peak_thread_count: 2,
    total_process_count: 2,
    leftover_process_count: 0,
    oom_kill_count: null,
    memory_limit_hit_count: null,
    process_limit_hit_count: null,
    cpu_throttled_seconds: null,
    sample_count: 2,
    missed_tick_count: 0,
    cpu_seconds_sampled: seconds,
    accounting,
    monitor: { cpu_seconds: 0.01, cpu_percent: 1, memory_bytes: 50_000_000 },
    ...over,
  });
}

/** A whole run: start, two samples, a process, the summary; a line each. */
export function runLines(): string[] {
  return [startLine(), sampleLine(0.1), sampleLine(0.2), processLine(0.25, 0.2), summaryLine(0.3)];
}
