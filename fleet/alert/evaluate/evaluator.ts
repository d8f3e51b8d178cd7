import { outlierScores } from "../detect/peers.ts";
import { seasonScore } from "../detect/season.ts";
import type { Season } from "../detect/season.ts";
import type { Call } from "../language/expression.ts";
import { labelOf, labelsOf, unitLabels } from "../rules/labels.ts";
import type { Labels } from "../rules/labels.ts";
import type { Rule } from "../rules/rule.ts";
import { fillTemplate } from "../rules/template.ts";
import type { UnitKey } from "../../model/unit.ts";
import type { FleetView } from "../../model/view.ts";
import { step } from "./alert_state.ts";
import type { AlertState, Verdict } from "./alert_state.ts";
import { BLOCK, FALSE, TRUE, UNKNOWN } from "./compile.ts";
import type { Surroundings } from "./compile.ts";
import { conditionOfMany, numberOfMany } from "./many.ts";
import type { Many } from "./many.ts";
import { needsOf } from "./needs.ts";
import { LOST, OVER, PLANNED, PresenceWatch } from "./presence.ts";
import { isUnitOf, RuleProgram } from "./rule_program.ts";
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

/** What a rule would tell of, before it has begun. */
interface Subject {
  readonly subject: string;
  readonly units: readonly UnitKey[];
  readonly labels: Labels;
  /** In words. */
  readonly words: string;
}

/** Evaluates rules over what the fleet is now. It has no clock, and asks nobody: what time it is it is told. */
export class Evaluator {
  /** By figure: what is usual at this hour of the week, by task. */
  readonly seasons = new Map<string, ReadonlyMap<number, Season>>();
  readonly table: FigureTable;
  readonly presence: PresenceWatch;
  readonly #programs: RuleProgram[];
  readonly #stop: () => void;
  readonly #outliers = new Map<string, Float64Array>();
  readonly #absence: (Uint8Array | null)[] = [null, null];
  readonly #withTasks: boolean;
  #now: number;
  #sweptAt: number;

  /** @param states alerts as they were stored */
  constructor(readonly view: FleetView, rules: readonly Rule[], states: Iterable<AlertState>, now: number) {
    this.#now = this.#sweptAt = now;
    const enabled = rules.filter(({ isEnabled }) => isEnabled);
    this.table = new FigureTable(view, needsOf(enabled), now);
    this.presence = new PresenceWatch(view, this.table);
    this.#programs = enabled.map((rule) => new RuleProgram(rule, this.#around(rule)));
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
    this.#outliers.clear();
    this.#absence.fill(null);
    const changed = this.table.changed;
    this.table.changed = [];
    const changes = new Map<string, AlertState | null>();
    for (const program of this.#programs) {
      program.admit(this.table.rows, changed);
      if (program.isOfMany) this.#evaluateMany(program, changes);
      else this.#evaluateRows(program, changes);
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
    // That it is still true is no news to whoever stores it.
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
    const silent = isTold ? this.#silence(program) : new Map<string, Silence>();
    this.#evaluateSubjects(program, silent, changes, (subject) => silent.has(subject) ? TRUE : FALSE);
  }

  #silence({ members }: RuleProgram): Map<string, Silence> {
    const found = new Map<string, Silence>();
    const isCovered = (unit: UnitKey) =>
      [...this.view.units.get(unit) ?? []].some((agent) => {
        const slot = this.table.slotOfHost(agent.id);
        return slot !== undefined && members[slot] === 1;
      });
    for (const { unit, since, hosts } of this.presence.silent.values()) {
      if (isCovered(unit)) found.set(`u${unit}`, silentUnit(unit, since, hosts));
    }
    const deaf = [...this.presence.deaf].filter(([unit]) => isCovered(unit));
    if (deaf.length > 0) found.set("broker", deafUnits(deaf));
    return found;
  }

