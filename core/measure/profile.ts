import { METRIC_GROUPS, metricsOf } from "./metrics.ts";
import type { MetricGroup, MetricName } from "./metrics.ts";

/**
 * What is measured of a target, how often, and what becomes of it: the object `monitoring_profile` of
 * docs/specification.md, in the form it has as data (so that a profile in a record, in a file and in code is one
 * thing).
 */
export interface MonitoringProfile {
  /** Whether anything is measured at all. */
  readonly enabled: boolean;
  /** Milliseconds between samples; null where nothing is sampled. */
  readonly interval_ms: number | null;
  /** Whether the interval rises from `interval_ms` to `max_interval_ms` while nothing changes. */
  readonly adaptive: boolean;
  /** The adaptive ceiling in milliseconds; equal to `interval_ms` where the profile is not adaptive. */
  readonly max_interval_ms: number | null;
  /** CPU time, and CPU use in percent. */
  readonly collect_cpu: boolean;
  /** Memory, and page faults. */
  readonly collect_memory: boolean;
  /** Bytes read and written, at the storage layer and through read and write calls. */
  readonly collect_disk_io: boolean;
  /** Bytes that the sockets of the tree received and sent. */
  readonly collect_network_io: boolean;
  /** Threads, and context switches. */
  readonly collect_threads: boolean;
  /** The number of open file descriptors. */
  readonly collect_file_descriptors: boolean;
  /** Left out: no; no built-in profile has it. */
  readonly collect_gpu?: boolean;
  /** Whether samples are published by MQTT. */
  readonly export_to_mqtt: boolean;
  /** Whether samples are kept in memory. */
  readonly retain_history: boolean;
  /** How many samples the history keeps. */
  readonly history_size: number;
}

/** The profile key that switches each group of metrics. */
export const COLLECT_KEYS = {
  cpu: "collect_cpu",
  memory: "collect_memory",
  disk: "collect_disk_io",
  network: "collect_network_io",
  threads: "collect_threads",
  file_descriptors: "collect_file_descriptors",
  gpu: "collect_gpu",
} as const satisfies Record<MetricGroup, keyof MonitoringProfile>;

const GROUPS = Object.keys(METRIC_GROUPS) as MetricGroup[];
/** What profiles have unless it is asked for more: looking for GPUs costs a look at every descriptor. */
export const USUAL_GROUPS: readonly MetricGroup[] = GROUPS.filter((group) => group !== "gpu");

function fixed(
  intervalMs: number | null,
  groups: readonly MetricGroup[],
  exported: boolean,
  historySize: number,
): MonitoringProfile {
  return {
    enabled: intervalMs !== null,
    interval_ms: intervalMs,
    adaptive: false,
    max_interval_ms: intervalMs,
    collect_cpu: groups.includes("cpu"),
    collect_memory: groups.includes("memory"),
    collect_disk_io: groups.includes("disk"),
    collect_network_io: groups.includes("network"),
    collect_threads: groups.includes("threads"),
    collect_file_descriptors: groups.includes("file_descriptors"),
    export_to_mqtt: exported,
    retain_history: historySize > 0,
    history_size: historySize,
  };
}

/** The seven profiles of docs/specification.md, and `adaptive`, the default of `run`. */
export const profiles = {
  adaptive: { ...fixed(100, USUAL_GROUPS, true, 1_000), adaptive: true, max_interval_ms: 1_000 },
  standard: fixed(10_000, USUAL_GROUPS, true, 100),
  minimal: fixed(60_000, ["cpu", "memory"], false, 0),
  intensive: fixed(1_000, USUAL_GROUPS, true, 1_000),
  batch_processing: fixed(30_000, ["cpu", "memory", "disk"], true, 200),
  realtime_api: fixed(5_000, ["cpu", "memory", "network", "threads", "file_descriptors"], true, 500),
  long_running_daemon: fixed(120_000, USUAL_GROUPS, true, 500),
  disabled: fixed(null, [], false, 0),
} as const satisfies Record<string, MonitoringProfile>;

/** The name of a built-in profile. */
export type ProfileName = keyof typeof profiles;

/** What each built-in profile is for. */
export const PROFILE_USES: Record<ProfileName, string> = {
  adaptive: "Commands of unknown length; the default of run and attach",
  standard: "General purpose",
  minimal: "Lightweight",
  intensive: "Debug and analysis",
  batch_processing: "Data processing",
  realtime_api: "HTTP and API servers",
  long_running_daemon: "Background services",
  disabled: "No monitoring: the summary only",
};

/** The metrics a profile puts into every sample, in record order. */
export function profileMetrics(profile: MonitoringProfile): MetricName[] {
  return metricsOf(GROUPS.filter((group) => profile[COLLECT_KEYS[group]]));
}
