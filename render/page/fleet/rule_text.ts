/* Parts of a rule as people type them. */

/** A list with commas between; a comma that belongs to a word has a backslash before it. */
export function readList(text: string): string[] {
  return text.split(/(?<!\\),/).map((word) => word.replaceAll("\\,", ",").trim()).filter(Boolean);
}

/** A list as it is typed. */
export function listText(words: readonly string[]): string {
  return words.map((word) => word.replaceAll(",", "\\,")).join(", ");
}

/** What a rule is about: a line for each field or label, `name = pattern, pattern`. */
export function readWhere(text: string): Record<string, string | string[]> {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  return Object.fromEntries(lines.map((line) => {
    const at = line.indexOf("=");
    const [name, patterns] = at < 0 ? [line, ""] : [line.slice(0, at).trim(), line.slice(at + 1)];
    const all = readList(patterns);
    return [name, all.length === 1 ? all[0] : all];
  }));
}

/** The same as it is typed. */
export function whereText(where: Readonly<Record<string, string | readonly string[]>>): string {
  return Object.entries(where).map(([name, patterns]) => `${name} = ${listText([patterns].flat())}`).join(
    "\n",
  );
}

/** The place in a condition that a fault is at, counted from 0; null where it says none. */
export function faultPlace(message: string): number | null {
  const found = /^character (\d+)/.exec(message);
  return found ? Number(found[1]) - 1 : null;
}
