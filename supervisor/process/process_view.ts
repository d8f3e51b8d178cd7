import { finalValues } from "../../core/app/final_values.ts";
import type { AppSummary, AppValues } from "../../core/schema/app_schema.ts";
import type { ProcessDescription, ProcessStatus } from "../control.ts";
import type { Condition, Definition } from "../definition.ts";
import { healthSentence } from "../health/health.ts";
import type { Health } from "../health/health.ts";
import { failureWeight } from "../lifecycle/breaker.ts";
import { hasSucceeded } from "../lifecycle/machine.ts";
import type { Machine } from "../lifecycle/machine.ts";
import type { StateDirectory } from "../kept/state_directory.ts";
import type { ProcessLogs } from "../logs/process_logs.ts";
import { recoverySentence, troubleSentence } from "./degradation.ts";
import type { Trouble } from "./degradation.ts";
import { timeText } from "../../config/next_time.ts";
import type { ProcessNotify } from "../notify/process_notify.ts";
import type { ProcessApp } from "./process_app.ts";
import type { ProcessRun } from "./process_run.ts";
import type { OwnDescription } from "./supervised.ts";

/** What status and description of a managed process are made of. */
export interface ProcessFacts {
  readonly definition: Definition;
  readonly machine: Machine;
  readonly run: ProcessRun | null;
  /** null without a health check, or while nothing runs. */
  readonly health: Health | null;
  readonly waitsFor: string | null;
  readonly trouble: Trouble | null;
  readonly lastExit: ProcessDescription["last_exit"];
  readonly logs: ProcessLogs;
  readonly directory: Pick<StateDirectory, "pidFile">;
  /** What it tells of itself; null where nothing of that is to be had. */
  readonly app: Pick<ProcessApp, "summary"> | null;
  /** When it is started next by its schedule. */
  readonly scheduledAtMs: number | null;
  /** What it notifies us of; null where it is not asked to. */
  readonly notify: Pick<ProcessNotify, "status" | "stage"> | null;
}

/** Why it is in the state it is in. */
export function reasonOf(
  { machine, run, health, waitsFor, trouble, scheduledAtMs }: ProcessFacts,
): string | null {
  if (waitsFor !== null) return `it waits for ${waitsFor}`;
  if (machine.state === "running" && health?.status === "unhealthy") return healthSentence(health);
  if (machine.state === "stopped" && scheduledAtMs !== null) {
    return `it is started at ${timeText(scheduledAtMs)}${
      machine.reason === null ? "" : `; ${machine.reason}`
    }`;
  }
  if (machine.state !== "starting") return machine.reason;
  if (run) return machine.reason ?? "it is not ready yet";
  return (trouble && recoverySentence(trouble)) ?? machine.reason;
}

/** Its row of `proctor ctl status`. */
export function statusOf(facts: ProcessFacts): ProcessStatus {
  const { definition, machine, run, health, trouble, app, notify } = facts;
  const usage = run && !run.group.isClosed ? run.usage() : null;
  return {
    id: definition.id,
    type: definition.type,
    groups: [...definition.groups],
    state: machine.state,
    pid: run?.pid ?? null,
    restarts: Math.max(0, machine.starts - 1),
    uptime_seconds: run ? Math.max(0, rounded((Date.now() - run.command.startTimeMs) / 1_000)) : null,
    cpu_percent: usage ? rounded(run!.cpuPercent(usage.totalCpuTimeSeconds)) : null,
    memory_bytes: usage?.memoryBytes ?? null,
    process_count: usage?.activeProcessCount ?? null,
    network_rx_bytes: usage?.networkRxBytes ?? null,
    network_tx_bytes: usage?.networkTxBytes ?? null,
    network_loopback_rx_bytes: usage?.networkLoopbackRxBytes ?? null,
    network_loopback_tx_bytes: usage?.networkLoopbackTxBytes ?? null,
    app: toldValues(run && app && app.summary()),
    health: run && health ? health.status : null,
    reason: reasonOf(facts),
    status_text: run && notify ? toldStatus(notify) : null,
    degraded: trouble && troubleSentence(trouble),
  };
}

/** What it does, by its own account. */
function toldStatus({ status, stage }: Pick<ProcessNotify, "status" | "stage">): string | null {
  return [stage && `it is ${stage}`, status].filter(Boolean).join(": ") || null;
}

/** What a process has told of itself, as samples have it, over its whole run. */
export function toldValues(summary: AppSummary | null): AppValues | null {
  return summary && finalValues(summary, undefined);
}

/** All there is to say about it. */
export function descriptionOf(facts: ProcessFacts): OwnDescription {
  const { definition, machine, run, lastExit, logs, directory, app } = facts;
  const { breaker, dueAtMs } = machine;
  const rule = definition.restart.breaker;
  const now = performance.now();
  const atMs = (ms: number | null) => ms === null ? null : new Date(Date.now() + ms - now).toISOString();
  return {
    status: statusOf(facts),
    definition: definition.shown,
    depends_on: [...definition.dependsOn.keys()],
    restart_with: [...definition.restartWith],
    mechanism: run?.group.mechanism ?? null,
    mechanism_reason: run?.group.mechanismReason ?? null,
    started_at: run ? new Date(run.command.startTimeMs).toISOString() : null,
    next_start_at: machine.state === "backoff" ? atMs(dueAtMs) : scheduledAt(facts),
    last_exit: lastExit,
    breaker: rule && {
      state: breaker.state,
      failures: Math.round(failureWeight(breaker, rule, now)),
      max_failures: Math.max(1, Math.ceil(rule.failures)),
      open_until: breaker.state === "open" ? atMs(breaker.openUntilMs) : null,
    },
    app: run && app && app.summary(),
    pid_file: run ? directory.pidFile(definition.id) : null,
    log_files: logs.files,
  };
}

function scheduledAt({ scheduledAtMs }: ProcessFacts): string | null {
  return scheduledAtMs === null ? null : new Date(scheduledAtMs).toISOString();
}

/** Whether what a dependent process waits for has come about. */
export function fulfils({ machine, health }: ProcessFacts, condition: Condition): boolean {
  const { state, lastExit } = machine;
  if (condition === "exited_successfully") {
    return hasSucceeded(lastExit) &&
      !["starting", "running", "stopping"].includes(state);
  }
  if (state !== "running") return false;
  return condition === "started" || health === null || health.status === "healthy";
}

/** Why a condition will not be fulfilled without intervention; null while it may be. */
export function refusalOf(facts: ProcessFacts, condition: Condition): string | null {
  const { machine: { state, lastExit }, waitsFor } = facts;
  if (waitsFor !== null) return null;
  const reason = reasonOf(facts);
  if (state === "failed") return `it has failed: ${reason}`;
  if (state !== "stopped" && state !== "disabled") return null;
  if (condition === "exited_successfully") {
    return lastExit ? reason ?? "it did not end with exit code 0" : `it is ${state}`;
  }
  return `it is ${state}${reason ? `: ${reason}` : ""}`;
}

function rounded<T extends number | null>(value: T): T {
  return (value === null ? null : Math.round(value * 1_000) / 1_000) as T;
}
