import { hostname } from "node:os";
import { usageError } from "../../core/error.ts";
import { profileFromEnvironment } from "../../core/measure/monitoring_environment.ts";
import { profiles } from "../../core/measure/profile.ts";
import type { MonitoringProfile } from "../../core/measure/profile.ts";
import { ownDescriptor } from "../../io/own_descriptor.ts";
import { isTerminal } from "../../io/terminal/output.ts";
import type { Rotation } from "../../io/rotation.ts";
import type { AgentSettings } from "../../agent/settings.ts";
import { TASK_ID_FIELDS } from "../../agent/watch_target.ts";
import { linearPattern, loadPatterns } from "../../monitor/discovery/linear_pattern.ts";
import type { WatchTarget } from "../../agent/watch_target.ts";
import type { ExportFlags } from "../options/export_options.ts";
import { mergedExports } from "../options/merged_exports.ts";
import { rotationOf } from "../../records/record_output.ts";
import type { Destination, RotationFlags } from "../../records/record_output.ts";
import { flagTargets } from "./watch_flags.ts";
import type { TargetFlags } from "./watch_flags.ts";
import { followOf, isWhole, queryOf, readWatchConfig, targetId } from "../../agent/watch_config.ts";
import type { ReadConfig } from "../../agent/watch_config.ts";
import type { TargetConfig } from "../../agent/watch_schema.ts";
import { namedProfile } from "../run/watch_options.ts";

/** The flags of `proctor watch` as commander hands them over. */
export interface AgentFlags extends ExportFlags, RotationFlags, TargetFlags {
  config?: string;
  check?: boolean;
  profile?: string;
  interval?: number;
  discoverInterval?: number;
  healthInterval?: number | "off";
  propletId?: string;
  records?: Destination;
  format?: "table" | "json";
  ascii?: boolean;
  color?: boolean;
  force?: boolean;
  quiet?: boolean;
}

/** What an agent does, and whether people watch it. */
export interface WatchSettings extends AgentSettings {
  /** Whether standard output is a table. */
  readonly isTable: boolean;
}

const DISCOVER_MS = 1_000;
const HEALTH_MS = 10_000;
const KEEP = 5;

/**
 * Read the file that the flags name, if they do, and put the flags over it.
 * @throws ConfigError with every fault of the file; ProctorError of kind `usage`
 */
export async function agentSettings(flags: AgentFlags): Promise<WatchSettings> {
  const flagged = flagTargets(flags);
  if (flags.config !== undefined && flagged.length > 0) {
    throw usageError("--config: targets stand in the file; leave out the flags that select processes");
  }
  if (flags.config === undefined && flagged.length === 0) {
    throw usageError("there is nothing to watch; write for example --name nginx, or --config FILE");
  }
  checkTaskId(flags, flagged);
  if (flags.scrape && flagged.some((one) => followOf(one) === "each")) {
    throw usageError("--scrape: several processes would have one page; add --follow one");
  }
  if (flags.scrape && flagged.length !== 1) {
    throw usageError(
      "--scrape: several targets would have one page; write them in a file, each with its own",
    );
  }
  if (flags.appMetrics && !flags.scrape) throw usageError("--app-metrics: nothing uses it; add --scrape URL");
  if (flags.tree === false && flagged.some(isWhole)) {
    throw usageError("--no-tree: a container, a pod or a unit is watched as a whole; leave it out");
  }
  if (flags.tree === false && flags.network) {
    throw usageError("--network: it is counted of a tree; leave out --no-tree");
  }
  if (flags.tree === false && flags.processes) {
    throw usageError("--processes: it needs the tree; leave out --no-tree");
  }
  const patterns = flagged.flatMap(({ command_line }) => command_line ?? []);
  if (flags.config !== undefined || patterns.length > 0) await loadPatterns();
  for (const pattern of patterns) linearPattern(new RegExp(pattern), "--command-line");
  const read = flags.config === undefined ? undefined : readWatchConfig(flags.config);
  const profile = flags.profile === undefined ? undefined : await namedProfile(flags.profile);
  const exports = mergedExports(flags, read?.exports);
  const records = flags.records ?? fileRecords(read);
  const isTable = wantsTable(flags, records, exports !== undefined);
  return {
    isTable,
    targets: (read?.config.targets ?? flagged).map((target) => watchTarget(target, read, flags, profile)),
    discoverMs: flags.discoverInterval ?? read?.config.discover_interval ?? DISCOVER_MS,
    healthMs: orNever(flags.healthInterval ?? read?.config.health_interval ?? HEALTH_MS),
    // Whoever asks for nothing wants to see something.
    records: records ?? (exports || isTable ? undefined : { descriptor: 1 }),
    rotation: rotationOf(flags, flags.records) ?? (flags.records ? undefined : fileRotation(read)),
    exports,
    propletId: flags.propletId ?? read?.config.proplet_id ?? hostname(),
  };
}

