import { labelOf, labelsOf } from "../rules/labels.ts";
import type { Rule } from "../rules/rule.ts";
import type { AlertState, Verdict } from "./alert_state.ts";
import { BLOCK, FALSE, TRUE, UNKNOWN } from "./compile.ts";
import { LOST, OVER, PLANNED } from "./presence.ts";
import type { PresenceWatch } from "./presence.ts";
import type { Round } from "./round.ts";
import type { RuleProgram } from "./rule_program.ts";
import type { Subject } from "./subject.ts";
import { summaryOf } from "./summary.ts";
import type { FigureTable } from "./table.ts";

/** What the code of a verdict means. */
export const VERDICTS = ["false", "true", "unknown"] as const;
const OUT = new Uint8Array(BLOCK);
const NUMBER = new Float64Array(1);

/** Evaluates rules over rows of the table: each task, or each host, has alerts of its own. */
export class RowRules {
  constructor(readonly table: FigureTable, readonly presence: PresenceWatch) {}

  /** Begin alerts where a rule has become true, and go on with those that it has. */
  evaluate(program: RuleProgram, round: Round): void {
    const { when, members, counts, ofRows, rule, usesAbsence } = program;
    // Absence that nobody is sure of is none.
    const firesWithout = rule.noData === "fire" && !usesAbsence;
    const size = this.table.size;
    for (let block = 0; block * BLOCK < size; block++) {
      if (counts[block] === 0) continue;
      const from = block * BLOCK;
      const count = Math.min(BLOCK, size - from);
      when!(from, count, OUT);
      for (let at = 0; at < count; at++) {
        const verdict = OUT[at];
        if (verdict === FALSE || members[from + at] === 0) continue;
        if (verdict === UNKNOWN && !firesWithout) continue;
        if (!ofRows.has(from + at) && !this.#isOver(from + at, rule, round)) {
          this.#begin(program, from + at, verdict, round);
        }
      }
    }
    for (const [slot, state] of ofRows) {
      const verdict = this.#verdictOf(program, slot, state, round);
      const next = round.step(program, state, verdict, this.#sinceOf(program, slot, round));
      round.keep(program, state, this.#worded(program, slot, state, next), ofRows, slot);
    }
  }

  #begin(program: RuleProgram, slot: number, verdict: number, round: Round): void {
    const { agent, task } = this.table.rows[slot]!;
    const subject: Subject = {
      subject: task ? `t${task.id}` : `a${agent.id}`,
      units: [agent.unit],
      labels: labelsOf(agent, task),
      words: "",
    };
    const state = round.pending(program, subject, this.#sinceOf(program, slot, round));
    program.ofRows.set(slot, state);
    const next = round.step(program, state, VERDICTS[verdict], state.since);
    // It is new, whatever it has come to.
    round.keep(program, null, this.#worded(program, slot, state, next) ?? state, program.ofRows, slot);
  }

  #verdictOf(program: RuleProgram, slot: number, state: AlertState, round: Round): Verdict {
    if (!this.table.rows[slot] || program.members[slot] === 0 || this.#isOver(slot, program.rule, round)) {
      return "gone";
    }
    if (state.phase === "firing" && program.until) {
      program.until(slot, 1, OUT);
      return OUT[0] === TRUE ? "false" : OUT[0] === FALSE ? "true" : "unknown";
    }
    program.when!(slot, 1, OUT);
    return VERDICTS[OUT[0]];
  }

  /** Whether nothing more is to be said of a row: a task that has ended is no longer too large. */
  #isOver(slot: number, rule: Rule, { now }: Round): boolean {
    const row = this.table.rows[slot];
    if (!row) return true;
    const code = row.task ? this.presence.lookAtTask(slot, now) : this.presence.codes[slot];
    return code === OVER || (code === PLANNED && !rule.isPlanned);
  }

  #sinceOf({ usesAbsence, rule }: RuleProgram, slot: number, { now }: Round): number {
    const code = this.presence.codes[slot];
    const isAbsent = usesAbsence && (code === LOST || (code === PLANNED && rule.isPlanned));
    return isAbsent && rule.when.type === "absent" ? Math.min(now, this.presence.since[slot]) : now;
  }

  #worded(program: RuleProgram, slot: number, state: AlertState, next: AlertState | null): AlertState | null {
    const row = this.table.rows[slot];
    if (next === null || next === state || next.phase !== "firing" || !row) return next;
    let value: number | null = null;
    if (program.value) {
      program.value(slot, 1, NUMBER);
      value = Number.isFinite(NUMBER[0]) ? NUMBER[0] : null;
    }
    if (state.phase === "firing") return { ...next, value: value ?? next.value };
    const { agent, task } = row;
    const words = task ? `${task.taskId} on ${agent.propletId}` : agent.propletId;
    const labels = labelsOf(agent, task);
    const summary = summaryOf(program, words, value, (name) => labelOf(agent, task, name), "is gone");
    return { ...next, value, labels, summary };
  }
}
