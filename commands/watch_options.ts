import { Command, InvalidArgumentError, Option } from "commander";
import { METRIC_GROUPS, METRIC_NAMES, metricsOf } from "../core/metric.ts";
import type { MetricGroup, MetricName } from "../core/metric.ts";
import { profileFromEnvironment } from "../core/monitoring_environment.ts";
import { profiles } from "../core/profile.ts";
import type { MonitoringProfile, ProfileName } from "../core/profile.ts";
import type { WatchOptions } from "../monitor/options.ts";
import { unknownProfile } from "../monitor/options.ts";
import { addExportOptions } from "./export_options.ts";
import type { ExportFlags } from "./export_options.ts";
import {
  countOption,
  descriptorOption,
  durationOption,
  percentageOption,
  sizeOption,
} from "./option_values.ts";
import { readJson } from "./read_json.ts";
import type { Destination, RotationFlags } from "./record_output.ts";

/** The options that every watching verb has, as commander hands them over. */
export interface WatchFlags extends ExportFlags, RotationFlags {
  profile: string;
  interval?: number;
  maxInterval?: number;
  /** False after `--no-adaptive`. */
  adaptive: boolean;
  budget?: number;
  metrics?: MetricName[];
  perProcess?: boolean;
  threads?: boolean;
  pss?: boolean;
  records?: Destination;
  report?: string;
  format: "jsonl" | "csv";
  summary: "text" | "json" | "none";
  summaryFile?: string;
  owner?: number;
  name?: string;
  quiet?: boolean;
  /** False after `--no-color`. */
  color: boolean;
}

const DEFAULT_PROFILE = "adaptive";

/** Add the options that every watching verb has. */
export function addWatchOptions(command: Command): Command {
  command
    .option("--profile <name|file.json>", "monitoring profile; see proctor profiles", DEFAULT_PROFILE)
    .addOption(
      new Option("--interval <duration>", "time between samples: the base, where it adapts").argParser(
        durationOption,
      ),
    )
    .addOption(
      new Option("--max-interval <duration>", "the longest it may become while nothing changes").argParser(
        durationOption,
      ),
    )
    .option("--no-adaptive", "keep to the base interval")
    .addOption(
      new Option("--budget <percent>", "most of one core that sampling may use (default: 1)").argParser(
        percentageOption,
      ),
    )
    .addOption(
      new Option(
        "--metrics <list>",
        "metrics or their groups, separated by commas, over the profile's choice",
      )
        .argParser(metricList),
    )
    .option("--pss", "the proportional set size (memory_pss_bytes), once a second at most")
    .option("--per-process", "a row per process in every sample")
    .option("--threads", "a row per thread, too")
    .addOption(
      new Option(
        "--records <file|-|fd:N>",
        "where records go; with - they have standard output to themselves",
      )
        .argParser(destination),
    )
    .option("--report <file.html>", "a page of pictures, written at the end; see proctor report")
    .addOption(new Option("--format <format>", "of the records").choices(["jsonl", "csv"]).default("jsonl"))
    .addOption(
      new Option("--summary <format>", "on standard error, at the end").choices(["text", "json", "none"])
        .default("text"),
    )
    .option("--summary-file <file>", "write the summary there instead; - is standard output")
    .addOption(
      new Option(
        "--owner <fd:N>",
        "end when this pipe does: whoever holds its other end has let go, or is dead",
      )
        .argParser(descriptorOption),
    )
    .option("--name <name>", "a label for the records")
    .option("-q, --quiet", "nothing of proctor's own on standard error but errors")
    .option("--no-color", "no colours in the summary");
  return addExportOptions(addRotationOptions(command));
}

/** What the library wants to know, from the flags. */
export async function watchOptions(flags: WatchFlags): Promise<WatchOptions> {
  return {
    name: flags.name,
    profile: await profile(flags.profile),
    adaptive: flags.adaptive ? undefined : false,
    baseIntervalMs: flags.interval,
    maxIntervalMs: flags.maxInterval,
    budgetPercent: flags.budget,
    metrics: flags.metrics,
    perProcess: flags.perProcess,
    threads: flags.threads,
    pss: flags.pss,
  };
}

async function profile(nameOrFile: string): Promise<ProfileName | MonitoringProfile> {
  if (nameOrFile === DEFAULT_PROFILE) return profileFromEnvironment(profiles.adaptive, process.env);
  return await namedProfile(nameOrFile);
}

/**
 * A profile by its name, or from a JSON file.
 * @throws ProctorError of kind `usage`
 */
export async function namedProfile(nameOrFile: string): Promise<MonitoringProfile> {
  if (Object.hasOwn(profiles, nameOrFile)) return profiles[nameOrFile as ProfileName];
  if (!/[./]/.test(nameOrFile)) throw unknownProfile(nameOrFile);
  const { parseProfile } = await import("../core/profile_schema.ts");
  return parseProfile(readJson(nameOrFile, "profile"), nameOrFile);
}

function metricList(text: string): MetricName[] {
  const names = text.split(",").map((name) => name.trim()).filter((name) => name !== "");
  const chosen = new Set<MetricName>();
  for (const name of names) {
    if (Object.hasOwn(METRIC_GROUPS, name)) {
      metricsOf([name as MetricGroup]).forEach((metric) => chosen.add(metric));
    } else if ((METRIC_NAMES as readonly string[]).includes(name)) chosen.add(name as MetricName);
    else {
      const groups = Object.keys(METRIC_GROUPS).join(", ");
      throw new InvalidArgumentError(
        `there is no "${name}"; write groups (${groups}) or single metrics such as cpu_percent`,
      );
    }
  }
  if (chosen.size === 0) throw new InvalidArgumentError("the list is empty; write for example cpu,memory");
  return METRIC_NAMES.filter((name) => chosen.has(name));
}

/** Add the flags that say when a file of records is begun anew. */
export function addRotationOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--records-max-size <size>", "begin the file anew before it is larger, such as 100M")
        .argParser(sizeOption),
    )
    .addOption(
      new Option("--records-keep <number>", "old files that stay: FILE.1, FILE.2 … (default: 5)").argParser(
        countOption,
      ),
    )
    .option("--records-gzip", "compress the old files");
}

/** `FILE`, `-` or `fd:N`. */
export function destination(text: string): Destination {
  if (text === "-") return { descriptor: 1 };
  if (!text.startsWith("fd:")) return { path: text };
  return { descriptor: descriptorOption(text) };
}
