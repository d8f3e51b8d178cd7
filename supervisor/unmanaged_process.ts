import { performance } from "node:perf_hooks";
import { randomInt } from "node:crypto";
import type { TaskMessage } from "../core/task_message.ts";
import { Discovery } from "../monitor/discovery.ts";
import type { FoundProcess } from "../monitor/discovery.ts";
import type { ProcessQuery } from "../monitor/process_query.ts";
import { CheckLoop } from "./check_loop.ts";
import type { ProcessDescription, ProcessState, ProcessStatus } from "./control.ts";
import type { Condition, Definition, DiscoveryRule } from "./definition.ts";
import { chosenMonitoring } from "./monitoring.ts";
import { newMachine, step } from "./state.ts";
import type { Machine, MachineEvent } from "./state.ts";
import type { Supervised, Surroundings } from "./supervised.ts";

/** A process that others have started: looked for, watched, and never touched. */
export class UnmanagedProcess implements Supervised {
  readonly logs = null;
  waitsFor: string | null = null;
  #machine: Machine;
  #discovery: Discovery | null = null;
  #found: FoundProcess | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #health: CheckLoop | null = null;
  #latest: TaskMessage["metrics"] | null = null;
  #isWatching = false;

  constructor(
    public definition: Definition,
    readonly origin: "file" | "api",
    readonly around: Surroundings,
  ) {
    this.#machine = newMachine(randomInt(2 ** 31), definition.enabled);
  }

  get id(): string {
    return this.definition.id;
  }

  get state(): ProcessState {
    return this.#machine.state;
  }

  /** Begin to look for it. */
  start(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    if (this.state === "disabled") this.#dispatch({ type: "enable" });
    void this.#look();
  }

  /** Look for it no longer; it goes on. */
  stop({ reason }: { reason?: string; byHand: boolean }): Promise<void> {
    this.#isWatching = false;
    clearTimeout(this.#timer);
    this.#lose(reason ?? "it is watched no longer");
    return Promise.resolve();
  }

  kill(): void {}

  detach(): void {
    this.#isWatching = false;
    clearTimeout(this.#timer);
    this.#health?.stop();
  }

  close(): Promise<void> {
    this.detach();
    this.around.monitor.stop(this.id);
    return Promise.resolve();
  }

  fulfils(condition: Condition): boolean {
    if (this.state !== "running") return false;
    return condition !== "healthy" || !this.#health || this.#health.health.status === "healthy";
  }

  refusal(): string | null {
    return this.#isWatching ? null : `it is ${this.state}`;
  }

  status(): ProcessStatus {
    const found = this.#found;
    const health = this.#health?.health;
    return {
      id: this.id,
      type: "unmanaged",
      state: this.state,
      pid: found?.pid ?? null,
      restarts: Math.max(0, this.#machine.starts - 1),
      uptime_seconds: found ? Math.max(0, (Date.now() - found.startTimeMs) / 1_000) : null,
      cpu_percent: found ? this.#latest?.cpu_percent ?? null : null,
      memory_bytes: found ? this.#latest?.memory_bytes ?? null : null,
      process_count: found ? this.#latest?.process_count ?? null : null,
      health: found && health ? health.status : null,
      reason: found && health?.status === "unhealthy"
        ? `it is unhealthy: ${health.message}`
        : this.#machine.reason,
    };
  }

  describe(): Omit<ProcessDescription, "dependents" | "events"> {
    const { definition } = this;
    return {
      status: this.status(),
      definition: definition.shown,
      depends_on: [...definition.dependsOn.keys()],
      mechanism: this.#found ? "none" : null,
      mechanism_reason: this.#found ? "others have started it" : null,
      started_at: this.#found ? new Date(this.#found.startTimeMs).toISOString() : null,
      next_start_at: null,
      last_exit: null,
      breaker: null,
      pid_file: definition.discovery?.pidFile ?? null,
      log_files: [],
    };
  }

  onMetrics({ metrics }: TaskMessage): void {
    this.#latest = metrics;
  }

  async #look(): Promise<void> {
    const { checkIntervalMs } = this.definition.discovery!;
    try {
      this.#discovery ??= await Discovery.create([queryOf(this.definition.discovery!)]);
      if (!this.#isWatching) return;
      const [{ processes, problems }] = this.#discovery.look();
      const same = processes.find(({ pid, birth }) =>
        pid === this.#found?.pid && birth === this.#found?.birth
      );
      if (!same && this.#found) this.#lose("it has ended");
      // Of several the oldest is meant: the others are its children, most often.
      if (!this.#found && processes.length > 0) this.#take(processes[0]);
      if (!this.#found) this.#explain(problems[0] ?? "it was not found");
    } catch (error) {
      this.#explain((error as Error).message);
    }
    this.#timer = setTimeout(() => void this.#look(), checkIntervalMs);
  }

  #explain(reason: string): void {
    if (this.#machine.state === "stopped") this.#machine = { ...this.#machine, reason };
  }

  #take(found: FoundProcess): void {
    const starts = this.#machine.starts + 1;
    this.#found = found;
    const profile = chosenMonitoring(this.definition);
    this.around.monitor.stop(this.id);
    if (profile) this.around.monitor.start(this.id, found.pid, profile);
    this.#dispatch({ type: "adopt" });
    this.#machine = { ...this.#machine, starts };
    this.#dispatch({ type: "ready" });
    const { healthCheck } = this.definition;
    if (!healthCheck) return;
    const context = {
      processFault: () => this.#found ? null : "it has ended",
      workingDirectory: process.cwd(),
      environment: {},
    };
    this.#health = new CheckLoop(healthCheck, context, (before) => {
      const { health } = this.#health!;
      if (health.status === before.status) return;
      const reason = health.status === "unhealthy" ? `it is unhealthy: ${health.message}` : "it is healthy";
      this.around.emit("health", this.id, { pid: this.#found?.pid, reason });
      this.around.changed();
    });
  }

  #lose(reason: string): void {
    if (!this.#found) return;
    this.#health?.stop();
    this.#health = null;
    this.#found = null;
    this.#latest = null;
    this.around.monitor.stop(this.id);
    // Nobody tells how somebody else's process has ended.
    this.#dispatch({ type: "ended", exit: { outcome: "exited", exitCode: 0, signal: null } });
    this.#machine = { ...this.#machine, reason };
  }

  #dispatch(event: MachineEvent): void {
    const { machine, transitions } = step(this.#machine, event, this.definition.restart, performance.now());
    this.#machine = machine;
    for (const { from, to } of transitions) {
      // It is found as it runs: that it was starting is a matter of the machine alone.
      if (to === "starting") continue;
      const reason = to === "stopped" ? "it has ended" : null;
      this.around.emit("transition", this.id, {
        from: from === "starting" ? "stopped" : from,
        to,
        reason,
        pid: this.#found?.pid ?? null,
      });
    }
    this.around.changed();
  }
}

function queryOf({ method, pidFile, processName, port }: DiscoveryRule): ProcessQuery {
  if (method === "pid_file") return { pidFile: pidFile! };
  return method === "port" ? { port: port! } : { name: processName! };
}
