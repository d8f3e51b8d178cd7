import { join, resolve } from "node:path";
import { ProcessGroup } from "../group/process_group.ts";
import { defaultBaseDirectory, loadPlatform } from "../platform/mod.ts";
import { MonitorManager } from "../monitor/tasks/manager.ts";
import type { LoadedConfig } from "./config/load.ts";
import type { Definition } from "./definition.ts";
import { EventLog } from "./events/event_log.ts";
import { refuseLeftByOthers } from "./kept/left_by_others.ts";
import { StateDirectory } from "./kept/state_directory.ts";
import { readLimitSupport } from "./limits/limit_support.ts";
import type { LimitSupport } from "./limits/limit_support.ts";
import { LogService } from "./logs/log_service.ts";
import type { EngineOptions } from "./engine_options.ts";

/** Nothing ever runs in the group that holds our place. */
const ANCHOR_LOOKOUT_MS = 3_600_000;

type Loader =
  & Pick<typeof import("./config/load.ts"), "loadConfig" | "emptyConfig">
  & Pick<typeof import("./config/load_entry.ts"), "loadEntry" | "loadWritten">;

/** What a supervisor holds from its start to its end. */
export interface Parts {
  /** The configuration of the start. */
  readonly config: LoadedConfig;
  readonly directory: StateDirectory;
  /** Held for as long as the supervisor lives: else each last group would give back the cgroup it was made in. */
  readonly anchor: ProcessGroup;
  /** What this run of the machine is called. */
  readonly bootId: string;
  /** Whether processes can go on without their supervisor. */
  readonly mayDetach: boolean;
  readonly monitor: MonitorManager;
  readonly logs: LogService;
  readonly events: EventLog;
  readonly support: LimitSupport;
  readonly loader: Loader;
  /** Gives everything back, where the start has failed. */
  release(): Promise<void>;
}

/**
 * Read the configuration, and take what a supervisor needs.
 * @throws ConfigError with all faults of the configuration
 * @throws ProctorError of kind `system` when another supervisor has the directory
 */
export async function openParts(options: EngineOptions): Promise<Parts> {
  const support = await readLimitSupport();
  // YAML is for those who supervise.
  const [files, entries] = await Promise.all([import("./config/load.ts"), import("./config/load_entry.ts")]);
  const loader: Loader = { ...files, ...entries };
  const { configFile, processes = [], stateDirectory } = options;
  const config = configFile === undefined
    ? { ...loader.emptyConfig(), definitions: definitionsOf(processes, loader, support) }
    : loader.loadConfig(configFile, { support, stateDirectory });
  const base = resolve(stateDirectory ?? config.manager.base_directory ?? defaultBaseDirectory());
  const directory = await StateDirectory.open(base, config.manager.app_name);
  const events = new EventLog();
  if (options.onEvent) events.subscribe(options.onEvent);
  const held: (() => unknown)[] = [() => directory.release()];
  const release = async () => {
    for (const one of held.reverse()) await one();
  };
  try {
    if (options.beginsAnew) await refuseLeftByOthers(directory, config.definitions);
    const platform = await loadPlatform();
    const onOwnerDeath = platform.groupsOutliveOwner ? "keep" : "kill";
    const anchor = await ProcessGroup.create({ onOwnerDeath, lookoutMs: ANCHOR_LOOKOUT_MS });
    held.push(() => anchor[Symbol.dispose]());
    const monitor = await MonitorManager.create({
      propletId: options.propletId ?? config.manager.proplet_id,
      onNotice: (line) => options.say?.("warn", line),
    }, true);
    held.push(() => monitor[Symbol.dispose]());
    const logs = await openLogs(options, config, base, events);
    held.push(() => logs.close());
    const [bootId, mayDetach] = [platform.bootId(), platform.groupsOutliveOwner];
    return { config, directory, anchor, bootId, mayDetach, monitor, logs, events, support, loader, release };
  } catch (error) {
    await release();
    throw error;
  }
}

function definitionsOf(entries: readonly object[], loader: Loader, support: LimitSupport): Definition[] {
  const made: Definition[] = [];
  for (const entry of entries) made.push(loader.loadEntry(entry, process.cwd(), made, { support }));
  return made;
}

function openLogs(
  options: EngineOptions,
  config: LoadedConfig,
  base: string,
  events: EventLog,
): Promise<LogService> {
  return LogService.create({
    directory: join(base, "logs"),
    spoolDirectory: join(base, "spool"),
    config: config.logCollection ?? undefined,
    stdout: options.stdout,
    stderr: options.stderr,
    colorsWelcome: options.colorsWelcome,
    display: options.display,
    onDropped: (id, sentence) => events.emit("output_dropped", id, { reason: sentence }),
    onTrouble: (id, sentence) => options.say?.("error", `${id ?? "logs"}: ${sentence}`),
  });
}
