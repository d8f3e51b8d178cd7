import { formatDuration } from "../duration.ts";
import type { Environment } from "../schema/record.ts";
import type { Limits } from "./limits.ts";

/** The bounds within which the sampling interval moves; all in milliseconds but the budget. */
export interface IntervalRule {
  /** The shortest interval, used at the start and after a change. */
  readonly baseMs: number;
  /** The ceiling the interval rises to while nothing changes. */
  readonly maxMs: number;
  /** The ceiling beyond it while nothing moves at all and whatever begins is told; maxMs where it is left out. */
  readonly calmMs?: number;
  /** False: the interval stays at the base, but for the budget. */
  readonly adaptive: boolean;
  /** Most of one core, in percent, that sampling itself may use; Infinity where the interval is to be kept. */
  readonly budgetPercent: number;
}

/** What the rule looks at; times are milliseconds on a monotonic clock. */
export interface IntervalInput {
  /** Since the start, or since the last change of shape or use. */
  readonly quietMs: number;
  /** Since anything has moved at all, where whatever begins is told; 0 where it has to be looked for. */
  readonly stillMs?: number;
  /** What one tick costs of proctor's own CPU at present (a moving average). */
  readonly tickCostMs: number;
}

/** The base holds for this long after a change … */
const HOLD_MS = 1_000;
/** … and the ceiling is reached at this age. */
const CEILING_AT_MS = 10_000;
/** Beyond the ceiling an interval is this share of the time for which nothing has moved. */
const CALM_SHARE = 0.25;

/**
 * The interval until the next tick, in milliseconds.
 *
 * Base for the first second, rising evenly to the ceiling at ten, and where nothing moves and events would tell, on to
 * the calm ceiling; never so short that ticks of `tickCostMs` would exceed the budget. The budget may push it beyond
 * the ceiling.
 */
export function nextIntervalMs(rule: IntervalRule, input: IntervalInput): number {
  const risen = rule.adaptive ? rise(rule, input) : rule.baseMs;
  const affordable = (input.tickCostMs * 100) / rule.budgetPercent;
  return Math.max(risen, affordable);
}

function rise(
  { baseMs, maxMs, calmMs = maxMs }: IntervalRule,
  { quietMs, stillMs = 0 }: IntervalInput,
): number {
  const share = (quietMs - HOLD_MS) / (CEILING_AT_MS - HOLD_MS);
  if (share < 1) return baseMs + (maxMs - baseMs) * Math.max(0, share);
  return Math.max(maxMs, Math.min(calmMs, stillMs * CALM_SHARE));
}

/** The rule with no interval above another one; one that is as dense already, as it is. */
export function denserRule(rule: IntervalRule, intervalMs: number | undefined): IntervalRule {
  const { calmMs: _, ...bound } = rule;
  if (intervalMs === undefined || Math.max(rule.maxMs, rule.calmMs ?? 0) <= intervalMs) return rule;
  return { ...bound, baseMs: Math.min(rule.baseMs, intervalMs), maxMs: Math.min(rule.maxMs, intervalMs) };
}

/** What is wrong with a ceiling below the base; both in milliseconds. */
export function ceilingFault(ceilingMs: number, baseMs: number): string {
  const [ceiling, base] = [ceilingMs, baseMs].map(formatDuration);
  return `"${ceiling}" is below the interval, "${base}"; write "${base}" or more, or a shorter interval`;
}

/** The state of a tree as far as it decides whether something changed. */
export interface Shape {
  readonly processCount: number;
  readonly threadCount: number;
  readonly cpuPercent: number;
  readonly memoryBytes: number;
}

/** What a tree may use: a tenth of that is a change. */
export interface Capacity {
  /** CPUs that may be used, so that 100 × this is the machine busy. */
  readonly cpus: number;
  readonly memoryBytes: number;
}

/** What a tree may use: the machine, or less by a limit around us or of its own. */
export function capacityOf(environment: Environment, limits: Limits = {}): Capacity {
  return {
    cpus: Math.min(environment.cpu_quota_cores ?? environment.online_cpu_count, limits.cpuCores ?? Infinity),
    memoryBytes: Math.min(
      environment.memory_limit_bytes ?? environment.memory_total_bytes ?? Infinity,
      limits.memoryBytes ?? Infinity,
    ),
  };
}

/**
 * True when the tree changed shape, or CPU or memory moved by a tenth of the machine's capacity, between a
 * reference state and now. Unknown (`NaN`) values never count as a change.
 */
export function hasChanged(reference: Shape, now: Shape, capacity: Capacity): boolean {
  return reference.processCount !== now.processCount ||
    differs(reference.threadCount, now.threadCount) ||
    Math.abs(now.cpuPercent - reference.cpuPercent) >= capacity.cpus * 10 ||
    Math.abs(now.memoryBytes - reference.memoryBytes) >= capacity.memoryBytes / 10;
}

function differs(a: number, b: number): boolean {
  return a !== b && !(Number.isNaN(a) || Number.isNaN(b));
}
