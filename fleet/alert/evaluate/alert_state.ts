import type { UnitKey } from "../../model/unit.ts";
import type { Rule, Severity } from "../rules/rule.ts";
import type { Labels } from "../rules/labels.ts";

/** How far an alert has come. */
export type Phase = "pending" | "firing" | "resolved";

/** An alert of a rule about one thing, as it is stored. Times are ms since 1970. */
export interface AlertState {
  readonly rule: string;
  /** What it is about: `t12` a task, `a3` a host, `u…` a unit, `fleet`, or `broker`. */
  readonly subject: string;
  readonly units: readonly UnitKey[];
  readonly labels: Labels;
  readonly severity: Severity;
  readonly phase: Phase;
  /** Since when it has been true without a gap, as far as it is pending or firing. */
  readonly since: number;
  /** When it was true last. */
  readonly lastTrue: number;
  readonly firedAt: number | null;
  readonly resolvedAt: number | null;
  /** Grows each time that it fires, and each time that it ends. */
  readonly transition: number;
  /** How often it has come back soon after its end. */
  readonly flaps: number;
  readonly value: number | null;
  readonly summary: string;
}

/** What an evaluation says; `gone`: what it is about is no more. */
export type Verdict = "true" | "false" | "unknown" | "gone";

/** What comes back within so long after its end flaps. */
const FLAP_MS = 15 * 60_000;
/** Waiting before an end is believed doubles with each flap, from the first to the last of these. */
const [SHORTEST_DAMPING_MS, LONGEST_DAMPING_MS] = [60_000, 3_600_000];
/** How long an end is remembered: flaps are told by it. */
const REMEMBERED_MS = 2 * LONGEST_DAMPING_MS;

/** How long a flapping alert has to be well before it ends. */
export function dampingMs(flaps: number): number {
  return flaps === 0 ? 0 : Math.min(LONGEST_DAMPING_MS, SHORTEST_DAMPING_MS * 2 ** (flaps - 1));
}

/**
 * What becomes of an alert by an evaluation.
 * @param since when the verdict became true, where that was before now
 * @returns the same object where nothing has changed; null where nothing is left to remember
 */
export function step(
  state: AlertState,
  verdict: Verdict,
  rule: Pick<Rule, "forMs" | "keepMs" | "noData">,
  now: number,
  since = now,
): AlertState | null {
  const said = verdict !== "unknown" || rule.noData === "keep"
    ? verdict
    : rule.noData === "fire"
    ? "true"
    : "false";
  if (state.phase === "firing") {
    if (said === "unknown") return state;
    if (said === "true") return { ...state, lastTrue: now };
    const patience = said === "gone" ? 0 : Math.max(rule.keepMs, dampingMs(state.flaps));
    if (now - state.lastTrue < patience) return state;
    return { ...state, phase: "resolved", resolvedAt: now, transition: state.transition + 1 };
  }
  const isOver = state.phase === "resolved";
  if (said === "true") {
    const begun: AlertState = isOver ? { ...state, phase: "pending", since: Math.min(since, now) } : state;
    if (now - begun.since < rule.forMs) return begun;
    const soon = FLAP_MS + 2 * dampingMs(state.flaps);
    const isFlap = state.resolvedAt !== null && now - state.resolvedAt <= soon;
    return {
      ...begun,
      phase: "firing",
      firedAt: now,
      lastTrue: now,
      transition: state.transition + 1,
      flaps: isFlap ? Math.min(20, state.flaps + 1) : 0,
    };
  }
  if (state.phase === "pending") {
    if (said === "unknown") return state;
    return state.resolvedAt === null ? null : { ...state, phase: "resolved" };
  }
  return now - state.resolvedAt! > REMEMBERED_MS ? null : state;
}
