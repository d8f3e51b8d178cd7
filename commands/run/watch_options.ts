import { nearest } from "../../core/nearest.ts";
import { metricsNamed, metricWords } from "../../core/measure/metric_words.ts";
import { METRIC_GROUPS, METRIC_NAMES } from "../../core/measure/metrics.ts";
import type { MetricName } from "../../core/measure/metrics.ts";
import { profileFromEnvironment } from "../../core/measure/monitoring_environment.ts";
import { profiles } from "../../core/measure/profile.ts";
import type { MonitoringProfile, ProfileName } from "../../core/measure/profile.ts";
import { usageError } from "../../core/error.ts";
import { ownDescriptor } from "../../io/own_descriptor.ts";
import { parseJson, readJson } from "../../io/read_json.ts";
import { MOST_KEPT } from "../../io/rotation.ts";
import type { WatchOptions } from "../../monitor/options.ts";
import { unknownProfile } from "../../monitor/chosen_profile.ts";
import type { Destination, RotationFlags } from "../../records/record_output.ts";
import { exportOptions } from "../options/export_options.ts";
import type { ExportFlags } from "../options/export_options.ts";
import { InvalidValue } from "../options/option_table.ts";
import type { OptionRow } from "../options/option_table.ts";
import type { Channel } from "../options/option_values.ts";
import { channelOption, durationOption, percentageOption, sizeOption } from "../options/option_values.ts";

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
  network?: boolean;
  /** Of the verbs that start programs. */
  appMetrics?: string[];
  scrape?: string[];
  scrapeInterval?: number;
  gpu?: boolean;
  processes?: boolean;
  appOtlp?: boolean;
  records?: Destination;
  report?: string;
  /** As asked for; {@link recordsFormat} tells what it comes to. */
  format?: "jsonl" | "csv";
  csvSafe?: boolean;
  /** As asked for; {@link summaryFormat} tells what it comes to. */
  summary?: SummaryFormat;
  summaryFile?: string;
  force?: boolean;
  owner?: Channel;
  name?: string;
  quiet?: boolean;
  /** False after `--no-color`. */
  color: boolean;
}

/** What the end of a run is told as. */
export type SummaryFormat = "text" | "json" | "none";

const DEFAULT_PROFILE = "adaptive";

/**
 * Refuse spans of processes that nobody tells.
 * @throws ProctorError of kind `usage`
 */
export function checkSpans({ otlpProcesses, processes }: WatchFlags): void {
  if (otlpProcesses && !processes) {
    throw usageError("--otlp-processes: it is --processes that knows of each; add that");
  }
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
    network: flags.network,
    gpu: flags.gpu,
    processes: flags.processes,
  };
}

/**
 * What the summary is to be told as: what was asked for; else nothing where proctor is to be quiet and no file is
 * named.
 */
export function summaryFormat({ summary, summaryFile, quiet }: WatchFlags): SummaryFormat {
  if (summary !== undefined) return summary;
  if (summaryFile !== undefined) return /\.json$/i.test(summaryFile) ? "json" : "text";
  return quiet ? "none" : "text";
}

async function profile(nameOrFile: string): Promise<ProfileName | MonitoringProfile> {
  if (nameOrFile === DEFAULT_PROFILE) return profileFromEnvironment(profiles.adaptive, process.env);
  return await namedProfile(nameOrFile);
}

/**
 * A profile by its name, from a JSON file, or written out as a JSON object.
 * @throws ProctorError of kind `usage`
 */
export async function namedProfile(text: string): Promise<MonitoringProfile> {
  if (Object.hasOwn(profiles, text)) return profiles[text as ProfileName];
  const isObject = text.trimStart().startsWith("{");
  if (!isObject && !/[./]/.test(text)) throw unknownProfile(text);
  const { parseProfile } = await import("../../core/schema/profile_schema.ts");
  if (isObject) return parseProfile(parseJson(text, "profile", "what is written out"), "profile");
  return parseProfile(readJson(text, "profile"), text);
}

function metricList(text: string): MetricName[] {
  const names = text.split(",").map((name) => name.trim()).filter((name) => name !== "");
  const chosen = new Set<MetricName>();
  for (const name of names) {
    const named = metricsNamed(name);
    if (named.length === 0) {
      const groups = Object.keys(METRIC_GROUPS).join(", ");
      const meant = nearest(name, metricWords());
      throw new InvalidValue(
        `there is no "${name}"; ${
          meant
            ? `did you mean "${meant}"?`
            : `write groups (${groups}) or single metrics such as cpu_percent`
        }`,
      );
    }
    for (const metric of named) chosen.add(metric);
  }
  if (chosen.size === 0) throw new InvalidValue("the list is empty; write for example cpu,memory");
  return METRIC_NAMES.filter((name) => chosen.has(name));
}

