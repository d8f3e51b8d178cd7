import { EXIT, ProctorError } from "../core/error.ts";
import { VERSION } from "../core/schema/version.ts";
import { askIfClosed, exitCodeOf, printOut, say, sayError } from "../io/terminal/output.ts";
import { wasClosedAtStart } from "../platform/mod.ts";
import { joinedWords } from "./options/joined_words.ts";
import type { VerbTable } from "./options/option_table.ts";
import { readPlainWords } from "./options/plain_words.ts";

/** Verbs that never run a command say misuse as diff(1) and grep(1) do: 1 is a finding of theirs. */
const MISUSE_EXIT: Readonly<Record<string, number>> = { compare: 2, top: 2 };

/** Run the command line and give the exit code; whatever goes wrong is told in one line. */
export async function main(argv: readonly string[]): Promise<number> {
  askIfClosed(() => wasClosedAtStart(1));
  const misuse = Object.hasOwn(MISUSE_EXIT, argv[0] ?? "") ? MISUSE_EXIT[argv[0]] : EXIT.proctorFailed;
  try {
    if (asksForVersion(argv)) {
      printOut(`${VERSION}\n`);
      return exitCodeOf(0, misuse);
    }
    const [name = "", ...args] = argv;
    const verb = Object.hasOwn(TABLED, name) ? await TABLED[name]() : undefined;
    const words = verb ? joinedWords(verb, args) : args;
    const read = verb && readPlainWords(verb, words);
    if (read) return exitCodeOf(await verb.run(read.words, read.flags as never), misuse);
    const { runProgram } = await import("./program.ts");
    return await runProgram(verb ? [name, ...words] : argv, misuse);
  } catch (error) {
    if (error instanceof ProctorError) {
      sayError(error);
      return error.kind === "usage" ? misuse : error.exitCode;
    }
    const { stack } = error as Error;
    say(`internal error, please report it: ${process.env.PROCTOR_DEBUG ? stack : String(error)}`);
    return EXIT.proctorFailed;
  }
}

/** Whether it is the version that is wanted, whatever stands behind: it needs nothing of the rest. */
function asksForVersion([word]: readonly string[]): boolean {
  return word === "-V" || word === "-v" || word === "--version" || word === "version";
}

/** Verbs that are to start soon, by their tables. */
const TABLED: Readonly<Record<string, () => Promise<VerbTable<never>>>> = {
  run: async () => (await import("./run/run.ts")).RUN,
  attach: async () => (await import("./run/attach.ts")).ATTACH,
  "reap-group": async () => (await import("./reap.ts")).REAPER,
};
