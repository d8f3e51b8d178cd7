import { dirname, join, resolve } from "node:path";
import { parseDuration } from "../core/duration.ts";
import type { TaskMessage } from "../core/task_message.ts";
import { VERSION } from "../core/version.ts";
import { ProcessGroup } from "../group/process_group.ts";
import { MonitorManager } from "../monitor/manager.ts";
import { AddedProcesses } from "./added_processes.ts";
import { takeUpKept } from "./adoption.ts";
import { defaultBaseDirectory } from "./base_directory.ts";
import { ConfigError } from "./config/fault.ts";
import type { LoadedConfig } from "./config/load.ts";
import { ControlError } from "./control.ts";
import type {
  EventKind,
  ProcessDescription,
  ProcessStatus,
  ReloadReport,
  SupervisorControl,
  SupervisorEvent,
  SupervisorInfo,
} from "./control.ts";
import type { Definition } from "./definition.ts";
import { dependentsOf, startOrder } from "./dependencies.ts";
import { EventHook } from "./event_hook.ts";
import { EventLog } from "./event_log.ts";
import { readLimitSupport } from "./limit_support.ts";
import type { LimitSupport } from "./limit_support.ts";
import type { LogLine, LogQuery } from "./logs/log_line.ts";
import { LogService } from "./logs/log_service.ts";
import type { OwnOutput } from "./logs/own_stream.ts";
import { ManagedProcess } from "./managed_process.ts";
import { planReload } from "./reload_plan.ts";
import { StateDirectory } from "./state_directory.ts";
import type { KeptProcess } from "./state_directory.ts";
import type { EventDetails, Level, Surroundings } from "./supervised.ts";
import { UnmanagedProcess } from "./unmanaged_process.ts";

/** How a supervisor is made. */
export interface SupervisorOptions {
  /** Its configuration file; without one it begins with nothing to supervise. */
  readonly configFile?: string;
  /** Over the configuration's `base_directory`. */
  readonly stateDirectory?: string;
  /** The `proplet_id` of metrics, over the configuration's; default: the host's name. */
  readonly propletId?: string;
  /** At the end processes are left running, for the next supervisor to take up. */
  readonly detachOnExit?: boolean;
  /** Called with lines worth telling; by default nothing is told. */
  readonly say?: (level: Level, line: string) => void;
  /** Called with every event, from the first one on. */
  readonly onEvent?: (event: SupervisorEvent) => void;
  /** Called when the state directory is ours and nothing runs yet; what it throws is thrown by `start`. */
  readonly beforeStart?: (supervisor: Supervisor) => Promise<void>;
  /** Where logs that are to go to our own output go; default: the process's. */
  readonly stdout?: OwnOutput;
  readonly stderr?: OwnOutput;
  readonly colorsWelcome?: boolean;
}

/** Nothing ever runs in the group that holds our place. */
const ANCHOR_LOOKOUT_MS = 3_600_000;
/** A disk in trouble does not keep us from ending. */
const LAST_WRITES_MS = 10_000;

type Process = ManagedProcess | UnmanagedProcess;

interface Parts {
  readonly directory: StateDirectory;
  readonly anchor: ProcessGroup;
  readonly monitor: MonitorManager;
  readonly logs: LogService;
  readonly events: EventLog;
  readonly support: LimitSupport;
  readonly loader: Pick<typeof import("./config/load.ts"), "loadConfig" | "loadEntry">;
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
  /** Resolves when everything is stopped and nothing is held any more. */
  readonly closed: Promise<void>;
  readonly #options: SupervisorOptions;
  readonly #parts: Parts;
  readonly #added: AddedProcesses;
  readonly #processes = new Map<string, Process>();
  /** Those that are to be started as soon as what they depend on is there. */
  readonly #wanted = new Set<Process>();
  readonly #latest = new Map<string, TaskMessage>();
  readonly #metricsListeners = new Set<(message: TaskMessage) => void>();
  readonly #waiters = new Set<() => void>();
  readonly #startedMs = Date.now();
  #config: LoadedConfig;
  #state: SupervisorInfo["state"] = "starting";
  #hook: EventHook | null = null;
  #isChanging = false;
  /** Reloads, additions and removals, one after the other. */
  #editing: Promise<unknown> = Promise.resolve();
  #finish: () => void = () => {};

