import type { OptionRow, VerbTable } from "./option_table.ts";

/**
 * The words after a verb, values that are written in several words made one: `NAME a,b` becomes `NAME=a,b`, and
 * `NAME 1 8` becomes `NAME=1..8`. Other programs have it so, and commander knows no such option.
 */
export function joinedWords<Flags>(verb: VerbTable<Flags>, args: readonly string[]): readonly string[] {
  const rows = verb.options.filter(({ wordCount }) => wordCount !== undefined);
  if (rows.length === 0 || !args.some((word) => rows.some((row) => isOf(row, word)))) return args;
  const joined: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at];
    if (word === "--" || (verb.passesThrough && !word.startsWith("-"))) return [...joined, ...args.slice(at)];
    joined.push(word);
    const option = verb.options.find((row) => isOf(row, word));
    if (!option?.flags.endsWith(">") || at + 1 === args.length) continue;
    const value = args[++at];
    const more = value.includes("=") ? [] : args.slice(at + 1, at + (option.wordCount ?? 1));
    at += more.length;
    joined.push(more.length === 0 ? value : `${value}=${more.join("..")}`);
  }
  return joined;
}

/** Whether a word is the option itself. */
function isOf({ flags }: OptionRow, word: string): boolean {
  return flags.split(/, | </).includes(word);
}
