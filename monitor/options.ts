import { LONGEST_MS } from "../core/duration.ts";
import { patternFault } from "../core/app/names.ts";
import { scrapeFault } from "../core/app/scrape_url.ts";
import { usageError } from "../core/error.ts";
import type { Limits } from "../core/measure/limits.ts";
import { MARKER } from "../core/schema/marker.ts";
import type { MetricName } from "../core/measure/metrics.ts";
import type { MonitoringProfile, ProfileName } from "../core/measure/profile.ts";
import type { ProctorRecord } from "../core/schema/record.ts";
import {
  ABORT_SIGNAL,
  CALLBACK,
  checkOptions,
  checkValue,
  either,
  FLAG,
  listOf,
  NUMBER,
  OBJECT,
  oneOf,
  rule,
  shown,
  TEXT,
} from "../core/option.ts";
import type { Rules } from "../core/option.ts";
import type { Pace } from "./pace.ts";
import { checkWords, COMMAND_RULES } from "../group/launch_spec.ts";
import type { CommandOptions } from "../group/launch_spec.ts";

/** What becomes of processes that are still running when the command itself has ended. */
export type Leftovers = "wait" | "stop" | "leave";

/** How a run is monitored; everything but the target is optional. */
export interface WatchOptions {
  /** A label that start and summary carry. */
  name?: string;
  /** A built-in profile by name, or one of your own; default `adaptive`. */
  profile?: ProfileName | MonitoringProfile;
  /** Whether the interval rises while nothing changes; default: as the profile says. */
  adaptive?: boolean;
  /** Shortest interval in milliseconds; default: the profile's. */
  baseIntervalMs?: number;
  /** Longest interval in milliseconds; default: the profile's. */
  maxIntervalMs?: number;
  /**
   * Most of one core, in percent, that sampling may use, the interval being stretched to keep it; default 1, and
   * without a bound where an interval was asked for.
   */
  budgetPercent?: number;
  /** Metrics to collect, over the profile's own choice. */
  metrics?: readonly MetricName[];
  /** The proportional set size, too (`memory_pss_bytes`): read once a second at most, within a budget of time. */
  pss?: boolean;
  /**
   * Count what the sockets of the tree receive and send (`network_*`): to the byte by root, or with CAP_BPF,
   * CAP_PERFMON and CAP_NET_ADMIN, in a cgroup; else by TCP alone, as a lower bound. Naming such a metric asks for it,
   * too.
   */
  network?: boolean;
  /** How densely it is sampled at least, beyond the profile, as long as that is asked for. */
  pace?: Pace;
  /** A row per process in every sample. */
  perProcess?: boolean;
  /** A row per thread in every process row; implies `perProcess`. */
  threads?: boolean;
  /**
   * What the tree does with GPUs (`gpu_percent`, `gpu_memory_bytes`, and `gpu` in the summary), as far as their drivers
   * tell. Naming such a metric asks for it, too.
   */
  gpu?: boolean;
  /**
   * Every process of the tree, however short it lived, in the summary as `processes`: by executable, and the dearest.
   * What the kernel may not tell us falls back to what samples see, with a notice.
   */
  processes?: boolean;
  /** Whether `onRecord` gets samples; default true. Where nobody reads them none are made, which makes ticks cheaper. */
  samples?: boolean;
  /** CPU seconds of this program's own that are no part of the cost of watching, such as runs before this one. */
  ownSecondsBefore?: number;
  /** Voluntary context switches likewise. */
  ownSwitchesBefore?: number;
  /**
   * Called with every record, in order. One that throws, or whose promise is rejected, ends the run: its tree is
   * stopped as by `abort` (a tree that was running before is let go of), no more is told, and the error is thrown
   * where the run is awaited. Promises are not waited for between records, but before the end.
   */
  onRecord?: (record: ProctorRecord) => void;
  /**
   * Called with a line worth telling a user, such as what is being waited for; one that throws is as one of
   * `onRecord`.
   */
  onNotice?: (line: string) => void;
}

