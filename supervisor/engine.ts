import { dirname, resolve } from "node:path";
import { ConfigError } from "../config/fault.ts";
import { StillGroups } from "../group/still_groups.ts";
import { DrainClock } from "../monitor/app/drain_clock.ts";
import { Bonds } from "./bonds.ts";
import type { LoadedConfig } from "./config/load.ts";
import { ControlError } from "./control.ts";
import type { Definition } from "./definition.ts";
import { EventHook } from "./events/event_hook.ts";
import { EventHooks } from "./events/event_hooks.ts";
import { AddedProcesses } from "./kept/added_processes.ts";
import { HealthyDefinitions } from "./kept/healthy_definitions.ts";
import { whyUnwritten } from "./logs/write_trouble.ts";
import { MetricsFeed } from "./metrics_feed.ts";
import { Notifier } from "./notifications/notifier.ts";
import { NotifySockets } from "./notify/notify_sockets.ts";
import type { Parts } from "./parts.ts";
import { Phase } from "./phase.ts";
import { preflight } from "./preflight.ts";
import { ManagedProcess } from "./process/managed_process.ts";
import type { Level } from "./process/supervised.ts";
import { ProcessRegistry } from "./registry.ts";
import type { Process } from "./registry.ts";
import { Scheduler } from "./schedule/scheduler.ts";
import { Watches } from "./watch/watches.ts";
import { StartQueue } from "./start_queue.ts";
import type { EngineOptions } from "./engine_options.ts";

/** What the jobs of a supervisor have in common: its processes, its configuration, and what it holds. */
export class Engine {
  readonly phase = new Phase();
  readonly metrics = new MetricsFeed();
  readonly added: AddedProcesses;
  readonly healthy: HealthyDefinitions;
  readonly processes: ProcessRegistry;
  readonly queue: StartQueue;
  readonly hooks: EventHooks;
  readonly scheduler: Scheduler<ManagedProcess>;
  readonly watches: Watches;
  readonly bonds: Bonds;
  /** Spares the reads of a look at all processes where nothing has run. */
  readonly still = new StillGroups();
  /**
   * By id, instances that run on from the last supervisor by another definition than the file has now, and the one that
   * they are to get, one after another.
   */
  readonly outdated = new Map<string, Definition>();
  /** Those of them of whose own definition the fingerprint alone is known: theirs is what the file says. */
  readonly unknown = new Set<string>();
  /** At the end: what is left then is killed. */
  readonly force = new AbortController();
  /** Stop waiting: the end is to be quick. */
  isHurried = false;
  #isToLook = false;
  #config: LoadedConfig;

  constructor(readonly options: EngineOptions, readonly parts: Parts) {
    const { directory, bootId, monitor, logs, support, events } = parts;
    this.#config = parts.config;
    this.added = new AddedProcesses(directory);
    this.healthy = new HealthyDefinitions(options.configFile === undefined ? null : directory);
    this.processes = new ProcessRegistry({
      directory,
      bootId,
      monitor,
      drainClock: new DrainClock(),
      notify: new NotifySockets(directory, () => this.phase.state === "starting"),
      logs,
      support,
      proved: (id) => this.#haveProved(id),
      emit: (kind, id, details) => events.emit(kind, id, details),
      say: (level, line) => this.say(level, line),
      changed: () => this.queue.changed(),
      isEnding: () => this.phase.isEnding,
    });
    this.processes.onMade(({ id }) => {
      this.outdated.delete(id);
      this.unknown.delete(id);
      this.#lookSoon();
    });
    this.queue = new StartQueue(this.processes, this.phase);
    const managed = () => this.processes.all.filter((one) => one instanceof ManagedProcess);
    this.watches = new Watches({ processes: managed, say: (line) => this.say("warn", line) });
    this.scheduler = new Scheduler({
      processes: managed,
      start: (one) => this.queue.want(one),
      tell: (id, reason) => events.emit("schedule", id, { reason }),
      now: Date.now,
    });
    this.hooks = new EventHooks();
    events.subscribe((event) => this.hooks.take(event));
    this.bonds = new Bonds(this.processes, this.queue, this.phase);
    events.subscribe((event) => this.bonds.take(event));
    monitor.onMetrics((message) => this.metrics.take(message));
    this.metrics.subscribe((message) => this.processes.get(message.task_id)?.onMetrics(message));
  }

