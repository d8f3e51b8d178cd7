import type { AlertState } from "./alert_state.ts";
import type { Round } from "./round.ts";
import { VERDICTS } from "./row_rules.ts";
import type { RuleProgram } from "./rule_program.ts";
import type { ManySubject } from "./subject.ts";
import { summaryOf } from "./summary.ts";

/**
 * Evaluate a rule over what stands for many rows: a group, a unit, the fleet.
 * @param subjects what there is, by its key
 * @param condition what the rule says of one, as the code of a verdict
 * @param valueOf the number that the alert shows; NaN for none
 */
export function evaluateSubjects(
  program: RuleProgram,
  round: Round,
  subjects: ReadonlyMap<string, ManySubject>,
  condition: (subject: string, state: AlertState | null) => number,
  valueOf: (subject: string) => number = () => NaN,
): void {
  const { others } = program;
  for (const key of new Set([...subjects.keys(), ...others.keys()])) {
    const before = others.get(key) ?? null;
    const subject = subjects.get(key);
    if (before !== null && !subject && round.isElsewhere(before)) continue;
    // What was about a row that is no more is gone; what is about many ends as others do.
    const verdict = /^[ta]\d+$/.test(key) ? "gone" : VERDICTS[condition(key, before)];
    if (before === null && (verdict === "false" || verdict === "gone")) continue;
    if (
      before === null && (verdict === "unknown" && (program.rule.noData !== "fire" || program.usesAbsence))
    ) continue;
    const since = subject?.since ?? round.now;
    const state = before ?? round.pending(program, subject!, since);
    let after = round.step(program, state, verdict, since);
    if (
      after !== null && after !== state && after.phase === "firing" && state.phase !== "firing" && subject
    ) {
      const number = valueOf(key);
      const value = Number.isFinite(number) ? number : null;
      const summary = subject.sentence ??
        summaryOf(program, subject.words, value, (name) => subject.labels[name] ?? "", "is silent");
      after = { ...after, value, units: subject.units, labels: subject.labels, summary };
    }
    if (before === null && after === state) others.set(key, state);
    round.keep(program, before, after, others, key);
  }
}
