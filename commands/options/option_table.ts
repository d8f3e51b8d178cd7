/*
 * What a verb takes, as a table. Commander is given it for help, for errors and for whatever is not plain
 * (commander_table.ts); a plain line is read by the table alone (plain_words.ts), since commander takes 4 ms to load.
 */

/** An option of a verb. */
export interface OptionRow {
  /** `--interval <duration>`, `-q, --quiet`, `--no-color`; with `<`…`>` a value is needed. */
  readonly flags: string;
  readonly description: string;
  /**
   * Makes a value of the text, and of what the option was before.
   * @throws InvalidValue
   */
  readonly parse?: (text: string, before?: never) => unknown;
  /** The texts that are allowed. */
  readonly choices?: readonly string[];
  /** Its value where it is not given. */
  readonly default?: unknown;
  /** The name of its value, where another option has the same: `propletId` of `--instance`. */
  readonly sharedName?: string;
  /** The heading it stands under in the help. */
  readonly group?: string;
  /** How many words its value may be written in, as in `NAME a,b,c`, instead of one with a sign of equality. */
  readonly wordCount?: number;
}

/** An argument of a verb: `<command>`, `[args...]`. */
export interface ArgumentRow {
  readonly name: string;
  readonly description: string;
  /** @throws InvalidValue */
  readonly parse?: (text: string) => unknown;
}

/** A verb, its options of the type `Flags`. */
export interface VerbTable<Flags> {
  readonly name: string;
  readonly description: string;
  readonly usage?: string;
  readonly arguments: readonly ArgumentRow[];
  /** Whether options end at the first argument, since what follows is a command's own. */
  readonly passesThrough: boolean;
  readonly options: readonly OptionRow[];
  /** What stands below the options in the help. */
  readonly examples: string;
  /** Do it; gives the exit code. */
  run(words: readonly unknown[], flags: Flags): Promise<number>;
}

/** A value of an option or argument that is none; commander knows it by its code, and tells what was wrong with it. */
export class InvalidValue extends Error {
  readonly code = "commander.invalidArgument";
  readonly exitCode = 1;
}
