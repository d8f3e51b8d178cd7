/* A supervisor that supervises nothing: what it is asked, it remembers, and answers from memory. */
import process from "node:process";
import type { TaskMessage } from "../../../core/schema/task_message.ts";
import { ControlError } from "../../../supervisor/control.ts";
import type {
  ProcessDescription,
  ProcessStatus,
  ReloadReport,
  SupervisorControl,
  SupervisorEvent,
  SupervisorInfo,
} from "../../../supervisor/control.ts";
import type { LogLine, LogQuery } from "../../../supervisor/logs/log_line.ts";
import { idsOf } from "../../../supervisor/selection.ts";
import { Follower } from "../../../supervisor/logs/follower.ts";

export class FakeControl implements SupervisorControl {
  readonly processes = new Map<string, ProcessStatus>();
  /** What was asked of it: `stop web`, … */
  readonly asked: string[] = [];
  readonly lines = new Map<string, LogLine[]>();
  readonly followers = new Set<Follower>();
  readonly eventListeners = new Set<(event: SupervisorEvent) => void>();
  readonly metricsListeners = new Set<(message: TaskMessage) => void>();
  readonly events: SupervisorEvent[] = [];
  state: SupervisorInfo["state"] = "running";
  baseDirectory = "/var/lib/proctor";
  /** An action that waits for this before it is done. */
  gate: Promise<void> = Promise.resolve();
  #sequence = 0;

  constructor(ids: readonly string[] = ["web", "db"]) {
    for (const id of ids) this.put({ id });
  }

  put(status: Partial<ProcessStatus> & { id: string }): ProcessStatus {
    const before = this.processes.get(status.id) ?? {
      id: status.id,
      type: "standard_managed",
      groups: [],
      state: "running",
      pid: 4711,
      restarts: 0,
      uptime_seconds: 12.5,
      cpu_percent: 1.25,
      memory_bytes: 20_000_000,
      process_count: 2,
      network_rx_bytes: 34,
      network_tx_bytes: 1_200,
      network_loopback_rx_bytes: null,
      network_loopback_tx_bytes: null,
      app: null,
      health: "healthy",
      reason: null,
      status_text: null,
      degraded: null,
    };
    const after = { ...before, ...status };
    this.processes.set(status.id, after);
    return after;
  }

  info(): SupervisorInfo {
    return {
      version: "1.2.3",
      pid: process.pid,
      state: this.state,
      started_at: "2026-01-31T12:00:00.000Z",
      uptime_seconds: 60,
      base_directory: this.baseDirectory,
      config_files: ["/etc/proctor.yaml"],
    };
  }

  list(): ProcessStatus[] {
    return [...this.processes.values()];
  }

  get(id: string): ProcessStatus {
    const found = this.processes.get(id);
    if (!found) throw new ControlError("not_found", `there is no process "${id}"`);
    return found;
  }

  describe(id: string): ProcessDescription {
    return {
      status: this.get(id),
      definition: { id, executable: "/bin/true" },
      depends_on: ["db"],
      dependents: [],
      restart_with: [],
      mechanism: "cgroup",
      mechanism_reason: null,
      started_at: "2026-01-31T12:00:00.000Z",
      next_start_at: null,
      last_exit: { at: "2026-01-31T12:00:00.000Z", outcome: "signaled", exit_code: null, signal: "SIGKILL" },
      breaker: { state: "closed", failures: 1, max_failures: 5, open_until: null },
      rollback: this.get(id).type === "unmanaged" ? null : {
        is_proven: id === "db",
        back_to: "2026-01-31T11:00:00.000Z",
        rolled_back_at: null,
        is_left: false,
        is_waiting: id === "db",
        is_unknown: false,
      },
      app: null,
      pid_file: `/var/lib/proctor/proctor/${id}.pid`,
      log_files: [`/var/lib/proctor/logs/${id}.log`],
      events: this.events.filter((event) => event.id === id),
    };
  }

  start(id: string): Promise<ProcessStatus> {
    return this.#act("start", id, { state: "running", pid: 4712 });
  }

  stop(id: string): Promise<ProcessStatus> {
    return this.#act("stop", id, { state: "stopped", pid: null, uptime_seconds: null, cpu_percent: null });
  }

  restart(id: string): Promise<ProcessStatus> {
    return this.#act("restart", id, { state: "running", pid: 4712, restarts: 1 });
  }

  reset(id: string): Promise<ProcessStatus> {
    return this.#act("reset", id, {});
  }

