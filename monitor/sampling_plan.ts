import { usageError } from "../core/error.ts";
import { ceilingFault } from "../core/measure/interval.ts";
import type { IntervalRule } from "../core/measure/interval.ts";
import { isOfNetwork, METRIC, METRIC_GROUPS, METRIC_NAMES } from "../core/measure/metrics.ts";
import type { MetricGroup, MetricName } from "../core/measure/metrics.ts";
import { COLLECT_KEYS, profileMetrics } from "../core/measure/profile.ts";
import type { MonitoringProfile } from "../core/measure/profile.ts";
import type { Wanted } from "../platform/mod.ts";
import { chosenProfile } from "./chosen_profile.ts";
import { checkMs } from "./options.ts";
import type { WatchOptions } from "./options.ts";

/** Everything a session needs to know about sampling, drawn from the options once. */
export interface SamplingPlan {
  readonly profile: MonitoringProfile;
  readonly metrics: readonly MetricName[];
  readonly wanted: Wanted;
  /** null: nothing is sampled. */
  readonly rule: IntervalRule | null;
  readonly perProcess: boolean;
  readonly threads: boolean;
  /** Whether what the tree's sockets receive and send is counted. */
  readonly traffic: boolean;
  /** Whether it is looked at what the tree does with GPUs. */
  readonly gpu: boolean;
}

/** The default of `budgetPercent` where no interval was asked for. */
export const DEFAULT_BUDGET_PERCENT = 1;
const SHORTEST_INTERVAL_MS = 1;
/** The longest interval where nothing moves, events would tell, and no other was asked for. */
const CALM_MS = 10_000;

/**
 * Draw the plan from the options.
 * @throws ProctorError of kind `usage` when they contradict each other
 */
export function samplingPlan(options: WatchOptions): SamplingPlan {
  const profile = adjustProfile(chosenProfile(options.profile), options);
  const chosen = options.metrics ? checkMetrics(options.metrics) : profileMetrics(profile);
  const metrics = METRIC_NAMES.filter((name) =>
    chosen.includes(name) || options.pss && name === "memory_pss_bytes" ||
    options.network && isOfNetwork(name) || options.gpu && METRIC[name].group === "gpu"
  );
  const perProcess = options.perProcess === true || options.threads === true;
  const needs = new Set(metrics.map((name) => METRIC[name].needs));
  const budgetPercent = options.budgetPercent ??
    (asksForInterval(options) ? Infinity : DEFAULT_BUDGET_PERCENT);
  if (options.budgetPercent !== undefined && !(budgetPercent > 0 && budgetPercent <= 100)) {
    throw usageError(`budget: ${budgetPercent} is out of range; it is a percentage above 0, up to 100`);
  }
  const rule = profile.interval_ms === null || profile.max_interval_ms === null ? null : {
    baseMs: Math.max(SHORTEST_INTERVAL_MS, profile.interval_ms),
    maxMs: profile.max_interval_ms,
    ...(!asksForInterval(options) && { calmMs: Math.max(CALM_MS, profile.max_interval_ms) }),
    adaptive: profile.adaptive,
    budgetPercent,
  };
  return {
    profile,
    metrics,
    // What the summary counts at the end costs nothing while the tree runs, but for the files behind it.
    wanted: {
      counters: needs.has("counters") || !profile.enabled,
      io: needs.has("io") || !profile.enabled,
      // The summary tells them with threads.
      switches: metrics.some((name) => METRIC[name].group === "threads"),
      fileDescriptors: needs.has("file_descriptors"),
      // Who names metrics, or wants each process's, gets those of the moment.
      mayLag: options.metrics === undefined && !perProcess,
      waits: true,
    },
    rule,
    perProcess,
    threads: options.threads === true,
    gpu: metrics.some((name) => METRIC[name].group === "gpu"),
    traffic: options.network === true || (options.metrics !== undefined && metrics.some(isOfNetwork)),
  };
}

/** Whether an interval was chosen: its shortest, its longest, one that stays, or a profile with one that stays. */
function asksForInterval({ baseIntervalMs, maxIntervalMs, adaptive, profile }: WatchOptions): boolean {
  return baseIntervalMs !== undefined || maxIntervalMs !== undefined || adaptive === false ||
    (profile !== undefined && !chosenProfile(profile).adaptive);
}

/** The options' own intervals and metrics over those of the profile, so that the record tells what was done. */
function adjustProfile(profile: MonitoringProfile, options: WatchOptions): MonitoringProfile {
  const { metrics } = options;
  const collect = metrics === undefined ? {} : Object.fromEntries(
    Object.entries(COLLECT_KEYS).map(([group, key]) => [
      key,
      METRIC_GROUPS[group as MetricGroup].some((name) => metrics.includes(name)),
    ]),
  );
  const chosen = withoutUnasked({ ...profile, ...collect, ...(options.gpu && { collect_gpu: true }) });
  if (!profile.enabled) {
    if (options.baseIntervalMs !== undefined || options.maxIntervalMs !== undefined) {
      throw usageError("interval: the profile is disabled, nothing is sampled; choose another profile");
    }
    return chosen;
  }
  if (options.baseIntervalMs !== undefined) checkMs("interval", options.baseIntervalMs);
  if (options.maxIntervalMs !== undefined) checkMs("max-interval", options.maxIntervalMs);
  const base = options.baseIntervalMs ?? profile.interval_ms ?? 100;
  const adaptive = options.adaptive ?? (profile.adaptive || options.maxIntervalMs !== undefined);
  // A base above the profile's own ceiling carries the ceiling along; a ceiling given with it does not yield.
  const ceiling = options.maxIntervalMs ?? Math.max(base, profile.max_interval_ms ?? base);
  if (ceiling < base) {
    throw usageError(`max-interval: ${ceilingFault(ceiling, base)}`);
  }
  return { ...chosen, interval_ms: base, adaptive, max_interval_ms: adaptive ? ceiling : base };
}

/** What no profile has unless it is asked for stands in records where it was. */
function withoutUnasked({ collect_gpu, ...profile }: MonitoringProfile): MonitoringProfile {
  return collect_gpu ? { ...profile, collect_gpu } : profile;
}

function checkMetrics(names: readonly string[]): MetricName[] {
  const unknown = names.filter((name) => !(METRIC_NAMES as readonly string[]).includes(name));
  if (unknown.length > 0) {
    throw usageError(`metrics: there is none called "${unknown[0]}"; there are ${METRIC_NAMES.join(", ")}`);
  }
  if (names.length === 0) throw usageError("metrics: the list is empty");
  return METRIC_NAMES.filter((name) => names.includes(name));
}