  private constructor(options: SupervisorOptions, config: LoadedConfig, parts: Parts) {
    this.#options = options;
    this.#config = config;
    this.#parts = parts;
    this.#added = new AddedProcesses(parts.directory);
    this.closed = new Promise((resolve) => this.#finish = resolve);
    parts.events.subscribe((event) => this.#hook?.take(event));
    parts.monitor.onMetrics((message) => {
      this.#latest.set(message.task_id, message);
      this.#processes.get(message.task_id)?.onMetrics(message);
      for (const listener of [...this.#metricsListeners]) listener(message);
    });
  }

  /**
   * Take the state directory, take up what still runs, and start what is to be started.
   * @throws ConfigError with all faults of the configuration
   * @throws ProctorError of kind `system` when another supervisor has the directory
   */
  static async start(options: SupervisorOptions = {}): Promise<Supervisor> {
    const support = await readLimitSupport();
    // YAML is for those who supervise.
    const loader = await import("./config/load.ts");
    const config = options.configFile === undefined
      ? loader.emptyConfig()
      : loader.loadConfig(options.configFile, { support });
    const base = resolve(options.stateDirectory ?? config.manager.base_directory ?? defaultBaseDirectory());
    const directory = await StateDirectory.open(base, config.manager.app_name);
    const events = new EventLog();
    if (options.onEvent) events.subscribe(options.onEvent);
    const say = options.say ?? (() => {});
    const held: (() => unknown)[] = [() => directory.release()];
    try {
      // Held for as long as we are: else each last group would give back the cgroup it was made in.
      const anchor = await ProcessGroup.create({ onOwnerDeath: "keep", lookoutMs: ANCHOR_LOOKOUT_MS });
      held.push(() => anchor[Symbol.dispose]());
      const monitor = await MonitorManager.create({
        propletId: options.propletId ?? config.manager.proplet_id,
        onNotice: (line) => say("warn", line),
      });
      held.push(() => monitor[Symbol.dispose]());
      const logs = await LogService.create({
        directory: join(base, "logs"),
        spoolDirectory: join(base, "spool"),
        config: config.logCollection ?? undefined,
        stdout: options.stdout,
        stderr: options.stderr,
        colorsWelcome: options.colorsWelcome,
        onDropped: (id, sentence) => events.emit("output_dropped", id, { reason: sentence }),
        onTrouble: (id, sentence) => say("error", `${id ?? "logs"}: ${sentence}`),
      });
      held.push(() => logs.close());
      const supervisor = new Supervisor(options, config, {
        directory,
        anchor,
        monitor,
        logs,
        events,
        support,
        loader,
      });
      await options.beforeStart?.(supervisor);
      await supervisor.#begin();
      return supervisor;
    } catch (error) {
      for (const release of held.reverse()) await release();
      throw error;
    }
  }

  info(): SupervisorInfo {
    return {
      version: VERSION,
      pid: process.pid,
      state: this.#state,
      started_at: new Date(this.#startedMs).toISOString(),
      uptime_seconds: (Date.now() - this.#startedMs) / 1_000,
      base_directory: this.#parts.directory.base,
      config_files: [...this.#config.files],
    };
  }

  /** The configuration in force, for whoever serves the API. */
  get manager(): LoadedConfig["manager"] {
    return this.#config.manager;
  }

  /** Settings of the exporters in the configuration in force, for whoever opens them. */
  get exports(): LoadedConfig["exports"] {
    return this.#config.exports;
  }

  list(): ProcessStatus[] {
    return [...this.#processes.values()].map((one) => one.status());
  }

  get(id: string): ProcessStatus {
    return this.#demand(id).status();
  }

  describe(id: string): ProcessDescription {
    const dependents = dependentsOf(id, this.#definitions());
    return { ...this.#demand(id).describe(), dependents, events: this.#parts.events.of(id) };
  }

  async start(id: string): Promise<ProcessStatus> {
    const one = this.#demandManaged(id, "started");
    this.#want(one);
    await this.#comesUp(one);
    return one.status();
  }

  async stop(id: string): Promise<ProcessStatus> {
    const one = this.#demandManaged(id, "stopped");
    this.#wanted.delete(one);
    await one.stop({ reason: "it was stopped by hand", byHand: true });
    return one.status();
  }

  async restart(id: string): Promise<ProcessStatus> {
    const one = this.#demandManaged(id, "restarted");
    if (one.state === "starting" || one.state === "running" || one.state === "stopping") {
      one.restart("restart was asked for");
    } else this.#want(one);
    await this.#comesUp(one);
    return one.status();
  }

  reset(id: string): Promise<ProcessStatus> {
    const one = this.#demandManaged(id, "reset");
    one.reset();
    return Promise.resolve(one.status());
  }

  add(definition: unknown): Promise<ProcessStatus> {
    return this.#edit(() => {
      const made = this.#check(definition, this.#definitions());
      if (this.#processes.has(made.id)) throw new ControlError("conflict", `${made.id}: the id is taken`);
      const one = this.#make(made, "api");
      this.#added.add(made.id, definition);
      this.#parts.events.emit("added", made.id, { reason: "it was added at run time" });
      if (made.enabled) this.#want(one);
      return Promise.resolve(one.status());
    });
  }

  remove(id: string): Promise<void> {
    return this.#edit(async () => {
      this.#demand(id);
      const dependents = dependentsOf(id, this.#definitions());
      if (dependents.length > 0) {
        throw new ControlError("conflict", `${id}: ${dependents.join(", ")} depend on it; remove them first`);
      }
      await this.#drop(id, "it was removed");
      this.#added.remove(id);
    });
  }

  reload(): Promise<ReloadReport> {
    return this.#edit(async () => {
      const { configFile } = this.#options;
      if (configFile === undefined) {
        throw new ControlError("conflict", "there is no configuration file to read anew");
      }
      let config: LoadedConfig;
      try {
        config = this.#parts.loader.loadConfig(configFile, {
          support: this.#parts.support,
          others: this.#addedDefinitions(),
        });
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        this.#parts.events.emit("reload_failed", null, { reason: error.lines.join("; ") });
        throw new ControlError("invalid", error.message, { cause: error });
      }
      const report = await this.#apply(config);
      const { added, removed, restarted } = report;
      const reason = `${added.length} added, ${removed.length} removed, ${restarted.length} restarted`;
      this.#parts.events.emit("reloaded", null, { reason });
      return report;
    });
  }

  /** @param options.detach leave everything running; default: as the supervisor was made */
  shutdown(options: { detach?: boolean } = {}): Promise<void> {
    if (this.#state !== "stopping") {
      this.#state = "stopping";
      const detach = options.detach ?? this.#options.detachOnExit ?? false;
      this.#parts.events.emit("supervisor_stopping", null, {
        reason: detach ? "processes are left running" : null,
      });
      void this.#end(detach);
    }
    return Promise.resolve();
  }

  /** Kill what has not ended yet, now; for whoever cannot wait for {@link shutdown}. */
  killAll(): void {
    for (const one of this.#processes.values()) one.kill();
  }

  onEvent(listener: (event: SupervisorEvent) => void): () => void {
    return this.#parts.events.subscribe(listener);
  }

  recentEvents(): SupervisorEvent[] {
    return this.#parts.events.recent();
  }

  onMetrics(listener: (message: TaskMessage) => void): () => void {
    this.#metricsListeners.add(listener);
    return () => this.#metricsListeners.delete(listener);
  }

  latestMetrics(): TaskMessage[] {
    return [...this.#latest.values()];
  }

  logs(id: string, query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine> {
    const { logs } = this.#demand(id);
    if (!logs) {
      throw new ControlError("conflict", `${id}: it is unmanaged, its output is not ours to collect`);
    }
    return logs.read(query, signal);
  }

  async #begin(): Promise<void> {
    const { directory, events } = this.#parts;
    const kept = new Map(directory.readKept().map((one) => [one.id, one]));
    events.emit("supervisor_started", null, { pid: process.pid });
    this.#renewHook();
    for (const definition of this.#config.definitions) {
      this.#make(definition, "file", kept.get(definition.id));
    }
    for (const [id, entry] of this.#added.all) {
      try {
        if (this.#processes.has(id)) throw new Error("the configuration has one of that id now");
        this.#make(this.#check(entry, this.#definitions()), "api", kept.get(id));
      } catch (error) {
        this.#say("warn", `${id}: it was added at run time, and is left out: ${(error as Error).message}`);
        this.#added.remove(id);
      }
    }
    const adopted = await takeUpKept(
      [...kept.values()],
      this.#processes,
      directory,
      (line) => this.#say("info", line),
    );
    this.#state = "running";
    for (const { id } of startOrder(this.#definitions())) {
      const one = this.#processes.get(id)!;
      if (adopted.has(id)) continue;
      const staysDown = one instanceof ManagedProcess && one.machine.stoppedByHand &&
        one.definition.restart.policy !== "always";
      if (one.definition.enabled && !staysDown) this.#want(one);
    }
    this.#evaluate();
  }

  #make(definition: Definition, origin: "file" | "api", kept?: KeptProcess): Process {
    const around: Surroundings = {
      directory: this.#parts.directory,
      monitor: this.#parts.monitor,
      logs: this.#parts.logs,
      support: this.#parts.support,
      emit: (kind: EventKind, id: string, details: EventDetails) =>
        this.#parts.events.emit(kind, id, details),
      say: (level, line) => this.#say(level, line),
      changed: () => this.#changed(),
    };
    const one = definition.type === "unmanaged"
      ? new UnmanagedProcess(definition, origin, around)
      : new ManagedProcess(definition, origin, around, kept);
    this.#processes.set(definition.id, one);
    return one;
  }

  /** Have it run, and before it what it depends on. */
  #want(one: Process): void {
    if (["starting", "running"].includes(one.state) || this.#wanted.has(one)) return;
    this.#wanted.add(one);
    for (const [id, condition] of one.definition.dependsOn) {
      const other = this.#processes.get(id);
      if (other && !other.fulfils(condition)) this.#want(other);
    }
    this.#changed();
  }

  #changed(): void {
    if (this.#isChanging) return;
    this.#isChanging = true;
    queueMicrotask(() => {
      this.#isChanging = false;
      this.#evaluate();
      const waiters = [...this.#waiters];
      this.#waiters.clear();
      for (const wake of waiters) wake();
    });
  }

  /** Start whoever has waited long enough. */
  #evaluate(): void {
    if (this.#state !== "running") return;
    for (const one of [...this.#wanted]) {
      const missing = [...one.definition.dependsOn].find(([id, condition]) =>
        !this.#processes.get(id)?.fulfils(condition)
      );
      if (!missing) {
        this.#wanted.delete(one);
        one.waitsFor = null;
        if (!["starting", "running"].includes(one.state)) one.start();
        continue;
      }
      const [id, condition] = missing;
      const refusal = this.#processes.get(id)?.refusal(condition);
      one.waitsFor = `${id} (${condition})${refusal ? `, but ${refusal}` : ""}`;
    }
  }

  /** Resolves when it runs, or has done what it had to; rejects when it does not come up. */
  async #comesUp(one: ManagedProcess): Promise<void> {
    let isBegun = false;
    for (;;) {
      if (this.#state === "stopping") throw new ControlError("unavailable", "the supervisor is ending");
      if (this.#processes.get(one.id) !== one) {
        throw new ControlError("conflict", `${one.id}: it was removed meanwhile`);
      }
      const { state } = one;
      if (state === "running") return;
      if (state === "starting" || state === "stopping") isBegun = true;
      else if (this.#wanted.has(one)) this.#demandHope(one);
      else if (state === "stopped" || state === "disabled") {
        if (!isBegun || one.machine.lastExit?.exitCode === 0) return;
        throw new ControlError("failed", `${one.id}: ${one.reason ?? "it did not start"}`);
      } else throw new ControlError("failed", `${one.id}: ${one.reason ?? "it did not start"}`);
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  /** Waiting for what will not come is refused. */
  #demandHope(one: Process): void {
    for (const [id, condition] of one.definition.dependsOn) {
      const other = this.#processes.get(id);
      const refusal = other && !other.fulfils(condition) && !this.#wanted.has(other) &&
        other.refusal(condition);
      if (!refusal) continue;
      this.#wanted.delete(one);
      one.waitsFor = null;
      throw new ControlError("failed", `${one.id}: it waits for ${id} (${condition}), but ${refusal}`);
    }
  }

  async #apply(config: LoadedConfig): Promise<ReloadReport> {
    const current = [...this.#processes.values()].filter(({ origin }) => origin === "file")
      .map(({ definition }) => definition);
    const plan = planReload(current, config.definitions);
    this.#config = config;
    this.#renewHook();
    // Who is no longer there is stopped beside those who change: one that is slow delays nobody.
    const before = new Map(plan.changed.map(({ id }) => [id, this.#processes.get(id)!]));
    const wasUp = (one: Process) => !["stopped", "disabled"].includes(one.state) || this.#wanted.has(one);
    const restart = new Set([...before].filter(([, one]) => wasUp(one)).map(([id]) => id));
    await Promise.all([
      ...plan.removed.map((id) => this.#drop(id, "it is no longer in the configuration")),
      ...[...before.keys()].map((id) => this.#drop(id, "its definition has changed", false)),
    ]);
    for (const definition of plan.unchanged) this.#processes.get(definition.id)!.definition = definition;
    const fresh = [...plan.changed, ...plan.added].map((definition) => this.#make(definition, "file"));
    for (const { id } of plan.added) {
      this.#parts.events.emit("added", id, { reason: "it is in the configuration now" });
    }
    this.#sort(config.definitions.map(({ id }) => id));
    for (const one of fresh) {
      const isNew = !before.has(one.id);
      const hasBecomeEnabled = one.definition.enabled && before.get(one.id)?.definition.enabled === false;
      if (one.definition.enabled && (isNew || hasBecomeEnabled || restart.has(one.id))) this.#want(one);
    }
    this.#changed();
    return {
      added: plan.added.map(({ id }) => id),
      removed: [...plan.removed],
      restarted: plan.changed.map(({ id }) => id),
      unchanged: plan.unchanged.map(({ id }) => id),
    };
  }

  /** Stop a process and let go of it. */
  async #drop(id: string, reason: string, isTold = true): Promise<void> {
    const one = this.#processes.get(id)!;
    this.#wanted.delete(one);
    await one.stop({ reason, byHand: false });
    await one.close(true);
    this.#processes.delete(id);
    this.#latest.delete(id);
    if (!isTold) return;
    this.#parts.events.emit("removed", id, { reason });
    this.#parts.events.forget(id);
    this.#changed();
  }

  /** The order of the configuration, then what was added at run time. */
  #sort(ids: readonly string[]): void {
    const all = new Map(this.#processes);
    this.#processes.clear();
    for (const id of [...ids, ...all.keys()]) {
      const one = all.get(id);
      if (one) this.#processes.set(id, one);
    }
  }

  async #end(detach: boolean): Promise<void> {
    const { directory, anchor, monitor, logs } = this.#parts;
    this.#wanted.clear();
    const all = [...this.#processes.values()];
    if (detach) { for (const one of all) one.detach(); }
    else await this.#stopAll(all);
    await this.#hook?.settled();
    monitor[Symbol.dispose]();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, LAST_WRITES_MS));
    const written = Promise.all(all.map((one) => one.close(false))).then(() => logs.close());
    await Promise.race([written.catch((error: Error) => this.#say("error", error.message)), late]);
    clearTimeout(timer);
    anchor[Symbol.dispose]();
    directory.release();
    this.#finish();
  }

  /** Each as soon as nobody who depends on it runs any more; whoever is slow delays nobody else. */
  async #stopAll(all: readonly Process[]): Promise<void> {
    const timer = setTimeout(
      () => this.killAll(),
      parseDuration(this.#config.manager.force_shutdown_timeout, "force_shutdown_timeout"),
    );
    const stops = new Map<string, Promise<void>>();
    const stop = (one: Process): Promise<void> => {
      const begun = stops.get(one.id);
      if (begun) return begun;
      const dependents = all.filter(({ definition }) => definition.dependsOn.has(one.id));
      const done = Promise.all(dependents.map(stop)).then(() =>
        one.stop({ reason: "the supervisor ends", byHand: false })
      );
      stops.set(one.id, done);
      return done;
    };
    await Promise.all(all.map(stop));
    clearTimeout(timer);
  }

  #check(definition: unknown, others: readonly Definition[]): Definition {
    try {
      const { configFile } = this.#options;
      const directory = configFile === undefined ? process.cwd() : dirname(resolve(configFile));
      return this.#parts.loader.loadEntry(definition, directory, others, { support: this.#parts.support });
    } catch (error) {
      if (error instanceof ConfigError) {
        throw new ControlError("invalid", error.lines.join("; "), { cause: error });
      }
      throw error;
    }
  }

  /** One change of what there is at a time. */
  #edit<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#editing.then(() => {
      if (this.#state === "stopping") throw new ControlError("unavailable", "the supervisor is ending");
      return change();
    });
    this.#editing = done.catch(() => {});
    return done;
  }

  #renewHook(): void {
    const rule = this.#config.manager.on_event;
    const [file] = this.#config.files;
    const directory = file === undefined ? process.cwd() : dirname(file);
    this.#hook = rule ? new EventHook(rule, directory, (line) => this.#say("warn", line)) : null;
  }

  #definitions(): Definition[] {
    return [...this.#processes.values()].map(({ definition }) => definition);
  }

  #addedDefinitions(): Definition[] {
    return [...this.#processes.values()].filter(({ origin }) => origin === "api").map(({ definition }) =>
      definition
    );
  }

  #demand(id: string): Process {
    const one = this.#processes.get(id);
    if (!one) throw new ControlError("not_found", `there is no process "${id}"`);
    return one;
  }

  #demandManaged(id: string, what: string): ManagedProcess {
    const one = this.#demand(id);
    if (this.#state === "stopping") throw new ControlError("unavailable", "the supervisor is ending");
    if (one instanceof ManagedProcess) return one;
    throw new ControlError(
      "conflict",
      `${id}: it is unmanaged, others have started it: it cannot be ${what} here`,
    );
  }

  #say(level: Level, line: string): void {
    this.#options.say?.(level, line);
  }
}
