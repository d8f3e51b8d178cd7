import type { Basis, Side } from "./compare_api.ts";
import { HOST_COLUMNS, TASK_COLUMNS } from "./compare_words.ts";
import type { Choice } from "./controls.ts";

/** What one of two sides is: a task and a host by their numbers, the others by their names. */
export type SubjectKind = "task" | "host" | "target" | "version" | "unit" | "all";

/** A comparison that can be asked for: what the sides are, and whether they are two, or one at two times. */
export interface CompareKind {
  readonly subject: SubjectKind;
  readonly isTwo: boolean;
  readonly title: string;
}

/** Comparisons to choose from, by the word that stands for each in an address. */
export const COMPARE_KINDS: Readonly<Record<string, CompareKind>> = {
  all: { subject: "all", isTwo: false, title: "everything" },
  "task-now": { subject: "task", isTwo: false, title: "a task" },
  "host-now": { subject: "host", isTwo: false, title: "a host" },
  "target-now": { subject: "target", isTwo: false, title: "a target" },
  tasks: { subject: "task", isTwo: true, title: "two tasks" },
  hosts: { subject: "host", isTwo: true, title: "two hosts" },
  targets: { subject: "target", isTwo: true, title: "two targets" },
  versions: { subject: "version", isTwo: true, title: "two versions" },
  units: { subject: "unit", isTwo: true, title: "two channels" },
};

/** How long the periods are, in hours. */
export const LENGTHS: readonly Choice[] = [
  ["1", "an hour"],
  ["6", "6 hours"],
  ["24", "a day"],
  ["168", "a week"],
  ["720", "30 days"],
];
/** How long before the other the first period is, in hours; 0: just before. */
export const SHIFTS: readonly Choice[] = [
  ["0", "the time just before"],
  ["24", "the same time a day before"],
  ["168", "the same time a week before"],
  ["720", "the same time 30 days before"],
];
/** What one value is. */
export const BASES: readonly Choice[] = [
  ["tasks", "by task"],
  ["runs", "by run"],
  ["moments", "by five minutes"],
];

/** What is to be compared. */
export interface CompareQuestion {
  readonly kind: string;
  readonly first: string;
  /** Of one at two times: empty. */
  readonly second: string;
  readonly hours: number;
  readonly shift: number;
  /** When the later period ends, ms since 1970; null: now. */
  readonly until: number | null;
  readonly basis: Basis;
}

/** What an address says after its first part; what it leaves out is everything, an hour with the hour before. */
export function readQuestion(parts: readonly string[]): CompareQuestion {
  const [kind = "", first = "", second = "", hours, shift, until, basis] = parts;
  const isKnown = Object.hasOwn(COMPARE_KINDS, kind);
  const isOf = (all: readonly Choice[], word = "") => all.some(([value]) => value === word);
  const question = {
    kind: isKnown ? kind : "all",
    first,
    second,
    hours: isOf(LENGTHS, hours) ? Number(hours) : 1,
    shift: isOf(SHIFTS, shift) ? Number(shift) : 0,
    until: /^\d{12,14}$/.test(until ?? "") ? Number(until) : null,
  };
  const told = BASES.find(([value]) => value === basis)?.[0] as Basis | undefined;
  return { ...question, basis: told ?? basisOf(COMPARE_KINDS[question.kind].subject) };
}

/** Where a comparison is. */
export function compareLink(question: Partial<CompareQuestion> & { readonly kind: string }): string {
  const { kind, first = "", second = "", hours = 1, shift = 0, until = null, basis = "" } = question;
  const parts = [kind, first, second, String(hours), String(shift), String(until ?? ""), basis];
  return `#/compare/${parts.map(encodeURIComponent).join("/")}`;
}

/** What one value is best: of a task or host alone there is but one, unless time is cut. */
export function basisOf(subject: SubjectKind): Basis {
  return subject === "task" || subject === "host" ? "moments" : "tasks";
}

/** The two sides, the earlier or first one first; null as long as something is not said. */
export function sidesOf(question: CompareQuestion, now: number): readonly [Side, Side] | null {
  const { subject, isTwo } = COMPARE_KINDS[question.kind];
  const [first, second] = [question.first, isTwo ? question.second : question.first]
    .map((name) => selectionOf(subject, name));
  if (!first || !second) return null;
  const until = question.until ?? now;
  const from = until - question.hours * 3_600_000;
  if (isTwo) return [{ ...first, from, until }, { ...second, from, until }];
  const shift = shiftMs(question);
  return [{ ...first, from: from - shift, until: until - shift }, { ...second, from, until }];
}

/** How long before the other the first period is, in ms. */
export function shiftMs({ shift, hours }: CompareQuestion): number {
  return (shift || hours) * 3_600_000;
}

/** What can be compared of the sides. */
export function columnsOf({ kind, basis }: CompareQuestion): readonly string[] {
  if (COMPARE_KINDS[kind].subject === "host") return HOST_COLUMNS;
  // What a percentage has been is a question of time; runs tell totals.
  return basis === "runs" ? TASK_COLUMNS : TASK_COLUMNS.filter((name) => name !== "cpu_seconds");
}

function selectionOf(subject: SubjectKind, name: string): Omit<Side, "from" | "until"> | null {
  if (subject === "all") return {};
  if (name === "") return null;
  switch (subject) {
    case "task":
      return { tasks: [Number(name)] };
    case "host":
      return { agents: [Number(name)], of: "hosts" };
    default:
      return { [subject]: name };
  }
}
