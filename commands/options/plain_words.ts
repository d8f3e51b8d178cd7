import type { OptionRow, VerbTable } from "./option_table.ts";

/** What a command line comes to: the values of its arguments, and those of all options. */
export interface PlainWords {
  readonly words: readonly unknown[];
  readonly flags: Readonly<Record<string, unknown>>;
}

/**
 * Read the words after a verb, as commander would. What is not plain is left to it: help, faults, options in one word.
 * Parsing has no effects, so that it can begin anew.
 *
 * @returns undefined where commander is to read them
 */
export function readPlainWords<Flags>(
  verb: VerbTable<Flags>,
  args: readonly string[],
): PlainWords | undefined {
  const flags = defaults(verb.options);
  const words: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at];
    if (arg === "--") {
      words.push(...args.slice(at + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      if (verb.passesThrough) {
        words.push(...args.slice(at));
        break;
      }
      words.push(arg);
      continue;
    }
    const equals = arg.startsWith("--") ? arg.indexOf("=") : -1;
    const option = optionOf(verb.options, equals < 0 ? arg : arg.slice(0, equals));
    if (!option || (equals >= 0 && !takesValue(option))) return undefined;
    const name = nameOf(option);
    if (!takesValue(option)) flags[name] = !negates(option);
    else {
      const text = equals >= 0 ? arg.slice(equals + 1) : args[++at];
      if (text === undefined) return undefined;
      const value = valueOf(option, text, flags[name]);
      if (value === undefined) return undefined;
      flags[name] = value.value;
    }
  }
  const values = argumentsOf(verb, words);
  return values && { words: values, flags };
}

/*
 * Each row is looked at when it is wanted, and by its text alone: to make something of all of them first, by regular
 * expressions, would take half a millisecond of every start.
 */

const takesValue = ({ flags }: OptionRow) => flags.endsWith(">");
const negates = ({ flags }: OptionRow) => flags.startsWith("--no-");

/** `--max-interval` of `--max-interval <duration>`, `--quiet` of `-q, --quiet`. */
function longOf({ flags }: OptionRow): string {
  const begin = flags.indexOf("--");
  const end = flags.indexOf(" ", begin);
  return flags.slice(begin, end < 0 ? undefined : end);
}

function optionOf(rows: readonly OptionRow[], word: string): OptionRow | undefined {
  return rows.find((row) => longOf(row) === word || (word.length === 2 && row.flags.startsWith(`${word}, `)));
}

/** As the value of an option is called: `maxInterval`; `color` of `--no-color`. */
function nameOf(row: OptionRow): string {
  if (row.sharedName !== undefined) return row.sharedName;
  const words = longOf(row).slice(negates(row) ? 5 : 2).split("-");
  return words.map((word, index) => index === 0 ? word : word[0].toUpperCase() + word.slice(1)).join("");
}

function defaults(rows: readonly OptionRow[]): Record<string, unknown> {
  const flags: Record<string, unknown> = {};
  for (const row of rows) {
    // What can only be negated is so until it is.
    if (row.default !== undefined || negates(row)) flags[nameOf(row)] = row.default ?? true;
  }
  return flags;
}

function valueOf(
  { choices, parse }: OptionRow,
  text: string,
  before: unknown,
): { readonly value: unknown } | undefined {
  if (choices && !choices.includes(text)) return undefined;
  try {
    return { value: parse ? parse(text, before as never) : text };
  } catch {
    return undefined; // Commander comes to the same, and says which option it was.
  }
}

/** The words as the values of the arguments; undefined where one is missing or too much. */
function argumentsOf<Flags>(verb: VerbTable<Flags>, words: readonly string[]): unknown[] | undefined {
  const values: unknown[] = [];
  let taken = 0;
  for (const { name, parse } of verb.arguments) {
    if (name.endsWith("...]")) {
      values.push(words.slice(taken));
      taken = Math.max(taken, words.length);
      continue;
    }
    const word = words[taken++];
    if (word === undefined) return undefined;
    try {
      values.push(parse ? parse(word) : word);
    } catch {
      return undefined;
    }
  }
  return taken < words.length ? undefined : values;
}
