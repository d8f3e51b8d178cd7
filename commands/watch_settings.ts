import { hostname } from "node:os";
import { usageError } from "../core/error.ts";
import { profileFromEnvironment } from "../core/monitoring_environment.ts";
import { profiles } from "../core/profile.ts";
import type { MonitoringProfile } from "../core/profile.ts";
import type { Rotation } from "../exporters/rotating_file.ts";
import type { ExportInput } from "../exporters/settings.ts";
import { TASK_ID_FIELDS } from "../monitor/watch_target.ts";
import type { WatchTarget } from "../monitor/watch_target.ts";
import type { ExportFlags } from "./export_options.ts";
import { mergedExports } from "./merged_exports.ts";
import { rotationOf } from "./record_output.ts";
import type { Destination, RotationFlags } from "./record_output.ts";
import { flagTargets } from "./watch_flags.ts";
import type { TargetFlags } from "./watch_flags.ts";
import { followOf, readWatchConfig, targetId } from "./watch_config.ts";
import type { ReadConfig } from "./watch_config.ts";
import type { TargetConfig } from "./watch_schema.ts";
import { namedProfile } from "./watch_options.ts";

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
  quiet?: boolean;
}

/** What an agent does, from its flags and its file. */
export interface AgentSettings {
  readonly targets: readonly WatchTarget[];
  readonly discoverMs: number;
  /** null: the agent does not tell of itself. */
  readonly healthMs: number | null;
  /** Where messages go as JSON lines; undefined for nowhere. */
  readonly records: Destination | undefined;
  readonly rotation: Rotation | undefined;
  /** undefined: no exporters. */
  readonly exports: ExportInput | undefined;
  readonly propletId: string;
}

const DISCOVER_MS = 1_000;
const HEALTH_MS = 10_000;
const KEEP = 5;

/**
 * Read the file that the flags name, if they do, and put the flags over it.
 * @throws ConfigError with every fault of the file; ProctorError of kind `usage`
 */
export async function agentSettings(flags: AgentFlags): Promise<AgentSettings> {
  const flagged = flagTargets(flags);
  if (flags.config !== undefined && flagged.length > 0) {
    throw usageError("--config: targets stand in the file; leave out the flags that look for processes");
  }
  if (flags.config === undefined && flagged.length === 0) {
    throw usageError("there is nothing to watch; write for example --name nginx, or --config FILE");
  }
  checkTaskId(flags, flagged);
  const read = flags.config === undefined ? undefined : readWatchConfig(flags.config);
  const profile = flags.profile === undefined ? undefined : await namedProfile(flags.profile);
  const exports = mergedExports(flags, read?.exports);
  const records = flags.records ?? fileRecords(read);
  return {
    targets: (read?.config.targets ?? flagged).map((target) => watchTarget(target, read, flags, profile)),
    discoverMs: flags.discoverInterval ?? read?.config.discover_interval ?? DISCOVER_MS,
    healthMs: orNever(flags.healthInterval ?? read?.config.health_interval ?? HEALTH_MS),
    // Whoever asks for nothing wants to see something.
    records: records ?? (exports ? undefined : { descriptor: 1 }),
    rotation: rotationOf(flags, flags.records) ?? (flags.records ? undefined : fileRotation(read)),
    exports,
    propletId: flags.propletId ?? read?.config.proplet_id ?? hostname(),
  };
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
    query: {
      pid: target.pid,
      pidFile: target.pid_file,
      name: target.name,
      commandLine: target.command_line === undefined ? undefined : new RegExp(target.command_line),
      user: target.user,
      cgroup: target.cgroup,
      port: target.port,
    },
    profile: intervalMs === undefined ? chosen : withInterval(chosen, intervalMs),
    tree: target.tree,
    follow,
    taskId: target.task_id ?? (follow === "one" ? "{target}" : "{target}-{pid}"),
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
  return records === "-" ? { descriptor: 1 } : { path: records };
}

function fileRotation(read: ReadConfig | undefined): Rotation | undefined {
  if (read?.config.records_max_size === undefined) return undefined;
  const { records_max_size: maxBytes, records_keep: keep = KEEP, records_gzip: gzip = false } = read.config;
  return { maxBytes, keep, gzip };
}
