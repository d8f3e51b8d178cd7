import type { Season } from "../detect/season.ts";
import { labelOf, labelsOf } from "../rules/labels.ts";
import type { Rule } from "../rules/rule.ts";
import { fillTemplate } from "../rules/template.ts";
import type { FleetView } from "../../model/view.ts";
import { step } from "./alert_state.ts";
import type { AlertState, Verdict } from "./alert_state.ts";
import { BLOCK, FALSE, TRUE, UNKNOWN } from "./compile.ts";
import { ManyFinder } from "./many_subjects.ts";
import { needsOf } from "./needs.ts";
import { LOST, OVER, PLANNED, PresenceWatch } from "./presence.ts";
import { RuleProgram } from "./rule_program.ts";
import { SharedValues } from "./shared_values.ts";
import type { ManySubject, Subject } from "./subject.ts";
import { FigureTable } from "./table.ts";
import { valueInWords } from "./value_words.ts";

const SWEEP_MS = 60_000;
const VERDICTS = ["false", "true", "unknown"] as const;

/** What an evaluation has changed, by the key of the alert: null where it is forgotten. */
export type AlertChanges = ReadonlyMap<string, AlertState | null>;

/** The key of an alert: of what rule, and about what. */
export function alertKey({ rule, subject }: Pick<AlertState, "rule" | "subject">): string {
  return `${rule}/${subject}`;
}

/** Evaluates rules over what the fleet is now. It has no clock, and asks nobody: what time it is it is told. */
export class Evaluator {
  readonly table: FigureTable;
  readonly presence: PresenceWatch;
  readonly #programs: RuleProgram[];
  readonly #stop: () => void;
  readonly #shared: SharedValues;
  readonly #many: ManyFinder;
  readonly #withTasks: boolean;
  #now: number;
  #sweptAt: number;

