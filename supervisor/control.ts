import { z } from "zod";
import { appSummarySchema, appValuesSchema } from "../core/schema/app_schema.ts";
import { taskMessageSchema } from "../core/schema/task_message.ts";
import type { TaskMessage } from "../core/schema/task_message.ts";
import { EVENT_KINDS } from "./events/event_kinds.ts";
import type { LogLine, LogQuery } from "./logs/log_line.ts";
import type {
  ProcessDescription,
  ProcessStatus,
  ReloadReport,
  SupervisorEvent,
  SupervisorInfo,
} from "./control_types.ts";
export type {
  ProcessDescription,
  ProcessState,
  ProcessStatus,
  ReloadReport,
  SupervisorEvent,
  SupervisorInfo,
} from "./control_types.ts";

/*
 * The contract between the engine, which keeps processes alive, and its callers: the HTTP API and, behind that,
 * `proctor ctl`. The engine implements `SupervisorControl`; the API knows nothing else of it.
 */

/** The states of a managed process (supervisor/lifecycle/state.ts tells how they follow each other). */
export const PROCESS_STATES = [
  "stopped",
  "starting",
  "running",
  "stopping",
  "failed",
  "backoff",
  "disabled",
] as const;

/** How a managed process is supervised (docs/specification.md, "Managed processes"). */
export const PROCESS_TYPES = ["standard_managed", "integrated_managed", "unmanaged"] as const;

const processStateSchema = z.enum(PROCESS_STATES);

const networkBytes = z.number().min(0).nullable();

/** One managed process at a glance: the row of `proctor ctl status`. */
export const processStatusSchema = z.strictObject({
  id: z.string(),
  type: z.enum(PROCESS_TYPES),
  groups: z.array(z.string()).describe("by which it is found: ctl restart @name"),
  state: processStateSchema,
  pid: z.int().positive().nullable().describe("of the process that was started; null when none runs"),
  restarts: z.int().min(0).describe("since the supervisor took it up, by policy or by hand"),
  uptime_seconds: z.number().min(0).nullable().describe("of the process that runs"),
  cpu_percent: z.number().min(0).nullable().describe("of the whole tree; 100 is one core busy"),
  memory_bytes: z.number().min(0).nullable().describe("of the whole tree"),
  process_count: z.int().min(0).nullable().describe("processes in the tree"),
  network_rx_bytes: networkBytes.describe(
    "received by its tree since it was started; null where it is not counted",
  ),
  network_tx_bytes: networkBytes.describe("sent"),
  network_loopback_rx_bytes: networkBytes.describe("received through the loopback"),
  network_loopback_tx_bytes: networkBytes.describe("sent through the loopback"),
  app: appValuesSchema.nullable().describe(
    "the metrics it publishes itself, over its whole run; null where it cannot, or does not run",
  ),
  health: z.enum(["healthy", "unhealthy", "unknown"]).nullable().describe(
    "unknown before the first answer of a probe; null when it does not run or has no health check",
  ),
  reason: z.string().nullable().describe(
    "why it is in this state, in one sentence, where there is more to say",
  ),
  status_text: z.string().nullable().describe(
    "what it says of itself (STATUS= of sd_notify(3)), or that it reloads or stops; null: nothing",
  ),
  degraded: z.string().nullable().describe(
    "what the supervisor cannot do for it as it should, such as writing down its state; null: nothing",
  ),
});

export const supervisorEventSchema = z.strictObject({
  sequence: z.int().positive().describe("1 for the first event of a supervisor's run, then without a gap"),
  timestamp: z.string().describe("RFC 3339, UTC, milliseconds"),
  kind: z.enum(EVENT_KINDS),
  id: z.string().nullable().describe("of the managed process; null for what concerns the supervisor"),
  from: processStateSchema.nullable(),
  to: processStateSchema.nullable(),
  pid: z.int().positive().nullable(),
  reason: z.string().nullable().describe("one sentence"),
});

