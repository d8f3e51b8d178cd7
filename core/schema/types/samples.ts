/* Written by scripts/build_types.ts from the schemas. */
import type { Quality } from "./accounting.ts";
import type { AppValues } from "./parts.ts";

/** One thread of a process in a sample. */
export type ThreadRow = {
  thread_id: number;
  name: string;
  cpu_percent: number | null;
  cpu_seconds: number | null;
};

/** One process of the tree in a sample. */
export type ProcessRow = {
  pid: number;
  parent_pid: number | null;
  /** RFC 3339, UTC, milliseconds. */
  start_time: string;
  name: string;
  /** Arguments joined by spaces; null for a kernel thread, or when it was first seen as a zombie. */
  command: string | null;
  uptime_seconds: number;
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
  threads?: Array<ThreadRow> | undefined;
};

/** A reading of the whole tree. */
export type SampleRecord = {
  kind: "sample";
  /** RFC 3339, UTC, milliseconds. */
  timestamp: string;
  elapsed_seconds: number;
  interval_seconds: number;
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
  /** Metrics that the watched program publishes itself, where these are collected. */
  app?: AppValues | undefined;
  processes?: Array<ProcessRow> | undefined;
};

/** A process of the tree that ended. */
export type ProcessRecord = {
  kind: "process";
  /** RFC 3339, UTC, milliseconds. */
  timestamp: string;
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
};