  /** @param states alerts as they were stored */
  constructor(readonly view: FleetView, rules: readonly Rule[], states: Iterable<AlertState>, now: number) {
    this.#now = this.#sweptAt = now;
    const enabled = rules.filter(({ isEnabled }) => isEnabled);
    this.table = new FigureTable(view, needsOf(enabled), now);
    this.presence = new PresenceWatch(view, this.table);
    this.#shared = new SharedValues(this.table, this.presence, now);
    this.#many = new ManyFinder(view, this.table, this.presence);
    this.#programs = enabled.map((rule) => new RuleProgram(rule, this.#shared.around(rule)));
    this.#withTasks = this.#programs.some(({ usesAbsence, rule }) => usesAbsence && rule.of === "task");
    const byName = new Map(this.#programs.map((program) => [program.rule.name, program]));
    for (const state of states) {
      const program = byName.get(state.rule);
      if (!program) continue;
      const slot = this.#slotOf(state.subject);
      if (slot === undefined) program.others.set(state.subject, state);
      else program.ofRows.set(slot, state);
    }
    this.#stop = view.listen({
      sample: (sample) => this.table.take(sample),
      reread: (unit) => this.table.reread(unit),
      change: (change) => {
        if (change.kind === "agent") this.table.note(change.agent, null);
        else if (change.kind === "task") this.table.note(change.task.agent, change.task);
        else if (change.kind === "run") this.table.beginRun(change.task);
      },
    });
  }

  close(): void {
    this.#stop();
  }

  /** By figure: what is usual at this hour of the week, by task. */
  get seasons(): Map<string, ReadonlyMap<number, Season>> {
    return this.#shared.seasons;
  }

  /** Figures of which the usual by the hour of the week is wanted. */
  get seasonalFigures(): ReadonlySet<string> {
    return this.table.needs.usual;
  }

  /** Evaluate every rule. */
  evaluate(now: number): AlertChanges {
    this.#now = now;
    if (now - this.#sweptAt >= SWEEP_MS) {
      this.#sweptAt = now;
      const freed = this.table.sweep();
      for (const program of this.#programs) {
        for (const slot of freed) {
          const state = program.ofRows.get(slot);
          if (!state) continue;
          program.ofRows.delete(slot);
          program.others.set(state.subject, state);
        }
      }
    }
    this.table.refresh(now);
    this.presence.look(now, this.#withTasks);
    this.#shared.begin(now);
    const changed = this.table.changed;
    this.table.changed = [];
    const changes = new Map<string, AlertState | null>();
    for (const program of this.#programs) {
      program.admit(this.table.rows, changed);
      if (program.isOfMany) {
        const { subjects, condition, value } = this.#many.of(program, now);
        this.#evaluateSubjects(program, subjects, changes, condition, value);
      } else this.#evaluateRows(program, changes);
    }
    return changes;
  }

  #evaluateRows(program: RuleProgram, changes: Map<string, AlertState | null>): void {
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
        if (!ofRows.has(from + at) && !this.#isOver(from + at, rule)) {
          this.#begin(program, from + at, verdict, changes);
        }
      }
    }
    for (const [slot, state] of ofRows) {
      const next = this.#step(
        program,
        state,
        this.#verdictOf(program, slot, state),
        this.#sinceOf(program, slot),
      );
      this.#keep(program, state, this.#worded(program, slot, state, next), changes, ofRows, slot);
    }
    this.#evaluateSilence(program, changes);
  }

  #begin(program: RuleProgram, slot: number, verdict: number, changes: Map<string, AlertState | null>): void {
    const { agent, task } = this.table.rows[slot]!;
    const subject: Subject = {
      subject: task ? `t${task.id}` : `a${agent.id}`,
      units: [agent.unit],
      labels: labelsOf(agent, task),
      words: "",
    };
    const state = this.#pending(program, subject, this.#sinceOf(program, slot));
    program.ofRows.set(slot, state);
    const next = this.#step(program, state, VERDICTS[verdict], state.since);
    // It is new, whatever it has come to.
    this.#keep(
      program,
      null,
      this.#worded(program, slot, state, next) ?? state,
      changes,
      program.ofRows,
      slot,
    );
  }

  #pending({ rule }: RuleProgram, { subject, units, labels }: Subject, since: number): AlertState {
    return {
      rule: rule.name,
      subject,
      units,
      labels,
      severity: rule.severity,
      phase: "pending",
      since,
      lastTrue: this.#now,
      firedAt: null,
      resolvedAt: null,
      transition: 0,
      flaps: 0,
      value: null,
      summary: "",
    };
  }

  #step(
    { rule, usesAbsence }: RuleProgram,
    state: AlertState,
    verdict: Verdict,
    since: number,
  ): AlertState | null {
    // Of absence only what is known ends an alert, or begins one.
    return step(state, verdict, usesAbsence ? { ...rule, noData: "keep" } : rule, this.#now, since);
  }

  #verdictOf(program: RuleProgram, slot: number, state: AlertState): Verdict {
    if (!this.table.rows[slot] || program.members[slot] === 0 || this.#isOver(slot, program.rule)) {
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
  #isOver(slot: number, rule: Rule): boolean {
    const row = this.table.rows[slot];
    if (!row) return true;
    const code = row.task ? this.presence.lookAtTask(slot, this.#now) : this.presence.codes[slot];
    return code === OVER || (code === PLANNED && !rule.isPlanned);
  }

  #sinceOf({ usesAbsence, rule }: RuleProgram, slot: number): number {
    const code = this.presence.codes[slot];
    const isAbsent = usesAbsence && (code === LOST || (code === PLANNED && rule.isPlanned));
    return isAbsent && rule.when.type === "absent"
      ? Math.min(this.#now, this.presence.since[slot])
      : this.#now;
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
    const summary = this.#summary(program, words, value, (name) => labelOf(agent, task, name), "is gone");
    return { ...next, value, labels, summary };
  }

  #summary(
    { rule, valueOf }: RuleProgram,
    words: string,
    value: number | null,
    label: (name: string) => string,
    otherwise: string,
  ): string {
    const shown = value === null || valueOf === null ? otherwise : valueInWords(valueOf, value);
    return fillTemplate(
      rule.summary,
      (name) =>
        name === "value" ? shown : name === "subject" ? words : name === "rule" ? rule.name : label(name),
    );
  }

  #keep<K>(
    program: RuleProgram,
    before: AlertState | null,
    after: AlertState | null,
    changes: Map<string, AlertState | null>,
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
      changes.set(alertKey({ rule: program.rule.name, subject: (after ?? before)!.subject }), after);
    }
  }

  /** Of a whole unit that is silent at once there is one alert, and one of a broker that is away. */
  #evaluateSilence(program: RuleProgram, changes: Map<string, AlertState | null>): void {
    const { usesAbsence, rule } = program;
    const isTold = usesAbsence && rule.of !== "task" &&
      !this.#programs.some((other) =>
        other.usesAbsence && other.rule.of === "unit" && other.rule.where.length === 0
      );
    const silent = isTold ? this.#many.silent(program) : new Map<string, ManySubject>();
    this.#evaluateSubjects(program, silent, changes, (subject) => silent.has(subject) ? TRUE : FALSE);
  }

  #evaluateSubjects(
    program: RuleProgram,
    subjects: ReadonlyMap<string, ManySubject>,
    changes: Map<string, AlertState | null>,
    condition: (subject: string, state: AlertState | null) => number,
    valueOf: (subject: string) => number = () => NaN,
  ): void {
    const { others } = program;
    for (const key of new Set([...subjects.keys(), ...others.keys()])) {
      const before = others.get(key) ?? null;
      const subject = subjects.get(key);
      // What was about a row that is no more is gone; what is about many ends as others do.
      const verdict = /^[ta]\d+$/.test(key) ? "gone" : VERDICTS[condition(key, before)];
      if (before === null && (verdict === "false" || verdict === "gone")) continue;
      if (
        before === null && (verdict === "unknown" && (program.rule.noData !== "fire" || program.usesAbsence))
      ) continue;
      const since = subject?.since ?? this.#now;
      const state = before ?? this.#pending(program, subject!, since);
      let after = this.#step(program, state, verdict, since);
      if (
        after !== null && after !== state && after.phase === "firing" && state.phase !== "firing" && subject
      ) {
        const number = valueOf(key);
        const value = Number.isFinite(number) ? number : null;
        const summary = subject.sentence ??
          this.#summary(program, subject.words, value, (name) => subject.labels[name] ?? "", "is silent");
        after = { ...after, value, units: subject.units, labels: subject.labels, summary };
      }
      if (before === null && after === state) others.set(key, state);
      this.#keep(program, before, after, changes, others, key);
    }
  }

  #slotOf(subject: string): number | undefined {
    const id = Number(subject.slice(1));
    if (subject.startsWith("t")) return this.table.slotOfTask(id);
    return /^a\d+$/.test(subject) ? this.table.slotOfHost(id) : undefined;
  }
}

const OUT = new Uint8Array(BLOCK);
const NUMBER = new Float64Array(1);
