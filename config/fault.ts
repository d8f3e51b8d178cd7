import { printable } from "../core/printable.ts";

/** A place in a file; lines and columns begin with 1. */
export interface Place {
  /** The file as it was named. */
  readonly file: string;
  /** From 1; 0 where the fault concerns the whole file. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
}

/** One thing that is wrong with a configuration. */
export interface Fault {
  /** Where it is. */
  readonly at: Place;
  /** The key in canonical form, such as `managed_processes.0.id`; empty where there is none. */
  readonly key: string;
  /** What is wrong, and what would be right. */
  readonly message: string;
}

/** A fault in one line: `proctor.yaml:3:9: managed_processes.0.typo: …`. */
export function faultLine({ at, key, message }: Fault): string {
  const place = at.line > 0 ? `${at.file}:${at.line}:${at.column}` : at.file;
  return printable(`${place}: ${key === "" ? "" : `${key}: `}${message}`);
}

/** More faults than this are one fault that was made many times. */
export const MOST_FAULTS = 200;

/** The first faults by their places in each file; where there are more, it is said. */
export function firstFaults(faults: readonly Fault[]): Fault[] {
  const sorted = faults.toSorted(byPlace);
  if (sorted.length < MOST_FAULTS) return sorted;
  const at = { file: sorted[0].at.file, line: 0, column: 0 };
  return [...sorted.slice(0, MOST_FAULTS), { at, key: "", message: "there may be more faults" }];
}

/** Leave out faults from a place in the list on that were told before. @param told the lines of those that were */
export function dropRepeated(faults: Fault[], from: number, told: Set<string>): void {
  for (const fault of faults.splice(from)) {
    const line = faultLine(fault);
    if (!told.has(line)) faults.push(fault);
    told.add(line);
  }
}

function byPlace(a: Fault, b: Fault): number {
  return a.at.file === b.at.file ? a.at.line - b.at.line || a.at.column - b.at.column : 0;
}

/** All faults of a configuration; nothing of it is in force. */
export class ConfigError extends Error {
  /** `ConfigError`. */
  override readonly name = "ConfigError";
  /** An error that holds all faults that were found. */
  constructor(readonly faults: readonly Fault[]) {
    super(faults.map(faultLine).join("\n"));
  }

  /** One line each. */
  get lines(): string[] {
    return this.faults.map(faultLine);
  }
}
