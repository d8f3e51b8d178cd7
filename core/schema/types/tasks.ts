/* Written by scripts/build_types.ts from the schemas. */
import type { Account, Quality } from "./accounting.ts";
import type { AppValues } from "./parts.ts";
import type { ProcessTableRecord } from "./processes.ts";

/** The `metrics` of a message, and one entry of a history. */
export type TaskMetrics = {
  /** RFC 3339, UTC, milliseconds. */
  timestamp: string;
  uptime_seconds: number;
  process_count: number;
  /** Used over the interval before, as a share of one core. */
  cpu_percent?: number | null | undefined;
  /** User and system time since the start; cumulative. */
  cpu_seconds?: number | null | undefined;
  /** In use. */
  memory_bytes?: number | null | undefined;
  /** In use, of what may be used: the machine's memory, or the limit that binds. */
  memory_percent?: number | null | undefined;
  /**
   * Proportional set size: shared pages are divided among those who share them; read at most once a
   * second.
   */
  memory_pss_bytes?: number | null | undefined;
  /** Fetched from storage; cumulative. */
  disk_read_bytes?: number | null | undefined;
  /** Sent to storage, or on the way there; cumulative. */
  disk_write_bytes?: number | null | undefined;
  /** Of what was written, deleted or overwritten before it reached storage; cumulative. */
  disk_cancelled_write_bytes?: number | null | undefined;
  /** Through read calls, pipes and caches included; cumulative. */
  io_read_bytes?: number | null | undefined;
  /** Through write calls, pipes and caches included; cumulative. */
  io_write_bytes?: number | null | undefined;
  /** Payload through network interfaces, the loopback left out; cumulative. */
  network_rx_bytes?: number | null | undefined;
  /** Payload through network interfaces, the loopback left out; cumulative. */
  network_tx_bytes?: number | null | undefined;
  /** Payload through the loopback; cumulative. */
  network_loopback_rx_bytes?: number | null | undefined;
  /** Payload through the loopback; cumulative. */
  network_loopback_tx_bytes?: number | null | undefined;
  /** Alive at the moment of the sample. */
  thread_count?: number | null | undefined;
  /** Open files, pipes and sockets. */
  file_descriptor_count?: number | null | undefined;
  /** Resolved without storage; cumulative. */
  minor_faults?: number | null | undefined;
  /** That waited for storage; cumulative. */
  major_faults?: number | null | undefined;
  /** Times that the CPU was given up; cumulative. */
  voluntary_context_switches?: number | null | undefined;
  /** Times that the CPU was taken away; cumulative. */
  involuntary_context_switches?: number | null | undefined;
  /** How busy GPUs were since the previous sample; 100 is one of them. */
  gpu_percent?: number | null | undefined;
  /** In use on GPUs; of those without memory of their own, the machine's. */
  gpu_memory_bytes?: number | null | undefined;
  /**
   * Metrics that the watched program publishes itself, where these are collected; null where it cannot
   * be.
   */
  app?: AppValues | null | undefined;
};

/** The `aggregated` of a message. */
export type TaskAggregate = {
  /** Percent; CPU over time, not a mean of samples. */
  avg_cpu_usage?: number | null | undefined;
  /** Percent; the highest of any sample. */
  max_cpu_usage?: number | null | undefined;
  /** Bytes, weighted by time. */
  avg_memory_usage?: number | null | undefined;
  /** Bytes; the highest seen, or the kernel's own count where there is one. */
  max_memory_usage?: number | null | undefined;
  /** Bytes. */
  total_disk_read?: number | null | undefined;
  /** Bytes. */
  total_disk_write?: number | null | undefined;
  /** Bytes. */
  total_network_rx?: number | null | undefined;
  /** Bytes. */
  total_network_tx?: number | null | undefined;
  sample_count: number;
};

/** Whether a task's target runs, has ended, or is no longer watched. */
export type TaskState = "running" | "ended" | "stopped";

/** The process that a task stands for, where another program has started it. */
export type TaskProcess = {
  /** The target of proctor watch that has found it. */
  target: string;
  pid: number;
  name: string;
  /** RFC 3339, UTC. */
  start_time: string;
  /**
   * Processes that went before under the same task_id; with each of them metrics and aggregated start
   * over.
   */
  restart_count: number;
  /** 64 hexadecimal digits. */
  container_id?: string | undefined;
  container_name?: string | undefined;
  pod_uid?: string | undefined;
  pod_name?: string | undefined;
  pod_namespace?: string | undefined;
  /** Of systemd, such as nginx.service. */
  unit?: string | undefined;
};

/** Where figures come from. */
export type TaskAccounting = {
  cpu: Account;
  memory: Account;
  peak_memory: Account;
  disk: Account;
};

/** How densely a task is sampled because its manager has asked for it, and until when. */
export type DenserSampling = {
  interval_seconds: number;
  until: string;
};

/** What is published of a task at every tick. */
export type TaskMessage = {
  task_id: string;
  proplet_id: string;
  /** That of metrics, for readers that expect it here. */
  timestamp: string;
  metrics: TaskMetrics;
  aggregated: TaskAggregate;
  /** But for running: the last message of the task. */
  state: TaskState;
  process?: TaskProcess | undefined;
  /**
   * Every process since the task began, where that was asked for; as long as it goes on ten executables,
   * and those that used most alone at the end.
   */
  processes?: ProcessTableRecord | undefined;
  /** Of a container, a pod or a unit that is watched whole, and where every process was asked for. */
  accounting?: TaskAccounting | undefined;
  /** While a manager has asked for denser samples. */
  denser?: DenserSampling | undefined;
};

/** A process of a task that has ended. */
export type TaskProcessRecord = {
  kind: "process";
  /** RFC 3339, UTC, milliseconds. */
  timestamp: string;
  /** Since the task began. */
  elapsed_seconds: number;
  pid: number;
  parent_pid: number | null;
  /** RFC 3339, UTC, milliseconds. */
  start_time: string;
  name: string;
  /** Arguments joined by spaces; null for a kernel thread, or when it was first seen as a zombie. */
  command: string | null;
  uptime_seconds: number;
  /** Null when unknown or ended by a signal. */
  exit_code: number | null;
  signal: string | null;
  /** The kernel killed it: out of memory. */
  oom_killed?: true | undefined;
  /** Its own, without its children. */
  cpu_seconds: number | null;
  /** Its own, without its children: exact where it had none and was waited for, else the highest seen. */
  peak_memory_bytes: number | null;
  /** Of cpu_seconds; exact: its final counters were read; lower_bound: the last that were seen. */
  quality: Quality;
  /** What else the kernel reported of it, where every process was asked for. */
  kernel?: {
    executable: string | null;
    /** On the monotonic clock of the machine. */
    start_ns: number | null;
    /** Null when it lived on, or its end was not seen. */
    end_ns: number | null;
    /** Of one that ran before it was watched: since when its use is counted, but for peak_memory_bytes. */
    counted_from?: string | undefined;
    disk_read_bytes: number | null;
    disk_write_bytes: number | null;
    io_read_bytes: number | null;
    io_write_bytes: number | null;
    minor_faults: number | null;
    major_faults: number | null;
    voluntary_context_switches: number | null;
    involuntary_context_switches: number | null;
  } | undefined;
  task_id: string;
  proplet_id: string;
};
