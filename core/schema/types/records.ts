/* Written by scripts/build_types.ts from the schemas. */
import type { Accounting, ExporterReport } from "./accounting.ts";
import type { AppSummary, Counters, GpuSummary, Waiting } from "./parts.ts";
import type { ProcessTableRecord } from "./processes.ts";
import type { ProcessRecord, SampleRecord } from "./samples.ts";

/** How a tree is held together. */
export type Mechanism = "cgroup" | "subreaper" | "job_object" | "process_group" | "none";

/** What a run may use at most. */
export type RunLimits = {
  memory_bytes?: number | undefined;
  cpu_cores?: number | undefined;
  /** Threads count, too. */
  process_count?: number | undefined;
};

/** The machine and the limits a run found itself in. */
export type Environment = {
  host_name: string;
  kernel: string;
  cpu_model: string | null;
  online_cpu_count: number;
  /** The least quota of all cgroups above; null: none. */
  cpu_quota_cores: number | null;
  memory_total_bytes: number | null;
  /** The least limit of all cgroups above; null: none. */
  memory_limit_bytes: number | null;
};

/** The first record of a run. */
export type StartRecord = {
  kind: "start";
  schema: "proctor/1";
  name?: string | undefined;
  command: Array<string>;
  /** Null when the command could not be started. */
  pid: number | null;
  /** RFC 3339, UTC, milliseconds. */
  timestamp: string;
  profile: {
    enabled: boolean;
    interval_ms: number | null;
    adaptive: boolean;
    max_interval_ms: number | null;
    collect_cpu: boolean;
    collect_memory: boolean;
    collect_disk_io: boolean;
    collect_network_io: boolean;
    collect_threads: boolean;
    collect_file_descriptors: boolean;
    /** Left out: no. */
    collect_gpu?: boolean | undefined;
    export_to_mqtt: boolean;
    retain_history: boolean;
    history_size: number;
  };
  containment: {
    mechanism: Mechanism;
    /** Why no stronger mechanism could be had. */
    reason: string | null;
  };
  /** The limits that the kernel enforced on this run. */
  limits?: RunLimits | undefined;
  /** What can be expected of each quantity. */
  capabilities: Accounting;
  environment: Environment;
};

/** The last record of a run: what it cost. */
export type SummaryRecord = {
  kind: "summary";
  /** RFC 3339, UTC, milliseconds. */
  timestamp: string;
  name?: string | undefined;
  /** Oom_killed: the kernel killed a process of the tree: out of memory; others may have gone on. */
  outcome: "exited" | "signaled" | "oom_killed" | "timed_out" | "interrupted" | "failed_to_start";
  exit_code: number | null;
  signal: string | null;
  /** Why the command could not be started. */
  error?: string | undefined;
  /** Of what kind that is, as the exit code of proctor is. */
  error_kind?: "usage" | "command_not_found" | "command_not_executable" | "system" | undefined;
  wall_seconds: number;
  cpu_seconds?: number | null | undefined;
  cpu_user_seconds?: number | null | undefined;
  cpu_system_seconds?: number | null | undefined;
  /** CPU over wall time, not a mean of samples. */
  avg_cpu_percent?: number | null | undefined;
  max_cpu_percent?: number | null | undefined;
  avg_cpu_cores?: number | null | undefined;
  /** Of the whole tree at once. */
  peak_memory_bytes?: number | null | undefined;
  /** The most that any one process of the tree had resident. */
  peak_process_memory_bytes?: number | null | undefined;
  /** Highest sum of resident memory seen: no page cache, but shared pages once for each process. */
  peak_resident_bytes?: number | null | undefined;
  peak_memory_pss_bytes?: number | null | undefined;
  /** Weighted by time. */
  avg_memory_bytes?: number | null | undefined;
  disk_read_bytes?: number | null | undefined;
  disk_write_bytes?: number | null | undefined;
  disk_cancelled_write_bytes?: number | null | undefined;
  io_read_bytes?: number | null | undefined;
  io_write_bytes?: number | null | undefined;
  network_rx_bytes?: number | null | undefined;
  network_tx_bytes?: number | null | undefined;
  network_loopback_rx_bytes?: number | null | undefined;
  network_loopback_tx_bytes?: number | null | undefined;
  minor_faults?: number | null | undefined;
  major_faults?: number | null | undefined;
  voluntary_context_switches?: number | null | undefined;
  involuntary_context_switches?: number | null | undefined;
  /** Where they were counted; the loopback left out. */
  network_packets?: {
    rx_packet_count: number;
    tx_packet_count: number;
    /** With the headers of IP, TCP and UDP; those of the link left out. */
    rx_wire_bytes: number;
    tx_wire_bytes: number;
  } | undefined;
  /** What perf has counted, where it was asked for. */
  counters?: Counters | undefined;
  peak_process_count: number;
  peak_thread_count?: number | null | undefined;
  /** Processes seen; those that lived between two samples may be missing. */
  total_process_count: number;
  /** Still running when the record was written. */
  leftover_process_count: number;
  /** Processes that the kernel killed: out of memory. */
  oom_kill_count: number | null;
  /** How often memory had to be taken back at the limit. */
  memory_limit_hit_count: number | null;
  /** How often a fork was refused at the limit. */
  process_limit_hit_count: number | null;
  /** How long the limit on CPU made the run wait. */
  cpu_throttled_seconds: number | null;
  /** What kept it waiting; left out by older versions. */
  waiting?: Waiting | undefined;
  sample_count: number;
  missed_tick_count: number;
  /** What the samples alone would have given. */
  cpu_seconds_sampled?: number | null | undefined;
  accounting: Accounting;
  /** Every process, where it was asked for. */
  processes?: ProcessTableRecord | undefined;
  /** Metrics that the program published itself, where these were collected. */
  app?: AppSummary | undefined;
  /** What it did with GPUs, where that was asked for. */
  gpu?: GpuSummary | undefined;
  /** Proctor's own use, from its own start. */
  monitor: {
    cpu_seconds: number;
    /** Of one core, over the wall time of the run. */
    cpu_percent: number;
    /** Resident at the end. */
    memory_bytes: number | null;
    /** The most it has ever had resident. */
    peak_memory_bytes?: number | null | undefined;
    /** Samples, and measurements between them, that it took. */
    tick_count?: number | undefined;
    /**
     * Samples that came late by a tenth of their interval or more; missed_tick_count has those that were
     * skipped.
     */
    late_tick_count?: number | undefined;
    /** How often the loop that watches was woken. */
    wake_up_count?: number | undefined;
    /** How often one of its threads went to sleep. */
    voluntary_context_switches?: number | null | undefined;
    /** How new processes of the tree were found: by the kernel's events, or by searching. */
    discovery?: "events" | "search" | undefined;
    /** How often processes of the tree were searched for. */
    search_count?: number | undefined;
    /**
     * Of one core: what sampling at the interval that was asked for took, where the default budget would
     * not have allowed it.
     */
    sampling_percent?: number | undefined;
    /** Where there are any. */
    exporters?: Array<ExporterReport> | undefined;
  };
};

/** Any record; `kind` says which. */
export type ProctorRecord = StartRecord | SampleRecord | ProcessRecord | SummaryRecord;
