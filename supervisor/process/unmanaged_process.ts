import { randomInt } from "node:crypto";
import type { TaskMessage } from "../../core/schema/task_message.ts";
import { Discovery } from "../../monitor/discovery/discovery.ts";
import type { FoundProcess } from "../../monitor/discovery/discovery.ts";
import type { ProcessQuery } from "../../monitor/discovery/process_query.ts";
import type { ProcessState, ProcessStatus } from "../control.ts";
import type { Condition, Definition, DiscoveryRule } from "../definition.ts";
import { CheckLoop } from "../health/check_loop.ts";
import { healthSentence } from "../health/health.ts";
import { newMachine } from "../lifecycle/machine.ts";
import { step } from "../lifecycle/state.ts";
import type { Machine } from "../lifecycle/machine.ts";
import type { MachineEvent } from "../lifecycle/machine_event.ts";
import { countsNetwork, monitorFrom } from "./monitoring.ts";
import { ProcessApp } from "./process_app.ts";
import { toldValues } from "./process_view.ts";
import type { OwnDescription, Supervised, SupervisorContext } from "./supervised.ts";

/** A process that others have started: discovered and watched, but never signalled. */
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
  /** What it tells of itself; null where nobody asks. */
  readonly #app: ProcessApp | null;

  constructor(
    public definition: Definition,
    readonly origin: "file" | "api",
    readonly context: SupervisorContext,
  ) {
    this.#machine = newMachine(randomInt(2 ** 31), definition.enabled);
    this.#app = ProcessApp.of(definition, context);
  }

  get id(): string {
    return this.definition.id;
  }

  /** Others hold its tree together, if anybody does. */
  readonly group = null;

  get state(): ProcessState {
    return this.#machine.state;
  }

  /** Begin to search for it. */
  start(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    if (this.state === "disabled") this.#dispatch({ type: "enable" });
    void this.#look();
  }

  /** End the search; the process goes on. */
  stop({ reason }: { reason?: string; byHand: boolean }): Promise<void> {
    this.#isWatching = false;
    clearTimeout(this.#timer);
    this.#lose(reason ?? "it is watched no longer");
    return Promise.resolve();
  }

  kill(): void {}

  detach(): Promise<void> {
    this.#isWatching = false;
    clearTimeout(this.#timer);
    void this.#health?.stop();
    return Promise.resolve();
  }

  async close(): Promise<void> {
    void this.detach();
    this.context.monitor.stop(this.id);
    await this.#health?.stop();
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
    const latest = found ? this.#latest : null;
    const health = this.#health?.health;
    return {
      id: this.id,
      type: "unmanaged",
      groups: [...this.definition.groups],
      state: this.state,
      pid: found?.pid ?? null,
      restarts: Math.max(0, this.#machine.starts - 1),
      uptime_seconds: found ? Math.max(0, (Date.now() - found.startTimeMs) / 1_000) : null,
      cpu_percent: latest?.cpu_percent ?? null,
      memory_bytes: latest?.memory_bytes ?? null,
      process_count: latest?.process_count ?? null,
      network_rx_bytes: latest?.network_rx_bytes ?? null,
      network_tx_bytes: latest?.network_tx_bytes ?? null,
      network_loopback_rx_bytes: latest?.network_loopback_rx_bytes ?? null,
      network_loopback_tx_bytes: latest?.network_loopback_tx_bytes ?? null,
      app: toldValues(found && this.#app && this.#app.summary()),
      health: found && health ? health.status : null,
      reason: found && health?.status === "unhealthy" ? healthSentence(health) : this.#machine.reason,
      status_text: null,
      degraded: null,
    };
  }

  describe(): OwnDescription {
    const { definition } = this;
    return {
      status: this.status(),
      definition: definition.shown,
      depends_on: [...definition.dependsOn.keys()],
      restart_with: [],
      mechanism: this.#found ? "none" : null,
      mechanism_reason: this.#found ? "others have started it" : null,
      started_at: this.#found ? new Date(this.#found.startTimeMs).toISOString() : null,
      next_start_at: null,
      last_exit: null,
      breaker: null,
      app: this.#found && this.#app && this.#app.summary(),
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
    if (this.state === "stopped") this.#dispatch({ type: "explain", reason });
  }

  #take(found: FoundProcess): void {
    this.#found = found;
    const { pid, birth } = found;
    this.#app?.restart();
    const target = { pid, birth, network: countsNetwork(this.definition) };
    monitorFrom(this.definition, target, this.context, this.#app);
    this.#dispatch({ type: "adopt", isNew: true });
    this.#dispatch({ type: "ready" });
    const { healthCheck } = this.definition;
    if (!healthCheck) return;
    const context = {
      processFault: () => this.#found ? null : "it has ended",
      workingDirectory: process.cwd(),
      environment: {},
      user: null,
      group: null,
    };
    this.#health = new CheckLoop(healthCheck, context, (before) => {
      const { health } = this.#health!;
      if (health.status === before.status) return;
      const reason = healthSentence(health);
      this.context.emit("health", this.id, { pid: this.#found?.pid, reason });
      this.context.changed();
    });
  }

  #lose(reason: string): void {
    if (!this.#found) return;
    void this.#health?.stop();
    this.#health = null;
    this.#found = null;
    this.#latest = null;
    this.context.monitor.stop(this.id);
    // The exit status of another program's child is unknown.
    this.#dispatch({ type: "ended", exit: { outcome: "exited", exitCode: 0, signal: null }, reason });
  }

  #dispatch(event: MachineEvent): void {
    const { machine, transitions } = step(this.#machine, event, this.definition.restart, performance.now());
    this.#machine = machine;
    for (const { from, to, reason } of transitions) {
      // It is found as it runs: that it was starting is a matter of the machine alone.
      if (to === "starting") continue;
      this.context.emit("transition", this.id, {
        from: from === "starting" ? "stopped" : from,
        to,
        reason,
        pid: this.#found?.pid ?? null,
      });
    }
    this.context.changed();
  }
}

function queryOf({ method, pidFile, processName, port }: DiscoveryRule): ProcessQuery {
  if (method === "pid_file") return { pidFile: pidFile! };
  return method === "port" ? { port: port! } : { name: processName! };
}
