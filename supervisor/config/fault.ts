import { printable } from "../../core/text.ts";

/** A place in a file; lines and columns begin with 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong with a configuration. */
export interface Fault {
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

/** All faults of a configuration; nothing of it is in force. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(readonly faults: readonly Fault[]) {
    super(faults.map(faultLine).join("\n"));
  }

  /** One line each. */
  get lines(): string[] {
    return this.faults.map(faultLine);
  }
}

/** The word among some that was meant, if one is near; null else. */
export function nearest(word: string, words: readonly string[]): string | null {
  const near = words.map((other) => ({ other, distance: distance(word.toLowerCase(), other) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return near && near.distance <= Math.max(1, Math.floor(word.length / 3)) ? near.other : null;
}

/** Letters to insert, leave out, replace, or swap with their neighbour. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = rows[i - 1];
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + cost));
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) next[j] = Math.min(next[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(next);
  }
  return rows[a.length][b.length];
}
