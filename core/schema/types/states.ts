/* Written by scripts/build_types.ts from the schemas. */
import type { ExporterReport } from "./accounting.ts";

/** What another process needs to take a group up again. */
export type SavedGroup = {
  version: 1;
  mechanism: "cgroup" | "subreaper" | "process_group";
  directory: string | null;
  marker: string;
  boot_id: string;
  processes: Array<{
    pid: number;
    birth: number;
  }>;
  ended_totals: Array<number | null>;
};

/** How an agent follows the orders of its manager. */
export type ControlReport = {
  /** No sample is taken more often, even when asked for. */
  min_interval_seconds: number;
  /** Of the last order that was followed; null before the first. */
  sequence: number | null;
  in_force: Array<{
    task_id: string;
    interval_seconds: number;
    until: string;
  }>;
  /** Orders that were not followed, by the reason. */
  refused: Record<string, number>;
};

/** How the agent itself is, and the machine it is on. */
export type HealthMessage = {
  proplet_id: string;
  /** Which agent; independent of the host's name. */
  agent_id?: string | undefined;
  timestamp: string;
  agent: {
    version: string;
    pid: number;
    uptime_seconds: number;
    cpu_seconds: number;
    /** Of one core, since the message before. */
    cpu_percent: number;
    memory_bytes: number | null;
    /** The most it has ever had resident. */
    peak_memory_bytes?: number | null | undefined;
    /** How often one of its threads went to sleep. */
    voluntary_context_switches?: number | null | undefined;
    /** Tasks that are being watched. */
    task_count: number;
    /** Samples, and measurements between them, that it took of all tasks. */
    tick_count?: number | undefined;
    /** Samples that came late by a tenth of their interval or more. */
    late_tick_count?: number | undefined;
    /** Samples that were skipped, late by an interval or more. */
    missed_tick_count?: number | undefined;
    exporters: Array<ExporterReport>;
    /** Where a manager may ask for denser samples: what is in force, and what was refused. */
    control?: ControlReport | undefined;
  };
  host: {
    uptime_seconds: number | null;
    /** Of all cores together: 100 is all of them busy. */
    cpu_percent: number | null;
    memory_total_bytes: number | null;
    memory_used_bytes: number | null;
    memory_percent: number | null;
    load_1m: number | null;
    load_5m: number | null;
    load_15m: number | null;
    swap_percent?: number | null | undefined;
    /** Of all disks together, but for network file systems. */
    disk_total_bytes?: number | null | undefined;
    disk_used_bytes?: number | null | undefined;
    /** Since boot, all interfaces together. */
    network_rx_bytes?: number | null | undefined;
    network_tx_bytes?: number | null | undefined;
  };
};
