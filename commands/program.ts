import { Command, CommanderError } from "commander";
import { nearest } from "../core/nearest.ts";
import { printable } from "../core/printable.ts";
import { VERSION } from "../core/schema/version.ts";
import { exitCodeOf, printError, printOut } from "../io/terminal/output.ts";
import { meantByOption } from "./help/other_names.ts";
import { asksBriefly, shapeHelp } from "./help/shape_help.ts";
import { EXIT_CODES, TOPICS } from "./help/topic_names.ts";
import { commandOf } from "./options/commander_table.ts";
import { REAP, REAPER } from "./reap.ts";
import { COMPLETION, VERBS } from "./verbs.ts";
import type { Verb } from "./verbs.ts";

const EXAMPLES = `
Examples:
  proctor run -- make -j4                     what the build cost
  proctor run --records run.jsonl -- npm ci   with samples, 100 ms to 1 s apart
  proctor run --timeout 10m --summary json -- ./test.sh
  proctor attach 4711 --duration 30s          watch what already runs
  proctor watch --name nginx --interval 5s    and what comes and goes
  proctor init && proctor supervise           keep services running
  proctor top                                 watch all processes, live
  proctor compare before.jsonl after.jsonl    what differs, and what is noise
  proctor report run.jsonl -o run.html        pictures of its course
  proctor host --watch 2s                     the machine, every two seconds
  proctor doctor                              what this machine allows

proctor VERB -h is short; proctor VERB --help, or proctor help VERB, shows all.
Topics:
${Object.entries(TOPICS).map(([name, about]) => `  proctor help ${name.padEnd(12)}${about}`).join("\n")}

${EXIT_CODES}`;

/**
 * Run the command line and give the exit code.
 *
 * @param misuse the exit code of a line that makes no sense
 * @throws what a verb throws
 */
export async function runProgram(argv: readonly string[], misuse: number): Promise<number> {
  let exitCode = 0;
  const end = (code: number) => {
    exitCode = code;
  };
  // As most programs have it: the help of a verb, or of all.
  const words = argv[0] === "help" ? helpOf(argv.slice(1)) : [...argv];
  if (argv[0] === "help" && argv.length === 2 && Object.hasOwn(TOPICS, argv[1])) {
    const { topicText } = await import("./help/topics.ts");
    printOut(topicText(argv[1]));
    return exitCodeOf(0, misuse);
  }
  const program = await buildProgram(end, words[0]);
  // Completions are made of what the help of a verb would show: of all of it.
  if (!KNOWING.includes(words[0])) shapeHelp(program, asksBriefly(words));
  try {
    if (words.length === 0) program.help({ error: true });
    await program.parseAsync(words, { from: "user" });
    return exitCodeOf(exitCode, misuse);
  } catch (error) {
    // Help is output, too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodeOf(0, misuse) : misuse;
    throw error;
  }
}

/** Verbs that know all others. */
const KNOWING = ["completion", "complete"];

/**
 * The command line: its verbs, their options and their help.
 * @param word the first of its words: the verb that is asked for is loaded, and where it is none, none is
 */
export async function buildProgram(end: (exitCode: number) => void, word?: string): Promise<Command> {
  const program = new Command("proctor")
    .description("Run a command, watch everything that descends from it, and say exactly what it cost.")
    .version(VERSION, "-V, --version", "print the version; so do -v and version")
    .helpOption("-h, --help", "print help: -h the short one, --help all of it")
    .helpCommand(false)
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void printOut(text),
      writeErr: (text) => void printError(text),
      outputError: (text, write) => write(`proctor: ${printable(reworded(text, word))}\n`),
    })
    .addHelpText("after", EXAMPLES);
  const add = async (name: string) => {
    const command = (await VERBS[name].load())(end).copyInheritedSettings(program);
    command.helpGroup(headingOf(VERBS[name]));
    inherit(command);
    program.addCommand(command);
  };
  if (word !== undefined && Object.hasOwn(VERBS, word)) await add(word);
  else if (word === REAP) {
    program.addCommand(commandOf(REAPER, end).copyInheritedSettings(program), { hidden: true });
  } else if (word === undefined || !mayPrecedeVerb(word)) addOutlines(program);
  else {
    for (const name of Object.keys(VERBS)) await add(name);
    const { completionCommand } = await import("./completion.ts");
    const completion = completionCommand(program).copyInheritedSettings(program);
    program.addCommand(completion.helpGroup(headingOf(COMPLETION)));
  }
  return program;
}

/** What holds for a verb holds for its parts, and for theirs. */
function inherit(command: Command): void {
  for (const part of command.commands) inherit(part.copyInheritedSettings(command));
}

function headingOf({ purpose }: Pick<Verb, "purpose">): string {
  return `${purpose}:`;
}

/** Whether verbs behind a word may be meant; behind a request for help, and a word that is not a verb, none is. */
function mayPrecedeVerb(word: string): boolean {
  return KNOWING.includes(word) || (word.startsWith("-") && !["-h", "--help"].includes(word));
}

/** Verbs that are named and described, and cannot be run. */
function addOutlines(program: Command): void {
  const outlines: Record<string, Omit<Verb, "load">> = { ...VERBS, completion: COMPLETION };
  for (const [name, outline] of Object.entries(outlines)) {
    const command = new Command(name).description(outline.description).helpGroup(headingOf(outline));
    program.addCommand(command.copyInheritedSettings(program));
  }
  program.configureHelp({ subcommandTerm: (verb) => `${verb.name()} ${outlines[verb.name()].words}` });
}

/** The words that ask for the help of a verb; a verb that there is not is left to be refused. */
function helpOf(verb: readonly string[]): string[] {
  if (verb[0] === "help") return ["--help"];
  const isThere = verb.length === 0 || verb[0] === "completion" || Object.hasOwn(VERBS, verb[0]);
  return isThere ? [...verb, "--help"] : [verb[0]];
}

function noneOf(cited: string, word: string, words: readonly string[]): string {
  const meant = nearest(word, words);
  return `${cited} is none of ${words.join(", ")}${meant ? `; did you mean "${meant}"?` : ""}`;
}

/** Commander's errors in one line and in our manner: where, what, and what would be right for the verb. */
function reworded(text: string, verb: string | undefined): string {
  return text.trim().replace(/^error: /, "").replace(/\n/g, " ")
    .replace(/^option '((?:-\w, )?--[\w-]+)[^']*' argument '(.*)' is invalid\. (.*)$/, '$1: "$2": $3')
    .replace(/^command-argument value '(.*)' is invalid for argument '(\w+)'\. (.*)$/, '$2: "$1": $3')
    .replace(/^(.+?: )("[^"]*"): (?=\2)/, "$1")
    .replace(
      /^(missing required argument '.*'|required option '.*' not specified)$/,
      "$1; --help has an example",
    )
    .replace(
      /("([^"]*)"): Allowed choices are (.*)\.$/,
      (_, cited, word, list) => noneOf(cited, word, list.split(", ")),
    )
    .replace(/^unknown option '([^'=]*)[^']*'(?: \(Did you mean .*\))?$/, (whole, option) => {
      const meant = meantByOption(verb, option);
      return meant ? `unknown option '${option}'; ${meant}` : whole;
    })
    .replace(
      /^unknown command '([^']*)'/,
      'there is no verb "$1"; to run a command, write proctor run -- $1',
    );
}
