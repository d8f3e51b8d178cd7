import { formatDuration } from "./duration.ts";

/** The bounds within which the sampling interval moves; all in milliseconds but the budget. */
export interface IntervalRule {
  /** The shortest interval, used at the start and after a change. */
  readonly baseMs: number;
  /** The ceiling the interval rises to while nothing changes. */
  readonly maxMs: number;
  /** False: the interval stays at the base, but for the budget. */
  readonly adaptive: boolean;
  /** Most of one core, in percent, that sampling itself may use. */
  readonly budgetPercent: number;
}

/** What the rule looks at; times are milliseconds on a monotonic clock. */
export interface IntervalInput {
  /** Since the start, or since the last change of shape or use. */
  readonly quietMs: number;
  /** What one tick costs of proctor's own CPU at present (a moving average). */
  readonly tickCostMs: number;
}

/** The base holds for this long after a change … */
const HOLD_MS = 1_000;
/** … and the ceiling is reached at this age. */
const CEILING_AT_MS = 10_000;

/**
 * The interval until the next tick, in milliseconds.
 *
 * Base for the first second, rising evenly to the ceiling at ten; never so short that ticks of
 * `tickCostMs` would exceed the budget. The budget may push it beyond the ceiling.
 */
export function nextIntervalMs(rule: IntervalRule, input: IntervalInput): number {
  const risen = rule.adaptive ? rise(rule, input.quietMs) : rule.baseMs;
  const affordable = (input.tickCostMs * 100) / rule.budgetPercent;
  return Math.max(risen, affordable);
}

function rise(rule: IntervalRule, quietMs: number): number {
  const share = (quietMs - HOLD_MS) / (CEILING_AT_MS - HOLD_MS);
  return rule.baseMs + (rule.maxMs - rule.baseMs) * Math.min(1, Math.max(0, share));
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

/** What a tenth of the machine is. */
export interface Capacity {
  /** CPUs that may be used, so that 100 × this is the machine busy. */
  readonly cpus: number;
  readonly memoryBytes: number;
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
