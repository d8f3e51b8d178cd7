import { METRIC_NAMES } from "../core/measure/metrics.ts";
import { largestOf } from "./range.ts";

type Unknown = Readonly<Record<string, unknown>>;

const NUMBERS = ["interval_seconds", "process_count", ...METRIC_NAMES] as const;
const ROW_NUMBERS = ["parent_pid", ...METRIC_NAMES] as const;
const LONGEST_SHOWN = 60;

/**
 * What is wrong with a record that calls itself a sample; null when nothing is. By hand: there may be millions, and the
 * schema would take ten times as long. Only what is read of it is looked at.
 */
export function checkSample(sample: Unknown): string | null {
  const fault = wrongNumber(sample, "elapsed_seconds", "seconds") ?? firstWrong(sample, NUMBERS);
  if (fault !== null) return fault;
  if (typeof sample.timestamp !== "string") {
    return `timestamp: expected a text, found ${shown(sample.timestamp)}`;
  }
  const { processes, app } = sample;
  if (app !== undefined) {
    const fault = wrongValues(app);
    if (fault !== null) return fault;
  }
  if (processes === undefined) return null;
  if (!Array.isArray(processes)) return `processes: expected rows, found ${shown(processes)}`;
  for (let index = 0; index < processes.length; index++) {
    const wrong = wrongRow(processes[index]);
    if (wrong !== null) return `processes.${index}${wrong}`;
  }
  return null;
}

/** What the program tells of itself: its names are its own, and numbers below zero may be right. */
function wrongValues(app: unknown): string | null {
  if (typeof app !== "object" || app === null || Array.isArray(app)) {
    return `app: expected values by name, found ${shown(app)}`;
  }
  for (const [name, value] of Object.entries(app)) {
    if (value === null) continue;
    if (typeof value !== "number") return `app.${name}: expected a number or null, found ${shown(value)}`;
    if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) return `app.${name}: ${value} is out of range`;
  }
  return null;
}

function wrongRow(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return `: expected a row, found ${shown(value)}`;
  const row = value as Unknown;
  const isText = (name: string) => typeof row[name] === "string";
  const text = ["name", "start_time"].find((name) => !isText(name));
  if (text !== undefined) return `.${text}: expected a text, found ${shown(row[text])}`;
  if (row.command !== null && !isText("command")) {
    return `.command: expected a text or null, found ${shown(row.command)}`;
  }
  const fault = wrongNumber(row, "pid", "a number") ?? wrongNumber(row, "uptime_seconds", "seconds") ??
    firstWrong(row, ROW_NUMBERS);
  return fault === null ? null : `.${fault}`;
}

function firstWrong(of: Unknown, names: readonly string[]): string | null {
  for (const name of names) {
    const fault = wrongNumber(of, name, "a number or null");
    if (fault !== null) return fault;
  }
  return null;
}

function wrongNumber(of: Unknown, name: string, expected: string): string | null {
  const value = of[name];
  if (typeof value === "number") {
    return value >= 0 && value <= largestOf(name) ? null : `${name}: ${value} is out of range`;
  }
  if (expected === "a number or null" && (value === undefined || value === null)) return null;
  return `${name}: expected ${expected}, found ${shown(value)}`;
}

function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