/** All there is to say about one managed process. */
export const processDescriptionSchema = z.object({
  status: processStatusSchema,
  definition: z.record(z.string(), z.unknown()).describe(
    "its configuration in canonical form, defaults filled in, values of secrets left out",
  ),
  depends_on: z.array(z.string()),
  dependents: z.array(z.string()),
  restart_with: z.array(z.string()).describe("those with which it is stopped, and started again"),
  mechanism: z.string().nullable().describe(
    "what holds its tree together: cgroup, subreaper; null when none runs",
  ),
  mechanism_reason: z.string().nullable().describe("why no stronger one is used"),
  started_at: z.string().nullable(),
  next_start_at: z.string().nullable().describe(
    "in backoff, when it is tried again; of one with a schedule, its next time",
  ),
  last_exit: z.object({
    at: z.string(),
    outcome: z.enum(["exited", "signaled", "oom_killed", "unknown"]),
    exit_code: z.int().nullable(),
    signal: z.string().nullable(),
  }).nullable(),
  breaker: z.object({
    state: z.enum(["closed", "open", "half_open"]),
    failures: z.int().min(0).describe("within the window"),
    max_failures: z.int().positive(),
    open_until: z.string().nullable(),
  }).nullable(),
  rollback: z.object({
    is_proven: z.boolean().describe("whether it has been healthy by its present definition"),
    back_to: z.string().nullable().describe(
      "when it was found to be healthy by the definition that a rollback would go back to; null: there is none, " +
        "or a rollback would keep the old one that it has still",
    ),
    rolled_back_at: z.string().nullable().describe("null: it is not rolled back"),
    is_left: z.boolean().describe(
      "it has its old definition still, since another instance is not ready with the new one",
    ),
    is_waiting: z.boolean().describe(
      "it runs on by the definition that it had under the last supervisor, until its turn of a roll-out comes",
    ),
    is_unknown: z.boolean().describe(
      "the definition that it runs by cannot be had: what is shown is that of the configuration file",
    ),
  }).nullable().describe("null for what does not come from a configuration file, and for what is unmanaged"),
  app: appSummarySchema.nullable().describe(
    "the metrics it has published itself so far, as in the summary of a run",
  ),
  pid_file: z.string().nullable(),
  log_files: z.array(z.string()).describe("those being written; rotated ones lie beside them"),
  events: z.array(supervisorEventSchema).describe("the latest of this process, the oldest first"),
});

/** What a reload has done, by id of process. */
export const reloadReportSchema = z.strictObject({
  added: z.array(z.string()),
  removed: z.array(z.string()),
  restarted: z.array(z.string()).describe("those whose definition has changed"),
  unchanged: z.array(z.string()),
  failed: z.array(z.strictObject({ id: z.string(), reason: z.string() })).describe(
    "instances that did not become ready with their new definition",
  ),
  left: z.array(z.string()).describe(
    "instances that run by their old definition still, since one before them did not become ready",
  ),
  rolled_back: z.array(z.string()).describe(
    "those that run by an earlier definition still, since the file says what was rolled back",
  ),
});

/** The supervisor itself. */
export const supervisorInfoSchema = z.object({
  version: z.string(),
  pid: z.int().positive(),
  state: z.enum(["starting", "running", "stopping"]),
  started_at: z.string(),
  uptime_seconds: z.number().min(0),
  base_directory: z.string(),
  config_files: z.array(z.string()).describe("the one that was named, and those it includes"),
});

export { taskMessageSchema };
export type { TaskMessage };
/** How a managed process is supervised. */
export type ProcessType = (typeof PROCESS_TYPES)[number];
export type { EventKind } from "./events/event_kinds.ts";

/** Why the engine does not do what it was asked to. */
export type RefusalKind =
  /** There is no process of that id. */
  | "not_found"
  /** It makes no sense now: the id is taken, the process is unmanaged, others depend on it. */
  | "conflict"
  /** What was handed over is faulty: a definition, a configuration file. */
  | "invalid"
  /** It was tried and went wrong: a process that did not start. */
  | "failed"
  /** The supervisor is ending. */
  | "unavailable";

