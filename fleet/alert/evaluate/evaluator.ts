import type { FleetView } from "../../model/view.ts";
import type { Season } from "../detect/season.ts";
import type { Rule } from "../rules/rule.ts";
import type { AlertState } from "./alert_state.ts";
import { FALSE, TRUE } from "./compile.ts";
import { ManyFinder } from "./many_subjects.ts";
import { needsOf } from "./needs.ts";
import { PresenceWatch } from "./presence.ts";
import { Round } from "./round.ts";
import type { AlertChanges } from "./round.ts";
import { RowRules } from "./row_rules.ts";
import { RuleProgram } from "./rule_program.ts";
import { SharedValues } from "./shared_values.ts";
import type { ManySubject } from "./subject.ts";
import { evaluateSubjects } from "./subject_rules.ts";
import { FigureTable } from "./table.ts";

const SWEEP_MS = 60_000;

/** Evaluates rules over what the fleet is now. It has no clock, and asks nobody: what time it is it is told. */
export class Evaluator {
  readonly table: FigureTable;
  readonly presence: PresenceWatch;
  readonly #programs: RuleProgram[];
  readonly #stop: () => void;
  readonly #shared: SharedValues;
  readonly #many: ManyFinder;
  readonly #rows: RowRules;
  readonly #withTasks: boolean;
  #sweptAt: number;
  /** Whether a unit is here that was not: alerts about what is in it are about rows again. */
  #hasReread = false;

  /** @param states alerts as they were stored */
  constructor(readonly view: FleetView, rules: readonly Rule[], states: Iterable<AlertState>, now: number) {
    this.#sweptAt = now;
    const enabled = rules.filter(({ isEnabled }) => isEnabled);
    this.table = new FigureTable(view, needsOf(enabled), now);
    this.presence = new PresenceWatch(view, this.table);
    this.#shared = new SharedValues(this.table, this.presence, now);
    this.#many = new ManyFinder(view, this.table, this.presence);
    this.#rows = new RowRules(this.table, this.presence);
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
    // Without a rule nothing is asked of what comes.
    this.#stop = enabled.length === 0 ? () => {} : view.listen({
      sample: (sample) => this.table.take(sample),
      reread: (unit) => {
        this.table.reread(unit);
        this.#hasReread = true;
      },
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
    if (this.#programs.length === 0) return new Round(now).changes;
    if (now - this.#sweptAt >= SWEEP_MS) this.#sweep(now);
    this.table.refresh(now);
    this.presence.look(now, this.#withTasks);
    this.#shared.begin(now);
    const changed = this.table.changed;
    this.table.changed = [];
    if (this.#hasReread) this.#bringBack();
    const { units, rereading } = this.view;
    const round = new Round(now, (unit) => units.has(unit) && !rereading.has(unit));
    for (const program of this.#programs) {
      program.admit(this.table.rows, changed);
      if (program.isOfMany) {
        const { subjects, condition, value } = this.#many.of(program, now);
        evaluateSubjects(program, round, subjects, condition, value);
      } else {
        this.#rows.evaluate(program, round);
        this.#evaluateSilence(program, round);
      }
    }
    return round.changes;
  }

  #bringBack(): void {
    this.#hasReread = false;
    for (const { others, ofRows } of this.#programs) {
      for (const [subject, state] of others) {
        const slot = this.#slotOf(subject);
        if (slot === undefined) continue;
        others.delete(subject);
        ofRows.set(slot, state);
      }
    }
  }

  /** Rows that are no more give their places to others; alerts about them go on by their subject. */
  #sweep(now: number): void {
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

  /** Of a whole unit that is silent at once there is one alert, and one of a broker that is away. */
  #evaluateSilence(program: RuleProgram, round: Round): void {
    const { usesAbsence, rule } = program;
    const isTold = usesAbsence && rule.of !== "task" &&
      !this.#programs.some((other) =>
        other.usesAbsence && other.rule.of === "unit" && other.rule.where.length === 0
      );
    const silent = isTold ? this.#many.silent(program) : new Map<string, ManySubject>();
    evaluateSubjects(program, round, silent, (subject) => silent.has(subject) ? TRUE : FALSE);
  }

  #slotOf(subject: string): number | undefined {
    const id = Number(subject.slice(1));
    if (subject.startsWith("t")) return this.table.slotOfTask(id);
    return /^a\d+$/.test(subject) ? this.table.slotOfHost(id) : undefined;
  }
}
