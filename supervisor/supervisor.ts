import type { TickCounts } from "../core/measure/sampler.ts";
import { usageError } from "../core/error.ts";
import { checkOptions } from "../core/option.ts";
import type { TaskMessage } from "../core/schema/task_message.ts";
import { VERSION } from "../core/schema/version.ts";
import type { ConfigInForce } from "./config/load.ts";
import { ControlError } from "./control.ts";
import type {
  ProcessDescription,
  ProcessStatus,
  ReloadReport,
  SupervisorControl,
  SupervisorEvent,
  SupervisorInfo,
} from "./control.ts";
import { dependentsOf } from "./dependencies.ts";
import { Edits } from "./edits.ts";
import { Engine } from "./engine.ts";
import { SUPERVISOR_RULES } from "./engine_options.ts";
import type { EngineOptions } from "./engine_options.ts";
import type { LogLine, LogQuery } from "./logs/log_line.ts";
import { followedLogs, mergedLogs, readableLogs } from "./merged_logs.ts";
import { openParts } from "./parts.ts";
import type { Parts } from "./parts.ts";
import type { ManagedProcess } from "./process/managed_process.ts";
import { loadPlatform } from "../platform/mod.ts";
import { Rollbacks } from "./rollback.ts";
import { shutDown } from "./shutdown.ts";
import { signalNamed } from "../group/signal_named.ts";
import { startUp } from "./start_up.ts";

const ENDS_WITH_US = "on this system processes end with their supervisor: none can be left running";

/** How a supervisor is made. */
export interface SupervisorOptions extends EngineOptions {
  /**
   * Called when the state directory is ours and nothing runs yet; what it throws is thrown by `start`. What is added,
   * removed or reloaded from then on is done when the start is over: that is not to be awaited here.
   */
  readonly beforeStart?: (supervisor: Supervisor) => Promise<void>;
}

/**
 * Keeps groups of processes alive as a configuration says (docs/supervisor.md).
 *
 * ```ts
 * const supervisor = await Supervisor.start({ configFile: "proctor.yaml" });
 * console.log(supervisor.list());
 * await supervisor.shutdown();
 * await supervisor.closed;
 * ```
 */
export class Supervisor implements SupervisorControl {
  /** Resolves when everything is stopped and all resources are released. */
  readonly closed: Promise<void>;
  #finish: () => void = () => {};
  readonly #engine: Engine;
  readonly #edits: Edits;
  readonly #startedMs = Date.now();

