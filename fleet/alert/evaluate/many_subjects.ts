import { unitLabels } from "../rules/labels.ts";
import type { UnitKey } from "../../model/unit.ts";
import type { FleetView } from "../../model/view.ts";
import type { AlertState } from "./alert_state.ts";
import { FALSE, TRUE, UNKNOWN } from "./compile.ts";
import { conditionOfMany, numberOfMany } from "./many.ts";
import type { Many } from "./many.ts";
import type { PresenceWatch } from "./presence.ts";
import { isUnitOf } from "./rule_program.ts";
import type { RuleProgram } from "./rule_program.ts";
import { deafUnits, silentUnit } from "./subject.ts";
import type { ManySubject } from "./subject.ts";
import type { FigureTable } from "./table.ts";

/** What a rule about many is evaluated of, by the subject of its alerts. */
export interface ManySubjects {
  readonly subjects: ReadonlyMap<string, ManySubject>;
  /** What the condition says, or `until` where the alert fires. */
  readonly condition: (subject: string, state: AlertState | null) => number;
  /** What the summary tells; NaN where it is not known. */
  readonly value: (subject: string) => number;
}

/** Finds units, the fleet and the broker that rules tell of. */
export class ManyFinder {
  constructor(readonly view: FleetView, readonly table: FigureTable, readonly presence: PresenceWatch) {}

  /** The subjects of a rule about units or the fleet. */
  of(program: RuleProgram, now: number): ManySubjects {
    const { rule, usesAbsence } = program;
    const subjects = new Map<string, ManySubject>();
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
        since: now,
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
      const subject: ManySubject = gone
        ? silentUnit(unit, gone.since, gone.hosts)
        : { subject: key, units: [unit], labels, words: unit, since: now };
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
    return { subjects, condition, value };
  }

  /** Units of a rule about hosts that are silent as a whole, and the broker where it is away. */
  silent({ members }: RuleProgram): Map<string, ManySubject> {
    const found = new Map<string, ManySubject>();
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
}
