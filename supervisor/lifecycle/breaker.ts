import type { BreakerRule, Severity } from "./restart_rules.ts";

/**
 * A circuit breaker. Closed, it lets every restart pass and weighs the failures of the last while. When they weigh
 * too much it opens: nothing is started until the cooldown is over. The start after that is a trial (half open): if
 * it fails, the breaker opens again; if it lives long enough in good health, the breaker closes and forgets.
 */
export interface Breaker {
  readonly state: "closed" | "open" | "half_open";
  readonly failures: readonly { readonly atMs: number; readonly weight: number }[];
  /** When open: until when. */
  readonly openUntilMs: number | null;
}

/** A breaker that has seen nothing. */
export const CLOSED: Breaker = { state: "closed", failures: [], openUntilMs: null };

/** How many failures are remembered at most. */
const MOST_FAILURES = 1_000;

/** The weight of the failures within the window. */
export function failureWeight(breaker: Breaker, rule: BreakerRule, nowMs: number): number {
  return recent(breaker, rule, nowMs).reduce((sum, { weight }) => sum + weight, 0);
}

/** After one more failure. */
export function recordFailure(
  breaker: Breaker,
  rule: BreakerRule,
  severity: Severity,
  nowMs: number,
): Breaker {
  const failures = [...recent(breaker, rule, nowMs), { atMs: nowMs, weight: rule.severity[severity] }]
    .slice(-MOST_FAILURES);
  const weight = failures.reduce((sum, failure) => sum + failure.weight, 0);
  if (breaker.state !== "half_open" && weight < rule.failures) {
    return { state: breaker.state, failures, openUntilMs: breaker.openUntilMs };
  }
  return { state: "open", failures, openUntilMs: nowMs + rule.cooldownMs };
}

/** The next start is a trial. */
export function tryAgain(breaker: Breaker): Breaker {
  return breaker.state === "open" ? { ...breaker, state: "half_open", openUntilMs: null } : breaker;
}

function recent({ failures }: Breaker, { windowMs }: BreakerRule, nowMs: number): Breaker["failures"] {
  return failures.filter(({ atMs }) => nowMs - atMs < windowMs);
}
