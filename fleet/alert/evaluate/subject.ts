import { unitLabels } from "../rules/labels.ts";
import type { Labels } from "../rules/labels.ts";
import type { UnitKey } from "../../model/unit.ts";

/** What a rule would tell of, before it has begun. */
export interface Subject {
  readonly subject: string;
  readonly units: readonly UnitKey[];
  readonly labels: Labels;
  /** In words. */
  readonly words: string;
}

/** The same of many hosts at once, with the words that only silence has. */
export interface ManySubject extends Subject {
  readonly since: number;
  /** What is told in place of the rule's summary. */
  readonly sentence?: string;
}

/** A unit of which every host fell silent at once. */
export function silentUnit(unit: UnitKey, since: number, hosts: number): ManySubject {
  const sentence = `${unit}: all ${hosts} hosts fell silent at once`;
  return { subject: `u${unit}`, units: [unit], labels: unitLabels(unit), words: unit, since, sentence };
}

/** Units whose broker is away. */
export function deafUnits(deaf: readonly (readonly [unit: UnitKey, since: number])[]): ManySubject {
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