  signal(id: string, signal: string, { tree }: { tree: boolean }): Promise<ProcessStatus> {
    return this.#act(`signal ${signal}${tree ? " --tree" : ""}`, id, {});
  }

  rollback(id: string, { undo = false } = {}): Promise<ProcessStatus> {
    return this.#act(undo ? "undo" : "rollback", id, { state: "running", pid: 4713, reason: null });
  }

  // deno-lint-ignore require-await
  async add(definition: unknown): Promise<ProcessStatus> {
    const { id, executable } = definition as { id: string; executable?: string };
    this.asked.push(`add ${JSON.stringify(definition)}`);
    if (this.processes.has(id)) throw new ControlError("conflict", `${id}: the id is taken`);
    if (executable === "") throw new ControlError("invalid", `${id}: executable: is empty`);
    return this.put({ id });
  }

  // deno-lint-ignore require-await
  async remove(id: string): Promise<void> {
    this.get(id);
    this.asked.push(`remove ${id}`);
    this.processes.delete(id);
  }

  reload(): Promise<ReloadReport> {
    this.asked.push("reload");
    return Promise.resolve({
      added: ["a"],
      removed: [],
      restarted: ["web"],
      unchanged: ["db"],
      failed: [],
      left: [],
      rolled_back: [],
    });
  }

  shutdown(): Promise<void> {
    this.asked.push("shutdown");
    this.state = "stopping";
    return Promise.resolve();
  }

  onEvent(listener: (event: SupervisorEvent) => void): () => void {
    this.eventListeners.add(listener);
    return () => this.eventListeners.delete(listener);
  }

  emit(event: Partial<SupervisorEvent>): void {
    const whole: SupervisorEvent = {
      sequence: ++this.#sequence,
      timestamp: "2026-01-31T12:00:00.000Z",
      kind: "transition",
      id: "web",
      from: "starting",
      to: "running",
      pid: 4711,
      reason: null,
      ...event,
    };
    this.events.push(whole);
    for (const listener of this.eventListeners) listener(whole);
  }

  recentEvents(): SupervisorEvent[] {
    return this.events;
  }

  onMetrics(listener: (message: TaskMessage) => void): () => void {
    this.metricsListeners.add(listener);
    return () => this.metricsListeners.delete(listener);
  }

  latestMetrics(): TaskMessage[] {
    return [...this.processes.keys()].map(sample);
  }

  logs(id: string, query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine> {
    this.get(id);
    this.asked.push(`logs ${id} ${JSON.stringify(query)}`);
    const passes = query.filter?.();
    const lines = (this.lines.get(id) ?? [])
      .filter((line) => query.stream === undefined || line.stream === query.stream)
      .filter((line) => passes?.(line) ?? true)
      .slice(query.tail === undefined ? 0 : -query.tail);
    const follower = new Follower(id);
    follower.push(lines);
    if (!query.follow) follower.end();
    else this.followers.add(follower);
    const { followers } = this;
    return (async function* () {
      try {
        yield* follower.lines(signal);
      } finally {
        followers.delete(follower);
      }
    })();
  }

  mergedLogs(names: readonly string[], query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine> {
    this.asked.push(`mergedLogs ${names.join(" ")}`);
    const ids = names.length === 0 ? [...this.processes.keys()] : idsOf(names, this.list());
    for (const id of ids) this.get(id);
    const passes = query.filter?.();
    const lines = ids.flatMap((id) => this.lines.get(id) ?? []).filter((line) => passes?.(line) ?? true);
    const follower = new Follower("*");
    follower.push(lines);
    if (!query.follow) follower.end();
    return follower.lines(signal);
  }

  async #act(action: string, id: string, after: Partial<ProcessStatus>): Promise<ProcessStatus> {
    this.get(id);
    this.asked.push(`${action} ${id}`);
    await this.gate;
    return this.put({ id, ...after });
  }
}

/** A sample as a monitor gives it. */
export function sample(id: string): TaskMessage {
  return {
    task_id: id,
    proplet_id: "here",
    metrics: { cpu_percent: 1.5, memory_bytes: 1_000, timestamp: "2026-01-31T12:00:00.000Z" },
    aggregated: { sample_count: 1 },
    state: "running",
  } as TaskMessage;
}

/** A line of a log. */
export function logLine(message: string, stream: "stdout" | "stderr" = "stdout", id = "web"): LogLine {
  return { timestamp: "2026-01-31T12:00:00.000Z", id, stream, message };
}
