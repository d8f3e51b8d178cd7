import { isLike } from "../../../core/id_pattern.ts";
import { isCondition, partsOf } from "../language/expression.ts";
import type { Expression } from "../language/expression.ts";
import type { UnitKey } from "../../model/unit.ts";
import type { Rule } from "../rules/rule.ts";
import { labelOf, unitLabels } from "../rules/labels.ts";
import { BLOCK, compileCondition, compileNumber } from "./compile.ts";
import type { ConditionProgram, NumberProgram, Surroundings } from "./compile.ts";
import type { AlertState } from "./alert_state.ts";
import type { Row } from "./table.ts";

/** A rule made ready, with what it is about and the alerts that it has. */
export class RuleProgram {
  readonly when: ConditionProgram | null;
  readonly until: ConditionProgram | null;
  /** The first number that is compared: what the alert is told with. */
  readonly value: NumberProgram | null;
  readonly valueOf: Expression | null;
  readonly usesAbsence: boolean;
  readonly isOfMany: boolean;
  /** Which rows it is about. */
  members = new Uint8Array(0);
  /** How many of them are in each block. */
  counts = new Uint32Array(0);
  /** Its alerts of rows, by their places, and the others by what they are about. */
  readonly ofRows = new Map<number, AlertState>();
  readonly others = new Map<string, AlertState>();

  constructor(readonly rule: Rule, around: Surroundings) {
    this.isOfMany = rule.of === "unit" || rule.of === "fleet";
    const parts = [...partsOf(rule.when)];
    this.usesAbsence = parts.some(({ type }) => type === "absent");
    this.valueOf = firstCompared(rule.when);
    this.when = this.isOfMany ? null : compileCondition(rule.when, around);
    this.until = this.isOfMany || rule.until === null ? null : compileCondition(rule.until, around);
    this.value = this.isOfMany || this.valueOf === null ? null : compileNumber(this.valueOf, around);
  }

  /** Take in whether it is about rows that are new, or have other labels. */
  admit(rows: readonly (Row | null)[], changed: readonly number[]): void {
    if (this.members.length < rows.length) {
      const capacity = Math.ceil(rows.length * 1.25 / BLOCK) * BLOCK;
      const members = new Uint8Array(capacity);
      members.set(this.members);
      this.members = members;
      const counts = new Uint32Array(capacity / BLOCK);
      counts.set(this.counts);
      this.counts = counts;
    }
    for (const slot of changed) {
      const row = rows[slot];
      const isMember = row !== null && isRowOf(this.rule, row) ? 1 : 0;
      this.counts[Math.floor(slot / BLOCK)] += isMember - this.members[slot];
      this.members[slot] = isMember;
    }
  }
}

/** Whether a rule is about a host, or a task. */
export function isRowOf({ of, where }: Rule, { agent, task }: Row): boolean {
  const wantsTask = of !== "host" && of !== "agent";
  if ((task !== null) !== wantsTask) return false;
  return where.every(([name, patterns]) => {
    const value = labelOf(agent, task, name);
    return patterns.some((pattern) => isLike(pattern, value));
  });
}

/** Whether a rule about units is about this one, whatever there is in it now. */
export function isUnitOf({ where }: Rule, unit: UnitKey): boolean {
  const labels = unitLabels(unit);
  return where.every(([name, patterns]) =>
    labels[name] === undefined || patterns.some((pattern) => isLike(pattern, labels[name]))
  );
}

function firstCompared(expression: Expression): Expression | null {
  if (expression.type === "not") return firstCompared(expression.operand);
  if (expression.type !== "binary") return null;
  const { left, right } = expression;
  return isCondition(left)
    ? firstCompared(left) ?? firstCompared(right)
    : left.type === "number"
    ? right
    : left;
}
