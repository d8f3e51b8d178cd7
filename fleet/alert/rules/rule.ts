import type { Expression } from "../language/expression.ts";

/** What a rule can be about. */
export const SUBJECTS = ["task", "host", "agent", "unit", "fleet"] as const;
/** How much an alert matters, least first. */
export const SEVERITIES = ["info", "warning", "critical"] as const;
/** What becomes of an alert for which there are no figures. */
export const NO_DATA = ["keep", "resolve", "fire"] as const;

/** How much an alert matters. */
export type Severity = typeof SEVERITIES[number];

/** A rule as it is evaluated. */
export interface Rule {
  readonly name: string;
  readonly of: typeof SUBJECTS[number];
  /** By field or label: patterns, one of which has to fit. */
  readonly where: readonly (readonly [name: string, patterns: readonly string[]])[];
  readonly when: Expression;
  /** What ends the alert; null: that `when` is no longer true. */
  readonly until: Expression | null;
  readonly forMs: number;
  readonly keepMs: number;
  readonly noData: typeof NO_DATA[number];
  /** Alerts that are alike in these go into one notification. */
  readonly group: readonly string[];
  readonly severity: Severity;
  readonly summary: string;
  /** Names of the destinations; null: all. */
  readonly notify: readonly string[] | null;
  /** Names of rules whose alerts make those of this one no news. */
  readonly inhibitedBy: readonly string[];
  /** Whether what is gone by its own word counts as absent. */
  readonly isPlanned: boolean;
  readonly isEnabled: boolean;
}
