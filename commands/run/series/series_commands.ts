import { usageError } from "../../../core/error.ts";
import { shellWords } from "../../../core/shell_words.ts";
import type { PlannedCommand } from "../../../monitor/series/series.ts";
import { combinations, filledIn, MOST_COMMANDS, parametersOf } from "./parameters.ts";
import type { SeriesFlags } from "./series_options.ts";

/** One command of a series, with all that belongs to it. */
export interface SeriesCommand extends PlannedCommand {
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * The commands that a series is of: each that was given, with every combination of the parameters.
 *
 * @param words the command behind the options; empty where --command gives them
 * @param raw the same as bytes
 * @throws ProctorError of kind `usage`
 */
export function seriesCommands(
  words: readonly string[],
  raw: readonly Uint8Array[],
  flags: SeriesFlags,
): SeriesCommand[] {
  const given = flags.command?.map((text) => wordsOf("--command", text)) ?? [words];
  const { setup = [], prepare = [], cleanup = [] } = flags;
  const helpers = {
    setup: helpersOf("--setup", setup, given.length),
    prepare: helpersOf("--prepare", prepare, given.length),
    cleanup: helpersOf("--cleanup", cleanup, given.length),
  };
  const parameters = parametersOf(
    flags.parameterList ?? [],
    flags.parameterScan ?? [],
    flags.parameterStepSize,
  );
  const count = parameters.reduce((product, { values }) => product * values.length, given.length);
  if (count > MOST_COMMANDS) {
    throw usageError(`${count} commands are too many, and ${MOST_COMMANDS} is the most; give fewer values`);
  }
  const texts = [...given, ...helpers.setup, ...helpers.prepare, ...helpers.cleanup].flat();
  const unused = parameters.find(({ name }) => !texts.some((text) => text.includes(`{${name}}`)));
  if (unused) {
    throw usageError(
      `parameter ${unused.name}: no command has {${unused.name}} in it, so that all would be alike`,
    );
  }
  const all = given.flatMap((command, index) =>
    combinations(parameters).map((values): SeriesCommand => {
      const fill = (list: readonly string[] | undefined) => list?.map((word) => filledIn(word, values));
      const filled = fill(command)!;
      const isAsGiven = flags.command === undefined && parameters.length === 0;
      return {
        label: filled.join(" "),
        words: isAsGiven ? raw : filled,
        parameters: values,
        setup: fill(helpers.setup[index]),
        prepare: fill(helpers.prepare[index]),
        cleanup: fill(helpers.cleanup[index]),
      };
    })
  );
  return labelled(all, given.length, flags.commandName ?? []);
}

/** The words of a text, without a shell; what only a shell could do is refused. */
function wordsOf(option: string, text: string): string[] {
  const words = shellWords([{ text }]);
  if ("why" in words) {
    throw usageError(
      `${option}: ${words.why}, and none is started; quote it, or write sh -c '...' around it`,
    );
  }
  if (words.length === 0) throw usageError(`${option}: it is empty; its first word is the program`);
  return words.map((word) => word.text);
}

/** Of each command its own, or the one of all. */
function helpersOf(option: string, texts: readonly string[], count: number): readonly string[][] {
  if (texts.length > 1 && texts.length !== count) {
    throw usageError(
      `${option}: there are ${texts.length} for ${count} ${count === 1 ? "command" : "commands"}; ` +
        "give one for all, or one for each",
    );
  }
  const all = texts.map((text) => wordsOf(option, text));
  return all.length === 1 ? Array.from({ length: count }, () => all[0]) : all;
}

/**
 * With the names that were given: one for each command, or one for each value of it, too. Of labels that are alike the
 * place among them is part.
 */
function labelled(
  commands: readonly SeriesCommand[],
  givenCount: number,
  names: readonly string[],
): SeriesCommand[] {
  if (names.length > commands.length) {
    throw usageError(
      `--command-name: there are ${names.length} names for ${commands.length} ` +
        (commands.length === 1 ? "command" : "commands"),
    );
  }
  const valueCount = names.length > givenCount ? 1 : commands.length / givenCount;
  const labels = commands.map(({ label, parameters }, index) =>
    filledIn(names[Math.floor(index / valueCount)] ?? label, parameters)
  );
  return commands.map((command, index) => {
    const before = labels.slice(0, index).filter((label) => label === labels[index]).length;
    return { ...command, label: before === 0 ? labels[index] : `${labels[index]} (${before + 1})` };
  });
}
