import { isPattern, partExpression } from "../config/matching_files.ts";

/** Which paths are meant by some patterns, relative to a directory, with `/` between names. */
export class PathPatterns {
  readonly #all: readonly (readonly (RegExp | "**")[])[];

  /** @param patterns `*`, `?` and `[…]` within a name, `**` for any directories; a directory means all beneath it */
  constructor(patterns: readonly string[]) {
    this.#all = patterns.map((pattern) =>
      partsOf(pattern).map((part) => part === "**" ? part : partExpression(part))
    );
  }

  /** Whether a path is meant: by itself, or since what it is in is. Names that begin with a dot are to be named. */
  has(path: string): boolean {
    const parts = partsOf(path);
    return this.#all.some((pattern) => matches(pattern, parts, 0, 0));
  }

  /** Whether a path is meant, or something beneath it may be, as a pattern names all that leads to it. */
  leadsThrough(path: string): boolean {
    const parts = partsOf(path);
    return this.#all.some((pattern) => matches(pattern, parts, 0, 0, true));
  }
}

/** The directory that all is in which a pattern can mean: the part before its first `*`, `?` or `[`. */
export function rootOf(pattern: string): string {
  const parts = partsOf(pattern);
  const first = parts.findIndex(isPattern);
  return first < 0 ? parts.join("/") : parts.slice(0, first).join("/");
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function matches(
  pattern: readonly (RegExp | "**")[],
  parts: readonly string[],
  p: number,
  at: number,
  isBeginningEnough = false,
): boolean {
  if (p === pattern.length) return parts.slice(at).every((part) => !part.startsWith("."));
  if (at === parts.length) return isBeginningEnough || pattern.slice(p).every((one) => one === "**");
  const one = pattern[p];
  const goOn = (nextP: number, nextAt: number) => matches(pattern, parts, nextP, nextAt, isBeginningEnough);
  if (one !== "**") return one.test(parts[at]) && goOn(p + 1, at + 1);
  return goOn(p + 1, at) || (!parts[at].startsWith(".") && goOn(p, at + 1));
}