  private constructor(options: SupervisorOptions, parts: Parts) {
    this.#engine = new Engine(options, parts);
    this.#edits = new Edits(this.#engine);
    this.closed = new Promise((resolve) => this.#finish = resolve);
  }

  /**
   * Take the state directory, take up what still runs, and start what is to be started.
   * @throws ConfigError with all faults of the configuration
   * @throws ProctorError of kind `system` when another supervisor has the directory
   */
  static async start(options: SupervisorOptions = {}): Promise<Supervisor> {
    checkOptions(options, SUPERVISOR_RULES);
    const parts = await openParts(options);
    if (options.detachOnExit && !parts.mayDetach) {
      await parts.release();
      throw usageError(`detachOnExit: ${ENDS_WITH_US}`);
    }
    let supervisor: Supervisor | undefined;
    try {
      supervisor = new Supervisor(options, parts);
      await supervisor.#begin(options.beforeStart);
      return supervisor;
    } catch (error) {
      // An end that has begun gives everything back.
      if (supervisor && supervisor.#engine.phase.isEnding) await supervisor.closed;
      else await parts.release();
      throw error;
    }
  }

  async #begin(beforeStart: SupervisorOptions["beforeStart"]): Promise<void> {
    try {
      await beforeStart?.(this);
      await startUp(this.#engine);
    } finally {
      this.#engine.phase.haveBegun();
    }
    void this.#edits.rollOutKept();
  }

  /** What the supervisor itself is doing. */
  info(): SupervisorInfo {
    const { config, parts, phase } = this.#engine;
    return {
      version: VERSION,
      pid: process.pid,
      state: phase.state,
      started_at: new Date(this.#startedMs).toISOString(),
      uptime_seconds: (Date.now() - this.#startedMs) / 1_000,
      base_directory: parts.directory.base,
      config_files: [...config.files],
    };
  }

  /** How ticks of its watching went so far. */
  get ticks(): TickCounts {
    return this.#engine.parts.monitor.ticks;
  }

  /** The configuration in force, for the server of the API. */
  get manager(): ConfigInForce["manager"] {
    return this.#engine.config.manager;
  }

  /** Settings of the exporters in the configuration in force. */
  get exports(): ConfigInForce["exports"] {
    return this.#engine.config.exports;
  }

  list(group?: string): ProcessStatus[] {
    const { processes, still } = this.#engine;
    const all = processes.all.filter(({ definition: { groups } }) =>
      group === undefined || groups.includes(group)
    );
    still.look(all.flatMap(({ group }) => group ?? []));
    return all.map((one) => one.status());
  }

  /** The status of one process. @throws ControlError `not_found` */
  get(id: string): ProcessStatus {
    return this.#engine.processes.demand(id).status();
  }

  /** All there is to say about one process. @throws ControlError `not_found` */
  describe(id: string): ProcessDescription {
    const { processes, parts: { events } } = this.#engine;
    const dependents = dependentsOf(id, processes.definitions());
    const one = processes.demand(id);
    const rollback = new Rollbacks(this.#engine).describe(one);
    return { ...one.describe(), rollback, dependents, events: events.of(id) };
  }

  async start(id: string): Promise<ProcessStatus> {
    const { queue } = this.#engine;
    const one = this.#demandStaying(id, "started");
    queue.want(one, true);
    await queue.comesUp(one);
    return one.status();
  }

  async stop(id: string): Promise<ProcessStatus> {
    const one = this.#demandManaged(id, "stopped");
    this.#engine.queue.drop(one);
    await one.stop({ reason: "it was stopped by hand", byHand: true });
    if (one.isUp) this.#engine.phase.demandNotEnding();
    return one.status();
  }

  async restart(id: string): Promise<ProcessStatus> {
    const { queue } = this.#engine;
    const one = this.#demandStaying(id, "restarted");
    if (one.state === "starting" || one.state === "running" || one.state === "stopping") {
      one.restart("restart was asked for", true);
    } else queue.want(one, true);
    await queue.comesUp(one);
    return one.status();
  }

  reset(id: string): Promise<ProcessStatus> {
    const one = this.#demandStaying(id, "reset");
    one.reset();
    return Promise.resolve(one.status());
  }

  async signal(id: string, signal: string, { tree }: { tree: boolean }): Promise<ProcessStatus> {
    this.#demandManaged(id, "signalled");
    const name = signalNamed(signal, await loadPlatform());
    if (name === null) {
      throw new ControlError("invalid", `signal: there is none called "${signal}"; write for example HUP`);
    }
    // Meanwhile it may have been removed, or replaced.
    const one = this.#demandManaged(id, "signalled");
    const count = one.signal(name, tree);
    if (count === null) {
      throw new ControlError("conflict", `${id}: it is ${one.state}, and nothing of it runs`);
    }
    if (count === 0) throw new ControlError("failed", `${id}: ${name} did not arrive: it is just ending`);
    return one.status();
  }

  add(definition: unknown): Promise<ProcessStatus> {
    return this.#edits.add(definition);
  }

  remove(id: string): Promise<void> {
    return this.#edits.remove(id);
  }

  reload(): Promise<ReloadReport> {
    return this.#edits.reload();
  }

  rollback(id: string, { undo = false }: { undo?: boolean } = {}): Promise<ProcessStatus> {
    return this.#edits.rollback(id, undo);
  }

  /**
   * Begin to end.
   * @param options.detach leave everything running; default: as the supervisor was made
   */
  shutdown(options: { detach?: boolean } = {}): Promise<void> {
    const { phase, parts: { events, mayDetach }, options: { detachOnExit = false } } = this.#engine;
    if (options.detach && !mayDetach) return Promise.reject(new ControlError("invalid", ENDS_WITH_US));
    if (!phase.isEnding) {
      phase.end();
      const detach = options.detach ?? detachOnExit;
      events.emit("supervisor_stopping", null, { reason: detach ? "processes are left running" : null });
      void shutDown(this.#engine, detach).then(this.#finish);
    }
    return Promise.resolve();
  }

  /**
   * Kill what has not ended yet, with all that was started for it, and wait for nothing; for callers that cannot wait
   * for {@link shutdown}.
   */
  killAll(): void {
    const engine = this.#engine;
    engine.isHurried = true;
    if (engine.phase.isEnding) engine.force.abort();
    for (const one of engine.processes.all) one.kill();
  }

  onEvent(listener: (event: SupervisorEvent) => void): () => void {
    return this.#engine.parts.events.subscribe(listener);
  }

  recentEvents(): SupervisorEvent[] {
    return this.#engine.parts.events.recent();
  }

  onMetrics(listener: (message: TaskMessage) => void): () => void {
    return this.#engine.metrics.subscribe(listener);
  }

  latestMetrics(): TaskMessage[] {
    return this.#engine.metrics.latest();
  }

  logs(id: string, query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine> {
    const { processes } = this.#engine;
    if (query.follow) return followedLogs(processes, id, query, signal);
    return readableLogs(processes.demand(id), query).read(query, signal);
  }

  mergedLogs(names: readonly string[], query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine> {
    return mergedLogs(this.#engine.processes, names, query, signal);
  }

  #demandManaged(id: string, what: string): ManagedProcess {
    const one = this.#engine.processes.demandManaged(id, what);
    this.#engine.phase.demandNotEnding();
    return one;
  }

  /** One that is not being removed or replaced: a start of that would wait for ever. */
  #demandStaying(id: string, what: string): ManagedProcess {
    const one = this.#demandManaged(id, what);
    if (!one.isLeaving) return one;
    throw new ControlError(
      "conflict",
      `${id}: it is being removed or replaced; it cannot be ${what} meanwhile`,
    );
  }
}
