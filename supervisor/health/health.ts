import type { CheckRule } from "../definition.ts";

/** The health of a process, by the answers of its probes so far. */
export interface Health {
  readonly status: "unknown" | "healthy" | "unhealthy";
  /** Answers in a row. */
  readonly good: number;
  readonly bad: number;
  /** What the last bad one said. */
  readonly message: string | null;
}

/** Before the first probe. */
export const UNKNOWN_HEALTH: Health = { status: "unknown", good: 0, bad: 0, message: null };

/** What two accounts of one process come to: the worse of them, where there are two. */
export function worse(one: Health | null, other: Health | null): Health | null {
  if (one === null || other === null) return one ?? other;
  return WORST_FIRST.indexOf(other.status) < WORST_FIRST.indexOf(one.status) ? other : one;
}

const WORST_FIRST: readonly Health["status"][] = ["unhealthy", "unknown", "healthy"];

const GOOD_HEALTH = "it is healthy";

/** A change of it, as a sentence. */
export function healthSentence({ status, message }: Health): string {
  return status === "unhealthy" ? `it is unhealthy: ${message}` : GOOD_HEALTH;
}

/** Whether such a sentence tells of good health. */
export function tellsGoodHealth(sentence: string): boolean {
  return sentence === GOOD_HEALTH;
}

/**
 * The health after one more answer.
 * @param fault what is wrong, in words; null when nothing is
 */
export function nextHealth(
  health: Health,
  fault: string | null,
  rule: Pick<CheckRule, "failureThreshold" | "successThreshold">,
): Health {
  const good = fault === null ? health.good + 1 : 0;
  const bad = fault === null ? 0 : health.bad + 1;
  const message = fault ?? health.message;
  if (good >= rule.successThreshold) return { status: "healthy", good, bad, message: null };
  if (bad >= rule.failureThreshold) return { status: "unhealthy", good, bad, message };
  return { status: health.status, good, bad, message };
}
