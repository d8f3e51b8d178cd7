/** Names of metrics that a watched program tells: as it says them, and as they stand in records. */

/** What every name in a record begins with. */
export const PREFIX = "app_";
/** Longer names are refused. */
export const LONGEST_NAME = 100;

/**
 * A name as records have it, but for the prefix: lower case, digits and single underscores. Empty where nothing of it
 * is left.
 */
export function safeName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_|_$/g, "");
}

/** Which names are taken: `queue*,http_*`, where `*` stands for any characters, none included. */
export class NamePatterns {
  readonly #whole = new Set<string>();
  readonly #parts: (readonly string[])[] = [];

  /** @param patterns see {@link patternFault} for those that are right */
  constructor(patterns: readonly string[]) {
    for (const pattern of patterns) {
      const parts = safePattern(pattern).split(/\*+/);
      if (parts.length === 1) this.#whole.add(parts[0]);
      else this.#parts.push(parts);
    }
  }

  /** Whether a safe name is among them. */
  takes(name: string): boolean {
    return this.#whole.has(name) || this.#parts.some((parts) => matches(parts, name));
  }
}

/** What is wrong with a pattern; null when nothing is. */
export function patternFault(pattern: string): string | null {
  if (pattern.length > LONGEST_NAME) return `it is longer than ${LONGEST_NAME} characters`;
  return /[A-Za-z0-9*]/.test(pattern) ? null : "no name is like it; write names, with * for any characters";
}

/** As the program says it, or as records do; `http.*` is `http_*`. */
function safePattern(pattern: string): string {
  return pattern.toLowerCase().replace(/[^a-z0-9*]+/g, "_").replace(/^_|_$/g, "").replace(/^app_(?=.)/, "");
}

/** No regular expression: each part is looked for once, from left to right, which suffices for stars alone. */
function matches(parts: readonly string[], name: string): boolean {
  const last = parts.length - 1;
  if (!name.startsWith(parts[0]) || !name.endsWith(parts[last])) return false;
  let at = parts[0].length;
  for (const part of parts.slice(1, last)) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - parts[last].length;
}