/** Whether standard output is a table: where it is a terminal and messages go nowhere else, unless a flag says. */
function wantsTable({ format }: AgentFlags, records: Destination | undefined, exports: boolean): boolean {
  const isOutput = records !== undefined && "descriptor" in records && records.descriptor === 1;
  if (format === "table" && isOutput) {
    throw usageError("--format: a table and records cannot share standard output; write --records FILE");
  }
  if (format === "json" && records !== undefined && !isOutput) {
    throw usageError("--format: --records says where the JSON lines go; leave out one of them");
  }
  if (format !== undefined) return format === "table";
  return records === undefined && !exports && isTerminal(1);
}

/** What the check of a file says of a file, of flags. */
function checkTaskId({ taskId, config }: AgentFlags, targets: readonly TargetConfig[]): void {
  const ids = targets.map(targetId);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) {
    throw usageError(`watch: two targets would be called "${twice}"; write them in a file`);
  }
  if (taskId === undefined) return;
  if (config !== undefined) throw usageError("--task-id: it stands in the file, with each target");
  const unknown = [...taskId.matchAll(/\{([^}]*)\}/g)].find(([, field]) => !TASK_ID_FIELDS.includes(field));
  if (unknown) {
    throw usageError(`--task-id: "${unknown[0]}" is unknown; there are {${TASK_ID_FIELDS.join("}, {")}}`);
  }
  if (taskId === "") throw usageError("--task-id: it is empty");
  if (!taskId.includes("{pid}") && targets.some((one) => followOf(one) === "each")) {
    throw usageError("--task-id: several processes would have one name; add {pid}, or --follow one");
  }
  if (targets.length > 1 && !/\{(pid|target)\}/.test(taskId)) {
    throw usageError("--task-id: several targets would have one name; add {target} or {pid}");
  }
}

function orNever(ms: number | "off"): number | null {
  return ms === "off" ? null : ms;
}

/** A flag stands over what a file says of all targets, not over what it says of one. */
function watchTarget(
  target: TargetConfig,
  read: ReadConfig | undefined,
  flags: AgentFlags,
  flagged: MonitoringProfile | undefined,
): WatchTarget {
  const chosen = target.profile ?? flagged ?? read?.config.profile ??
    profileFromEnvironment(profiles.standard, process.env);
  const intervalMs = target.interval ?? flags.interval ??
    (target.profile ? undefined : read?.config.interval);
  const id = targetId(target);
  const follow = followOf(target);
  return {
    id,
    query: queryOf(target),
    profile: intervalMs === undefined ? chosen : withInterval(chosen, intervalMs),
    tree: target.tree,
    network: target.network ?? flags.network ?? false,
    processes: target.processes ?? (target.tree && (flags.processes ?? false)),
    follow,
    taskId: target.task_id ?? (follow === "one" ? "{target}" : "{target}-{pid}"),
    ...(target.scrape && { scrape: { urls: target.scrape, names: target.app_metrics } }),
  };
}

function withInterval(profile: MonitoringProfile, ms: number): MonitoringProfile {
  if (!profile.enabled) return profile;
  return {
    ...profile,
    interval_ms: ms,
    max_interval_ms: profile.adaptive ? Math.max(ms, profile.max_interval_ms ?? ms) : ms,
  };
}

function fileRecords(read: ReadConfig | undefined): Destination | undefined {
  const records = read?.config.records;
  if (records === undefined) return undefined;
  const descriptor = records === "-" ? 1 : ownDescriptor(records);
  return descriptor === null ? { path: records } : { descriptor };
}

function fileRotation(read: ReadConfig | undefined): Rotation | undefined {
  if (read?.config.records_max_size === undefined) return undefined;
  const { records_max_size: maxBytes, records_keep: keep = KEEP, records_gzip: gzip = false } = read.config;
  return { maxBytes, keep, gzip };
}