  #evaluateMany(program: RuleProgram, changes: Map<string, AlertState | null>): void {
    const { rule, usesAbsence } = program;
    const subjects = new Map<string, Silence>();
    const rowsOf = new Map<UnitKey, number[]>();
    for (let slot = 0; slot < this.table.size; slot++) {
      if (program.members[slot] === 0) continue;
      const { unit } = this.table.rows[slot]!.agent;
      const rows = rowsOf.get(unit);
      if (rows) rows.push(slot);
      else rowsOf.set(unit, [slot]);
    }
    const manyOf = new Map<string, Many>();
    if (rule.of === "fleet") {
      const slots = [...rowsOf.values()].flat();
      subjects.set("fleet", {
        subject: "fleet",
        units: [...this.view.units.keys()],
        labels: {},
        words: "fleet",
        since: this.#now,
      });
      manyOf.set("fleet", this.#many(slots, FALSE));
    }
    const { silent, deaf } = this.presence;
    const meant = rule.of === "unit"
      ? [...this.view.units.keys()].filter((unit) => isUnitOf(rule, unit))
      : [];
    for (const unit of meant) {
      const labels = unitLabels(unit);
      if (deaf.has(unit) && usesAbsence) continue;
      const key = `u${unit}`;
      const gone = silent.get(unit);
      const subject: Silence = gone
        ? silentUnit(unit, gone.since, gone.hosts)
        : { subject: key, units: [unit], labels, words: unit, since: this.#now };
      subjects.set(key, subject);
      manyOf.set(key, this.#many(rowsOf.get(unit) ?? [], gone ? TRUE : FALSE));
    }
    const unheard = usesAbsence ? [...deaf].filter(([unit]) => meant.includes(unit)) : [];
    if (unheard.length > 0) {
      subjects.set("broker", deafUnits(unheard));
      manyOf.set("broker", this.#many([], TRUE));
    }
    const condition = (subject: string, state: AlertState | null) => {
      const many = manyOf.get(subject);
      // Of a unit that we do not hear nothing is known.
      if (!many) return subject.startsWith("u") && deaf.has(subject.slice(1) as UnitKey) ? UNKNOWN : FALSE;
      if (state?.phase !== "firing" || !rule.until) return conditionOfMany(rule.when, many);
      const ended = conditionOfMany(rule.until, many);
      return ended === UNKNOWN ? UNKNOWN : 1 - ended;
    };
    const value = (subject: string) => {
      const many = manyOf.get(subject);
      return many && program.valueOf ? numberOfMany(program.valueOf, many) : NaN;
    };
    this.#evaluateSubjects(program, subjects, changes, condition, value);
  }

  #many(slots: readonly number[], absent: number): Many {
    return {
      absent,
      values: (figure) => {
        const values = this.table.values(figure);
        return Float64Array.from(slots.map((slot) => values[slot]).filter((value) => value === value));
      },
      count: () => slots.filter((slot) => this.table.rows[slot]?.task?.state === "running").length,
    };
  }

  #evaluateSubjects(
    program: RuleProgram,
    subjects: ReadonlyMap<string, Silence>,
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

  #around(rule: Rule): Surroundings {
    const now = () => this.#now;
    return {
      table: this.table,
      get now() {
        return now();
      },
      set now(_) {},
      absence: () => {
        const which = rule.isPlanned ? 1 : 0;
        let verdicts = this.#absence[which];
        if (verdicts === null) {
          verdicts = new Uint8Array(this.table.size);
          this.presence.verdicts(rule.isPlanned, verdicts);
          this.#absence[which] = verdicts;
        }
        return verdicts;
      },
      outliers: (call) => this.#outliersOf(call),
      season: (figure, slot) => {
        const row = this.table.rows[slot];
        const task = row?.task ?? row?.agent.hostTask;
        const season = task ? this.seasons.get(figure)?.get(task.id) : undefined;
        return seasonScore(season, this.table.values(figure)[slot]);
      },
    };
  }

  #outliersOf({ figure, by }: Call): Float64Array {
    const key = `${figure} ${by}`;
    const known = this.#outliers.get(key);
    if (known) return known;
    const groups = new Map<string, number[]>();
    this.table.rows.forEach((row, slot) => {
      const value = row ? labelOf(row.agent, row.task, by!) : "";
      if (value === "") return;
      // Nobody is compared with another domain's.
      const name = `${row!.task ? "t" : "a"}${labelOf(row!.agent, null, "domain")}/${value}`;
      const group = groups.get(name);
      if (group) group.push(slot);
      else groups.set(name, [slot]);
    });
    const scores = new Float64Array(this.table.size);
    outlierScores(figure, this.table.values(figure), groups.values(), scores);
    this.#outliers.set(key, scores);
    return scores;
  }
}

const OUT = new Uint8Array(BLOCK);
const NUMBER = new Float64Array(1);

interface Silence extends Subject {
  readonly since: number;
  readonly sentence?: string;
}

function silentUnit(unit: UnitKey, since: number, hosts: number): Silence {
  const sentence = `${unit}: all ${hosts} hosts fell silent at once`;
  return { subject: `u${unit}`, units: [unit], labels: unitLabels(unit), words: unit, since, sentence };
}

function deafUnits(deaf: readonly (readonly [unit: UnitKey, since: number])[]): Silence {
  const units = deaf.map(([unit]) => unit);
  const since = Math.min(...deaf.map(([, one]) => one));
  const named = units.length <= 3 ? units.join(", ") : `${units.length} units`;
  const sentence = `no connection with the broker of ${named}: nothing is known of its hosts`;
  return {
    subject: "broker",
    units,
    labels: units.length === 1 ? unitLabels(units[0]) : {},
    words: "broker",
    since,
    sentence,
  };
}