/** `FILE`, `-`, `fd:N` or `handle:N`. */
export function destination(text: string): Destination {
  if (text === "-") return { descriptor: 1 };
  if (/^(?:fd|handle):/.test(text)) {
    const channel = channelOption(text);
    return typeof channel === "number" ? { descriptor: channel } : channel;
  }
  const descriptor = ownDescriptor(text);
  return descriptor === null ? { path: text } : { descriptor };
}

/** How many old files may stay: each is renamed when the file is begun anew. */
function keepOption(text: string): number {
  if (/^\d+$/.test(text) && Number(text) > 0 && Number(text) <= MOST_KEPT) return Number(text);
  throw new InvalidValue(`write a whole number from 1 to ${MOST_KEPT}, such as 5`);
}

/** The flags that say when a file of records is begun anew. */
export const ROTATION_OPTIONS: readonly OptionRow[] = [
  {
    flags: "--records-max-size <size>",
    description: "rotate the file before it is larger, such as 100M",
    parse: sizeOption,
  },
  {
    flags: "--records-keep <number>",
    description: "old files that stay: FILE.1, FILE.2 … (default: 5)",
    parse: keepOption,
  },
  { flags: "--records-gzip", description: "compress the old files" },
];

/** The options that every watching verb has. */
export const WATCH_OPTIONS: readonly OptionRow[] = [
  {
    flags: "--profile <name|file.json|json>",
    description: "monitoring profile; see proctor profiles",
    default: DEFAULT_PROFILE,
  },
  {
    flags: "--interval <duration>",
    description: "time between samples: the base, where it adapts",
    parse: durationOption,
  },
  {
    flags: "--max-interval <duration>",
    description: "the longest it may become while nothing changes",
    parse: durationOption,
  },
  { flags: "--no-adaptive", description: "keep to the base interval" },
  {
    flags: "--budget <percent>",
    description: "most of one core that sampling may use (default: 1, or none with an interval asked for)",
    parse: percentageOption,
  },
  {
    flags: "--metrics <list>",
    description: "metrics or their groups, separated by commas, over the profile's choice",
    parse: metricList,
  },
  { flags: "--pss", description: "the proportional set size (memory_pss_bytes), once a second at most" },
  {
    flags: "--network",
    description: "the bytes that the tree itself receives and sends; exact by root, else a lower bound",
  },
  {
    flags: "--gpu",
    description:
      "what the tree does with GPUs (gpu_percent, gpu_memory_bytes), as far as their drivers report it",
  },
  {
    flags: "--processes",
    description: "report every process, however short its life: by executable, and the most expensive",
  },
  { flags: "--per-process", description: "a row per process in every sample" },
  { flags: "--threads", description: "a row per thread, too" },
  {
    flags: "--records <file|-|fd:N|handle:N>",
    description: "where records go; with - they have standard output to themselves",
    parse: destination,
  },
  {
    flags: "--report <file.html>",
    description: "a page of pictures, written at the end; see proctor report",
  },
  {
    flags: "--format <format>",
    description: "of the records (default: by the file's name, else jsonl)",
    choices: ["jsonl", "csv"],
  },
  {
    flags: "--csv-safe",
    description: "with CSV: a ' before text that a spreadsheet would take for a formula",
  },
  {
    flags: "--summary <format>",
    description: "on standard error, at the end, --quiet or not (default: text)",
    choices: ["text", "json", "none"],
  },
  {
    flags: "--summary-file <file>",
    description: "write the summary there instead (.json as JSON); - is standard output",
    parse: (text) => ownDescriptor(text) === 1 ? "-" : text,
  },
  { flags: "--force", description: "overwrite files that are there and were not written by proctor" },
  {
    flags: "--owner <fd:N|handle:N>",
    description: "end when this pipe closes: the process at its other end has closed it, or is dead",
    parse: channelOption,
  },
  { flags: "--name <name>", description: "a label for the records" },
  {
    flags: "-q, --quiet",
    description: "nothing of proctor's own on standard error but errors and what other options ask for",
  },
  { flags: "--no-color", description: "no colours in the summary" },
  ...ROTATION_OPTIONS,
  ...exportOptions(),
];