  /** A line for the supervisor's own log. */
  say(level: Level, line: string): void {
    this.options.say?.(level, line);
  }

  /** The configuration in force. */
  get config(): LoadedConfig {
    return this.#config;
  }

  /** From now on another configuration is in force. */
  putInForce(config: LoadedConfig): void {
    this.#config = config;
    this.renewHook();
  }

  /** Have events go to whom the configuration in force names. */
  renewHook(): void {
    const { files: [file], manager: { on_event: rule, notify } } = this.#config;
    const directory = file === undefined ? process.cwd() : dirname(file);
    const say = (line: string) => this.say("warn", line);
    const keyOf = (place: string, ...what: unknown[]) => `${place} ${JSON.stringify(what)}`;
    this.hooks.renew([
      ...(rule
        ? [{ key: keyOf("on_event", rule, directory), make: () => new EventHook(rule, directory, say) }]
        : []),
      ...notify.map((destination, index) => {
        const place = `notify[${index}]`;
        return { key: keyOf(place, destination), make: () => new Notifier(destination, place, say) };
      }),
    ]);
  }

  /** The configuration file as it is now, with all that can be tried of it tried, and nothing changed. */
  async readAnew(configFile: string): Promise<LoadedConfig> {
    const running = this.processes.definitions();
    // What was rolled back is in the file, and is not to be tried: it may be what cannot be started.
    const rolledBack = running.flatMap(({ id }) => this.healthy.rolledBack(id)?.instead_of ?? []);
    const same = new Set([...running.map(({ fingerprint }) => fingerprint), ...rolledBack]);
    const isInForce = ({ fingerprint }: Definition) => same.has(fingerprint);
    const { loader, support, directory, config } = this.parts;
    return loader.loadConfig(configFile, {
      support,
      stateDirectory: directory.base,
      others: this.processes.definitions("api"),
      // Logs go where they went at the start.
      logCollection: config.logCollection,
      isInForce,
      tryOut: await preflight(isInForce),
    });
  }

  /**
   * A definition that does not come from the file.
   * @throws ControlError `invalid`
   */
  checkEntry(definition: unknown): Definition {
    const { options: { configFile }, parts: { loader, support } } = this;
    const directory = configFile === undefined ? process.cwd() : dirname(resolve(configFile));
    try {
      return loader.loadEntry(definition, directory, this.processes.definitions(), { support });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new ControlError("invalid", error.lines.join("; "), { cause: error });
    }
  }

  /** There are other processes than before, or they are other ones. */
  lookAnew(): void {
    this.scheduler.look();
    this.watches.look();
  }

  /** One process has come, maybe in the place of another, or has gone: once for all of them together. */
  #lookSoon(): void {
    if (this.#isToLook) return;
    this.#isToLook = true;
    queueMicrotask(() => {
      this.#isToLook = false;
      this.lookAnew();
    });
  }

  /** Whether what runs of it is not what its definition says, but one of the last supervisor that cannot be had. */
  isUnknown({ id }: Process): boolean {
    return this.unknown.has(id);
  }

  #haveProved(id: string): void {
    const one = this.processes.get(id);
    if (one?.origin !== "file" || this.isUnknown(one)) return;
    try {
      this.healthy.add(one.definition, new Date().toISOString());
    } catch (error) {
      const why = whyUnwritten(error);
      this.say("warn", `${id}: that its definition is good cannot be written down, for a rollback: ${why}`);
    }
  }

  /** A process has been removed. */
  forget(id: string, reason: string): void {
    this.healthy.forget(id);
    this.metrics.forget(id);
    this.outdated.delete(id);
    this.unknown.delete(id);
    this.#lookSoon();
    this.parts.events.emit("removed", id, { reason });
    this.parts.events.forget(id);
    this.queue.changed();
  }
}