/** A command to run and monitor. */
export interface RunOptions extends CommandOptions, WatchOptions {
  /** End the whole tree after so many milliseconds. */
  timeoutMs?: number;
  /** Between SIGTERM and SIGKILL, in milliseconds; default 2000. */
  graceMs?: number;
  /** What becomes of processes that outlive the command; default `wait`. */
  leftovers?: Leftovers;
  /** Pass SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 on to the command; default false. */
  forwardSignals?: boolean;
  /** Ends the tree as a timeout does. */
  abort?: AbortSignal;
  /** Set when this program starts no other children: orphans are then recognised without their environment. */
  soleParent?: boolean;
  /** What the tree may use at most, enforced by the kernel; a run for which it cannot be is refused. */
  limits?: Limits;
  /** The peak of the tree's memory is the kernel's own count, however short it was, or the run is refused. */
  exactPeak?: boolean;
  /**
   * Take what the program tells of itself as StatsD, of names like these (`*` stands for any characters): UDP on the
   * loopback and a private Unix socket, named by STATSD_HOST, STATSD_PORT and PROCTOR_METRICS_SOCKET in its
   * environment. 200 names at most.
   */
  appMetrics?: readonly string[];
  /**
   * Ask these URLs for what the program tells of itself in Prometheus's text format or OpenMetrics; `appMetrics` chooses
   * names of it, too, and without that all are kept.
   */
  scrape?: readonly string[];
  /** How often; default 5000. */
  scrapeIntervalMs?: number;
  /**
   * Count what perf counts of the tree (`counters` of the summary): CPU time, context switches, migrations and faults,
   * and cycles, instructions, misses of caches and branches where the processor shows them; and the energy that the
   * machine uses meanwhile. As well as the kernel lets us: with CAP_PERFMON all of it.
   */
  counters?: boolean;
  /**
   * Take what the program tells of itself by OTLP over HTTP, on the loopback: its
   * OTEL_EXPORTER_OTLP_METRICS_ENDPOINT is ours, unless it has one. `appMetrics` chooses names of it, too.
   */
  appOtlp?: boolean;
  /** Climb no higher on the containment ladder than this. */
  mechanism?: "subreaper";
}

/** A tree that already runs, to be monitored. */
export interface AttachOptions extends WatchOptions {
  /** Stop watching (the tree goes on) after so many milliseconds. */
  durationMs?: number;
  /** Stop watching when aborted. */
  abort?: AbortSignal;
}

const WATCH_RULES: Rules<WatchOptions> = {
  name: TEXT,
  profile: either(TEXT, OBJECT),
  adaptive: FLAG,
  baseIntervalMs: NUMBER,
  maxIntervalMs: NUMBER,
  budgetPercent: NUMBER,
  metrics: listOf("a list of names of metrics", TEXT),
  pss: FLAG,
  pace: OBJECT,
  network: FLAG,
  perProcess: FLAG,
  threads: FLAG,
  gpu: FLAG,
  processes: FLAG,
  samples: FLAG,
  ownSecondsBefore: NUMBER,
  ownSwitchesBefore: NUMBER,
  onRecord: CALLBACK,
  onNotice: CALLBACK,
};

const RUN_RULES: Rules<RunOptions> = {
  ...WATCH_RULES,
  ...COMMAND_RULES,
  timeoutMs: NUMBER,
  graceMs: NUMBER,
  leftovers: oneOf("wait", "stop", "leave"),
  forwardSignals: FLAG,
  abort: ABORT_SIGNAL,
  soleParent: FLAG,
  limits: OBJECT,
  exactPeak: FLAG,
  appMetrics: listOf(
    "a list of patterns of names, such as queue* (100 characters at most)",
    rule("a pattern", (value) => typeof value === "string" && patternFault(value) === null),
  ),
  scrape: listOf(
    "a list of URLs of http or https, such as http://localhost:9090/metrics",
    rule("a URL", (value) => typeof value === "string" && scrapeFault(value) === null),
  ),
  scrapeIntervalMs: NUMBER,
  counters: FLAG,
  appOtlp: FLAG,
  mechanism: oneOf("subreaper"),
};

const ATTACH_RULES: Rules<AttachOptions> = { ...WATCH_RULES, durationMs: NUMBER, abort: ABORT_SIGNAL };

/**
 * Refuse what no run can be made of.
 * @throws ProctorError of kind `usage`
 */
export function checkRunOptions(options: RunOptions): void {
  checkValue("options", options, OBJECT);
  checkValue("command", options.command, COMMAND_RULES.command);
  checkOptions(options, RUN_RULES);
  const { timeoutMs, graceMs } = options;
  if (timeoutMs !== undefined) checkMs("timeout", timeoutMs);
  if (options.scrapeIntervalMs !== undefined) checkMs("scrapeIntervalMs", options.scrapeIntervalMs);
  // No grace at all is SIGKILL right after SIGTERM: harsh, but clear.
  if (graceMs !== undefined && graceMs !== 0) checkMs("grace", graceMs);
  if (options.env && Object.hasOwn(options.env, MARKER)) {
    throw usageError(`env: ${MARKER} is proctor's own mark on the command; choose another name`);
  }
  checkWords(options);
}

/**
 * Refuse what nothing can be watched by.
 * @throws ProctorError of kind `usage`
 */
export function checkAttachOptions(options: AttachOptions): void {
  checkOptions(options, ATTACH_RULES);
  if (options.durationMs !== undefined) checkMs("duration", options.durationMs);
}

/**
 * Refuse what is not a length of time in milliseconds.
 * @throws ProctorError of kind `usage`
 */
export function checkMs(name: string, ms: number): void {
  if (!(typeof ms === "number" && ms > 0 && ms <= LONGEST_MS)) {
    throw usageError(
      `${name}: ${shown(ms)} is out of range; it is milliseconds above 0, up to ${LONGEST_MS}`,
    );
  }
}
