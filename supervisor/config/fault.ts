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

/** Why a file of a configuration cannot be read. */
export function whyUnread(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file";
  return code === "EISDIR" ? "it is a directory; name a file" : `it cannot be read (${code})`;
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
