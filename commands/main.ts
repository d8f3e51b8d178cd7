import { Command, CommanderError } from "commander";
import { EXIT, ProctorError } from "../core/error.ts";
import { nearest } from "../core/nearest.ts";
import { printable } from "../core/text.ts";
import { VERSION } from "../core/version.ts";
import { printError, printOut, say, sayError } from "./output.ts";
import { REAP, reapCommand } from "./reap.ts";

const EXAMPLES = `
Examples:
  proctor run -- make -j4                        what the build cost
  proctor run --records run.jsonl -- npm ci      the same, with a sample every 100 ms to 1 s
  proctor run --timeout 10m --summary json -- ./test.sh
  proctor attach 4711 --duration 30s             watch what already runs
  proctor watch --name nginx --interval 5s       and what comes and goes
  proctor supervise --config proctor.yaml        keep services running
  proctor top                                    watch all processes, live
  proctor compare before.jsonl after.jsonl       what differs between runs, and what is noise
  proctor report run.jsonl -o run.html           pictures of its course
  proctor host --watch 2s                        how the machine is, again and again
  proctor doctor                                 what this machine allows

proctor help VERB, or proctor VERB --help, tells all of a verb.

Exit codes of run: the command's own; 128+N when signal N ended it; 124 on timeout; 125 when proctor
was misused or failed; 126 when the command cannot be executed; 127 when there is no such command.
`;

/** Run the command line and give the exit code; whatever goes wrong is told in one line. */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const misuse = MISUSE_EXIT[argv[0]] ?? EXIT.proctorFailed;
  const end = (code: number) => {
    exitCode = code;
  };
  // As most programs have it: the help of a verb, or of all.
  const words = argv[0] === "help" ? helpOf(argv.slice(1)) : [...argv];
  const program = await buildProgram(end, words[0]);
  try {
    if (words.length === 0) program.help({ error: true });
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : misuse;
    if (error instanceof ProctorError) {
      sayError(error);
      return error.kind === "usage" ? misuse : error.exitCode;
    }
    const { stack } = error as Error;
    say(`internal error, please report it: ${process.env.PROCTOR_DEBUG ? stack : String(error)}`);
    return EXIT.proctorFailed;
  }
}

/** Verbs that never run a command say misuse as diff(1) and grep(1) do: 1 is a finding of theirs. */
const MISUSE_EXIT: Readonly<Record<string, number>> = { compare: 2, top: 2 };

type Verb = (end: (exitCode: number) => void) => Command;

/** Every verb, in the order of the help; each is loaded only where it is wanted, so that a command starts soon. */
const VERBS: Readonly<Record<string, () => Promise<Verb>>> = {
  run: async () => (await import("./run.ts")).runCommand,
  attach: async () => (await import("./attach.ts")).attachCommand,
  watch: async () => (await import("./watch.ts")).watchCommand,
  top: async () => (await import("./top.ts")).topCommand,
  compare: async () => (await import("./compare.ts")).compareCommand,
  report: async () => (await import("./report.ts")).reportCommand,
  plot: async () => (await import("./plot.ts")).plotCommand,
  supervise: async () => (await import("./supervise.ts")).superviseCommand,
  ctl: async () => (await import("./ctl.ts")).ctlCommand,
  host: async () => (await import("./host.ts")).hostCommand,
  sysmon: async () => (await import("./sysmon.ts")).sysmonCommand,
  profiles: async () => (await import("./profiles.ts")).profilesCommand,
  doctor: async () => (await import("./doctor.ts")).doctorCommand,
  schema: async () => (await import("./schema.ts")).schemaCommand,
};

/**
 * The command line: its verbs, their options and their help. Only the verb that is asked for is loaded, where it is
 * one of them.
 */
async function buildProgram(end: (exitCode: number) => void, verb?: string): Promise<Command> {
  const program = new Command("proctor")
    .description("Run a command, watch everything that descends from it, and say exactly what it cost.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void printOut(text),
      writeErr: (text) => void printError(text),
      outputError: (text, write) => write(`proctor: ${printable(reworded(text))}\n`),
    })
    .addHelpText("after", EXAMPLES);
  // Completion has to know all of them.
  const names = verb !== undefined && Object.hasOwn(VERBS, verb) ? [verb] : Object.keys(VERBS);
  for (const name of names) {
    const command = (await VERBS[name]())(end).copyInheritedSettings(program);
    for (const part of command.commands) part.copyInheritedSettings(command);
    program.addCommand(command);
  }
  if (verb === REAP) program.addCommand(reapCommand().copyInheritedSettings(program), { hidden: true });
  if (names.length > 1) {
    const { completionCommand } = await import("./completion.ts");
    program.addCommand(completionCommand(program).copyInheritedSettings(program));
  }
  return program;
}

/** The words that ask for the help of a verb; a verb that there is not is left to be refused. */
function helpOf(verb: readonly string[]): string[] {
  const isThere = verb.length === 0 || verb[0] === "completion" || Object.hasOwn(VERBS, verb[0]);
  return isThere ? [...verb, "--help"] : [verb[0]];
}

function noneOf(cited: string, word: string, words: readonly string[]): string {
  const meant = nearest(word, words);
  return `${cited} is none of ${words.join(", ")}${meant ? `; did you mean "${meant}"?` : ""}`;
}

/** Commander's errors in one line and in our manner: where, what, and what would be right. */
function reworded(text: string): string {
  return text.trim().replace(/^error: /, "").replace(/\n/g, " ")
    .replace(/^option '((?:-\w, )?--[\w-]+)[^']*' argument '(.*)' is invalid\. (.*)$/, '$1: "$2": $3')
    .replace(/^command-argument value '(.*)' is invalid for argument '(\w+)'\. (.*)$/, '$2: "$1": $3')
    .replace(/^(.+?: )("[^"]*"): (?=\2)/, "$1")
    .replace(
      /("([^"]*)"): Allowed choices are (.*)\.$/,
      (_, cited, word, list) => noneOf(cited, word, list.split(", ")),
    )
    .replace(
      /^unknown command '([^']*)'/,
      'there is no verb "$1"; to run a command, write proctor run -- $1',
    );
}
