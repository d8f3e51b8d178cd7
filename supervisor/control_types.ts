/* Written by scripts/build_types.ts from the schemas. */
import type { AppSummary, AppValues } from "../core/schema/types/parts.ts";

/** A state of a managed process. */
export type ProcessState =
  | "stopped"
  | "starting"
  | "running"
  | "stopping"
  | "failed"
  | "backoff"
  | "disabled";

/** One managed process at a glance. */
export type ProcessStatus = {
  id: string;
  type: "standard_managed" | "integrated_managed" | "unmanaged";
  /** By which it is found: ctl restart @name. */
  groups: Array<string>;
  state: ProcessState;
  /** Of the process that was started; null when none runs. */
  pid: number | null;
  /** Since the supervisor took it up, by policy or by hand. */
  restarts: number;
  /** Of the process that runs. */
  uptime_seconds: number | null;
  /** Of the whole tree; 100 is one core busy. */
  cpu_percent: number | null;
  /** Of the whole tree. */
  memory_bytes: number | null;
  /** Processes in the tree. */
  process_count: number | null;
  /** Received by its tree since it was started; null where it is not counted. */
  network_rx_bytes: number | null;
  /** Sent. */
  network_tx_bytes: number | null;
  /** Received through the loopback. */
  network_loopback_rx_bytes: number | null;
  /** Sent through the loopback. */
  network_loopback_tx_bytes: number | null;
  /** The metrics it publishes itself, over its whole run; null where it cannot, or does not run. */
  app: AppValues | null;
  /** Unknown before the first answer of a probe; null when it does not run or has no health check. */
  health: "healthy" | "unhealthy" | "unknown" | null;
  /** Why it is in this state, in one sentence, where there is more to say. */
  reason: string | null;
  /** What it says of itself (STATUS= of sd_notify(3)), or that it reloads or stops; null: nothing. */
  status_text: string | null;
  /** What the supervisor cannot do for it as it should, such as writing down its state; null: nothing. */
  degraded: string | null;
};

/** Something that has happened to a managed process, or to the supervisor. */
export type SupervisorEvent = {
  /** 1 for the first event of a supervisor's run, then without a gap. */
  sequence: number;
  /** RFC 3339, UTC, milliseconds. */
  timestamp: string;
  kind:
    | "transition"
    | "health"
    | "limit"
    | "breaker"
    | "degraded"
    | "schedule"
    | "output_dropped"
    | "adopted"
    | "signalled"
    | "added"
    | "removed"
    | "reloaded"
    | "reload_failed"
    | "rollout_stopped"
    | "rollback"
    | "supervisor_started"
    | "supervisor_stopping";
  /** Of the managed process; null for what concerns the supervisor. */
  id: string | null;
  from: ProcessState | null;
  to: ProcessState | null;
  pid: number | null;
  /** One sentence. */
  reason: string | null;
};

/** All there is to say about one managed process. */
export type ProcessDescription = {
  status: ProcessStatus;
  /** Its configuration in canonical form, defaults filled in, values of secrets left out. */
  definition: Record<string, unknown>;
  depends_on: Array<string>;
  dependents: Array<string>;
  /** Those with which it is stopped, and started again. */
  restart_with: Array<string>;
  /** What holds its tree together: cgroup, subreaper; null when none runs. */
  mechanism: string | null;
  /** Why no stronger one is used. */
  mechanism_reason: string | null;
  started_at: string | null;
  /** In backoff, when it is tried again; of one with a schedule, its next time. */
  next_start_at: string | null;
  last_exit: {
    at: string;
    outcome: "exited" | "signaled" | "oom_killed" | "unknown";
    exit_code: number | null;
    signal: string | null;
  } | null;
  breaker: {
    state: "closed" | "open" | "half_open";
    /** Within the window. */
    failures: number;
    max_failures: number;
    open_until: string | null;
  } | null;
  /** Null for what does not come from a configuration file, and for what is unmanaged. */
  rollback: {
    /** Whether it has been healthy by its present definition. */
    is_proven: boolean;
    /**
     * When it was found to be healthy by the definition that a rollback would go back to; null: there is
     * none, or a rollback would keep the old one that it has still.
     */
    back_to: string | null;
    /** Null: it is not rolled back. */
    rolled_back_at: string | null;
    /** It has its old definition still, since another instance is not ready with the new one. */
    is_left: boolean;
    /**
     * It runs on by the definition that it had under the last supervisor, until its turn of a roll-out
     * comes.
     */
    is_waiting: boolean;
    /** The definition that it runs by cannot be had: what is shown is that of the configuration file. */
    is_unknown: boolean;
  } | null;
  /** The metrics it has published itself so far, as in the summary of a run. */
  app: AppSummary | null;
  pid_file: string | null;
  /** Those being written; rotated ones lie beside them. */
  log_files: Array<string>;
  /** The latest of this process, the oldest first. */
  events: Array<SupervisorEvent>;
};

/** What a reload has done, by id of process. */
export type ReloadReport = {
  added: Array<string>;
  removed: Array<string>;
  /** Those whose definition has changed. */
  restarted: Array<string>;
  unchanged: Array<string>;
  /** Instances that did not become ready with their new definition. */
  failed: Array<{
    id: string;
    reason: string;
  }>;
  /** Instances that run by their old definition still, since one before them did not become ready. */
  left: Array<string>;
  /** Those that run by an earlier definition still, since the file says what was rolled back. */
  rolled_back: Array<string>;
};

/** The supervisor itself. */
export type SupervisorInfo = {
  version: string;
  pid: number;
  state: "starting" | "running" | "stopping";
  started_at: string;
  uptime_seconds: number;
  base_directory: string;
  /** The one that was named, and those it includes. */
  config_files: Array<string>;
};