/** A refusal, as one line for the caller. */
export class ControlError extends Error {
  /** `ControlError`. */
  override readonly name = "ControlError";
  /** A new refusal. @param message one line: what, where, and what would be right */
  constructor(readonly kind: RefusalKind, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * The engine, as seen by those who ask it. Methods that change something resolve when it has come about (a stop: when
 * the tree is empty) and reject with a {@link ControlError}; asking for what already holds changes nothing.
 */
export interface SupervisorControl {
  /** What the supervisor itself is doing. */
  info(): SupervisorInfo;
  /**
   * In the order of the configuration, what was added at run time last.
   * @param group those alone that have it among their `groups`
   */
  list(group?: string): ProcessStatus[];
  /** The status of one process. @throws ControlError `not_found` */
  get(id: string): ProcessStatus;
  /** All there is to say about one process. @throws ControlError `not_found` */
  describe(id: string): ProcessDescription;

  /** Start it, whatever its policy says; what it depends on is started before. Resolves when it runs. */
  start(id: string): Promise<ProcessStatus>;
  /** Stop it and leave it stopped; in backoff, at once. Resolves when the tree is empty. */
  stop(id: string): Promise<ProcessStatus>;
  /** Stop and start; counts as a restart, not as a failure. Resolves when it runs. */
  restart(id: string): Promise<ProcessStatus>;
  /** Close its circuit breaker and forget its failures; what had `failed` by them is started again. */
  reset(id: string): Promise<ProcessStatus>;

  /**
   * Send a signal to its main process, or to its whole tree. What follows of it is as if others had sent it.
   * @param signal by its name, with or without SIG, or by its number
   */
  signal(id: string, signal: string, options: { tree: boolean }): Promise<ProcessStatus>;

  /**
   * Take up one more process: an entry of `managed_processes` as in the configuration file, as parsed from JSON, with
   * the object `monitoring_profile` accepted in it. Started when `enabled`, without waiting for it to run.
   */
  add(definition: unknown): Promise<ProcessStatus>;
  /** Stop a process and forget it. Resolves when its tree is empty. */
  remove(id: string): Promise<void>;
  /** Read the configuration again; only what changed restarts. A faulty file changes nothing and is `invalid`. */
  reload(): Promise<ReloadReport>;
  /**
   * Have it run by the last of its definitions that was healthy, whatever the configuration file says, which stays as
   * it is; or with `undo` by that of the file again. Resolves when it runs.
   */
  rollback(id: string, options?: { undo?: boolean }): Promise<ProcessStatus>;
  /** Begin to end: everything is stopped in reverse order. Resolves when that has begun, not when it is done. */
  shutdown(): Promise<void>;

  /** Subscribe to every event as it happens; the returned function ends that. Listeners never throw. */
  onEvent(listener: (event: SupervisorEvent) => void): () => void;
  /** The latest events of all, the oldest first: some hundreds are kept. */
  recentEvents(): SupervisorEvent[];

  /** Subscribe to every sample of every process; the returned function ends that. */
  onMetrics(listener: (message: TaskMessage) => void): () => void;
  /** The last sample of each process that has one. */
  latestMetrics(): TaskMessage[];

  /**
   * What a process has written (`ProcessLogs.read`). Ends at what is there now, or with `follow` when the signal says
   * so or the process is removed; another of its id that a reload puts in its place goes on.
   * @throws ControlError `not_found`, or `conflict` when its output is not collected
   */
  logs(id: string, query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine>;
  /**
   * What several have written, in the order of time; with `follow` also what those write that are added later.
   * @param names ids, patterns and groups (`idsOf`); none for all
   * @throws ControlError `not_found` where nothing fits, or `conflict` where the output of none can be read
   */
  mergedLogs(names: readonly string[], query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine>;
}
