import type { UnitKey } from "../../model/unit.ts";
import type { Rule } from "../rules/rule.ts";
import { step } from "./alert_state.ts";
import type { AlertState, Verdict } from "./alert_state.ts";
import type { RuleProgram } from "./rule_program.ts";
import type { Subject } from "./subject.ts";

const REMEMBERED_MS = 30 * 86_400_000;

/** What an evaluation has changed, by the key of the alert: null where it is forgotten. */
export type AlertChanges = ReadonlyMap<string, AlertState | null>;

/** The key of an alert: of what rule, and about what. */
export function alertKey({ rule, subject }: Pick<AlertState, "rule" | "subject">): string {
  return `${rule}/${subject}`;
}

/** One evaluation of all rules: what time it is, and what has become of alerts by it. */
export class Round {
  readonly #changes = new Map<string, AlertState | null>();

  /** @param isKnown whether a unit is known here, as a whole */
  constructor(readonly now: number, readonly isKnown: (unit: UnitKey) => boolean = () => true) {}

  get changes(): AlertChanges {
    return this.#changes;
  }

  /** An alert that begins. */
  pending({ rule }: { readonly rule: Rule }, { subject, units, labels }: Subject, since: number): AlertState {
    return {
      rule: rule.name,
      subject,
      units,
      labels,
      severity: rule.severity,
      phase: "pending",
      since,
      lastTrue: this.now,
      firedAt: null,
      resolvedAt: null,
      transition: 0,
      flaps: 0,
      value: null,
      summary: "",
    };
  }

  /**
   * Whether an alert is about what is not known here, or not now: what is read again is there soon, and a unit that no
   * manager reads may be another's. It stays as it is, as long as an agent that has gone is remembered.
   */
  isElsewhere({ subject, units, firedAt, resolvedAt, lastTrue }: AlertState): boolean {
    if (!/^(?:[ta]\d+$|u)/.test(subject) || units.every(this.isKnown)) return false;
    return this.now - Math.max(lastTrue, firedAt ?? 0, resolvedAt ?? 0) < REMEMBERED_MS;
  }

  /** What becomes of an alert by a verdict. */
  step(
    { rule, usesAbsence }: RuleProgram,
    state: AlertState,
    verdict: Verdict,
    since: number,
  ): AlertState | null {
    // Of absence only what is known ends an alert, or begins one.
    return step(state, verdict, usesAbsence ? { ...rule, noData: "keep" } : rule, this.now, since);
  }

  /** Have an alert be in its place as it is now, or no more, and note what is news of it. */
  keep<K>(
    program: RuleProgram,
    before: AlertState | null,
    after: AlertState | null,
    home: Map<K, AlertState>,
    key: K,
  ): void {
    if (before === after) return;
    if (after === null) home.delete(key);
    else home.set(key, after);
    // That it is still true is not news to whoever stores it.
    const isNews = before === null || after === null || before.phase !== after.phase ||
      before.transition !== after.transition;
    if (isNews) {
      this.#changes.set(alertKey({ rule: program.rule.name, subject: (after ?? before)!.subject }), after);
    }
  }
}
