/** When a program that has ended is started again. */
export type RestartPolicy = "never" | "on_failure" | "always" | "unless_stopped";

/** Why a run ended that was not to end; each class has its own parameters and its own count. */
export type FailureClass = "default" | "health" | "resource";

/** What a failure weighs for the circuit breaker. */
export type Severity = "start" | "exit" | "health" | "resource";

/** How often, and how long after a failure, a program is started again. */
export interface RetryRule {
  /** Restarts in a row before it is given up; Infinity for ever. */
  readonly maxRetries: number;
  /** Before the first of them, in milliseconds. */
  readonly retryDelayMs: number;
  /** What each further delay is multiplied by. */
  readonly backoffRate: number;
  readonly maxDelayMs: number;
  /** Share of the delay that chance adds or takes away, 0 to 1. */
  readonly jitter: number;
}

/** A circuit breaker: after a weight of failures within a window, nothing is tried during a cooldown. */
export interface BreakerRule {
  /** Weight of failures within the window at which it opens. */
  readonly failures: number;
  readonly windowMs: number;
  readonly cooldownMs: number;
  readonly severity: Readonly<Record<Severity, number>>;
}

/** A guard against programs that end with success as soon as they are started. */
export interface StormRule {
  /** A run shorter than this was none, in milliseconds. */
  readonly minUptimeMs: number;
  /** After more than this in a row it is given up. */
  readonly maxExits: number;
}

/** Everything that decides about restarts. */
export interface RestartRules {
  readonly policy: RestartPolicy;
  readonly retry: Readonly<Record<FailureClass, RetryRule>>;
  /** After this time in good health all counts are reset. */
  readonly resetAfterMs: number;
  readonly breaker: BreakerRule | null;
  readonly storm: StormRule;
}

/** The next of a sequence of pseudo-random numbers: its state, and a number from 0 up to 1 (mulberry32). */
export function nextRandom(seed: number): { seed: number; value: number } {
  const next = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(next ^ (next >>> 15), 1 | next);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return { seed: next, value: ((t ^ (t >>> 14)) >>> 0) / 2 ** 32 };
}

/**
 * The delay before a restart, in milliseconds.
 * @param attempt 1 for the first restart in a row
 * @param random from 0 up to 1
 */
export function retryDelayMs(rule: RetryRule, attempt: number, random: number): number {
  // Nothing grows to nothing, however often: zero times infinity is not a number.
  const grown = rule.retryDelayMs === 0 ? 0 : rule.retryDelayMs * rule.backoffRate ** (attempt - 1);
  const capped = Math.min(grown, rule.maxDelayMs);
  return Math.min(Math.round(capped * (1 + rule.jitter * (2 * random - 1))), rule.maxDelayMs);
}

const FIRST_STORM_DELAY_MS = 1_000;
const LONGEST_STORM_DELAY_MS = 60_000;

/** The least delay before the next start of a program that ended with success at once, n times in a row. */
export function stormDelayMs(exits: number): number {
  return Math.min(FIRST_STORM_DELAY_MS * 2 ** Math.min(exits - 1, 16), LONGEST_STORM_DELAY_MS);
}
