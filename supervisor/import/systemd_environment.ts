import { environmentOf } from "./imported.ts";
import type { ImportedProcess } from "./imported.ts";
import { systemdAssignments } from "./systemd_words.ts";

/** What systemd puts a fact of the unit or the machine in for; `%%` is a plain sign. */
export const SPECIFIER = /(?<!%)(?:%%)*%[a-zA-Z]/;
/** Why there is a note on one. */
export const NOT_PUT_IN = "specifiers such as %i are not put in";

/** A name, and a text without control characters but tabs and newlines. */
// deno-lint-ignore no-control-regex
const ASSIGNMENT = /^[A-Za-z_]\w*=[^\x00-\x08\x0b-\x1f\x7f]*$/;

/** The variables of `Environment=` lines (systemd.exec(5)), with a note on what systemd ignores or puts in. */
export function environment(
  lines: readonly string[],
  one: ImportedProcess,
): Record<string, string> | undefined {
  const pairs = lines.flatMap((line) => {
    const { words, why } = systemdAssignments(line);
    if (why !== null) one.note("Environment", line, `${why}; systemd ignores all from there on, too`);
    if (SPECIFIER.test(line)) one.note("Environment", line, NOT_PUT_IN);
    for (const word of words.filter((word) => !ASSIGNMENT.test(word))) {
      one.note("Environment", word, "it is not an assignment; systemd ignores it, too");
    }
    return words.filter((word) => ASSIGNMENT.test(word));
  });
  return environmentOf(pairs, one);
}
