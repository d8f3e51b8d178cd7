import { dirname, resolve } from "node:path";
import { ConfigError } from "../config/fault.ts";
import { DrainClock } from "../monitor/app/drain_clock.ts";
import type { LoadedConfig } from "./config/load.ts";
import { ControlError } from "./control.ts";
import type { Definition } from "./definition.ts";
import { EventHooks } from "./events/event_hooks.ts";
import { AddedProcesses } from "./kept/added_processes.ts";
import { MetricsFeed } from "./metrics_feed.ts";
import type { Parts } from "./parts.ts";
import { Phase } from "./phase.ts";
import { preflight } from "./preflight.ts";
import type { Level } from "./process/supervised.ts";
import { ProcessRegistry } from "./registry.ts";
import { StartQueue } from "./start_queue.ts";
import type { EngineOptions } from "./engine_options.ts";

/** What the jobs of a supervisor have in common: its processes, its configuration, and what it holds. */
export class Engine {
  readonly phase = new Phase();
  readonly metrics = new MetricsFeed();
  readonly added: AddedProcesses;
  readonly processes: ProcessRegistry;
  readonly queue: StartQueue;
  readonly hooks: EventHooks;
  /** At the end: what is left then is killed. */
  readonly force = new AbortController();
  /** Stop waiting: the end is to be quick. */
  isHurried = false;
  #config: LoadedConfig;

  constructor(readonly options: EngineOptions, readonly parts: Parts) {
    const { directory, bootId, monitor, logs, support, events } = parts;
    this.#config = parts.config;
    this.added = new AddedProcesses(directory);
    this.processes = new ProcessRegistry({
      directory,
      bootId,
      monitor,
      drainClock: new DrainClock(),
      logs,
      support,
      emit: (kind, id, details) => events.emit(kind, id, details),
      say: (level, line) => this.say(level, line),
      changed: () => this.queue.changed(),
      isEnding: () => this.phase.isEnding,
    });
    this.queue = new StartQueue(this.processes, this.phase);
    this.hooks = new EventHooks((line) => this.say("warn", line));
    events.subscribe((event) => this.hooks.take(event));
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

  /** Have events go to the command that the configuration in force names. */
  renewHook(): void {
    const { files: [file], manager } = this.#config;
    this.hooks.renew(manager.on_event, file === undefined ? process.cwd() : dirname(file));
  }

  /** The configuration file as it is now, with all that can be tried of it tried, and nothing changed. */
  async readAnew(configFile: string): Promise<LoadedConfig> {
    const same = new Set(this.processes.definitions().map(({ fingerprint }) => fingerprint));
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

  /** A process has been removed. */
  forget(id: string, reason: string): void {
    this.metrics.forget(id);
    this.parts.events.emit("removed", id, { reason });
    this.parts.events.forget(id);
    this.queue.changed();
  }
}
