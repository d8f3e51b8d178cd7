import { usageError } from "../../../core/error.ts";

/** CreateProcessW takes so many units of UTF-16, the zero at the end among them. */
export const LONGEST_COMMAND_LINE = 32_767;

const NEEDS_QUOTES = /[\s"]/;

/**
 * Programs on Windows get their arguments as one line, and take it apart by the rules of CommandLineToArgvW and the C
 * runtime: a line from which they get these.
 * @throws ProctorError of kind `usage` when no such line can be written
 */
export function commandLine(args: readonly string[]): string {
  const [program = "", ...rest] = args;
  return checked([quotedProgram(program), ...rest.map(quoted)].join(" "));
}

/**
 * A line by which cmd.exe runs a batch file. It expands variables wherever they stand, so that what looks like one
 * cannot be handed over unharmed; and a line break ends the command.
 * @throws ProctorError of kind `usage` when an argument cannot be handed over, or all are too long
 */
export function batchCommandLine(file: string, args: readonly string[]): string {
  for (const word of [file, ...args]) {
    const bad = /[%\r\n]/.exec(word)?.[0];
    if (bad === undefined) continue;
    const what = bad === "%" ? "a percent sign" : "a line break";
    throw usageError(
      `command: ${
        JSON.stringify(word)
      } holds ${what}, which cmd.exe would not pass on to the batch file ${file} as it is`,
    );
  }
  const words = [`"${file}"`, ...args.map(quotedForCmd)];
  // With /s it takes the outermost quotes off, and nothing else: what is inside stands in quotes of its own.
  return checked(`cmd.exe /d /e:ON /v:OFF /s /c "${words.join(" ")}"`);
}

/** The arguments in a line, as a program takes it apart. */
export function splitCommandLine(line: string): string[] {
  const program = /^"([^"]*)"?|^[^ \t]*/.exec(line)!;
  const args = [program[1] ?? program[0]];
  let at = program[0].length;
  // What follows the closing quote of the program without a blank belongs to nothing else than the next argument.
  for (;;) {
    while (line[at] === " " || line[at] === "\t") at++;
    if (at >= line.length) return args;
    const [argument, end] = nextArgument(line, at);
    args.push(argument);
    at = end;
  }
}

function nextArgument(line: string, start: number): [argument: string, end: number] {
  let [argument, at, isQuoted] = ["", start, false];
  while (at < line.length) {
    const unit = line[at];
    if (!isQuoted && (unit === " " || unit === "\t")) break;
    if (unit === '"' && isQuoted && line[at + 1] === '"') {
      argument += '"';
      at += 2;
    } else if (unit === '"') {
      isQuoted = !isQuoted;
      at++;
    } else if (unit === "\\") {
      const backslashes = /^\\+/.exec(line.slice(at))![0].length;
      at += backslashes;
      const isBeforeQuote = line[at] === '"';
      argument += "\\".repeat(isBeforeQuote ? Math.floor(backslashes / 2) : backslashes);
      if (isBeforeQuote && backslashes % 2 === 1) {
        argument += '"';
        at++;
      }
    } else {
      argument += unit;
      at++;
    }
  }
  return [argument, at];
}

/** The first word is taken apart by another rule: backslashes mean nothing, and a quote cannot be written at all. */
function quotedProgram(program: string): string {
  if (program.includes('"')) {
    throw usageError(`command: ${program} holds a quote, which no program's name can`);
  }
  return program === "" || NEEDS_QUOTES.test(program) ? `"${program}"` : program;
}

function quoted(argument: string): string {
  return argument === "" || NEEDS_QUOTES.test(argument)
    ? `"${withBackslashesDoubled(argument).replaceAll('"', '\\"')}"`
    : argument;
}

/** cmd.exe knows no backslash: two quotes in quotes are one for whoever takes the line apart, and none for it. */
function quotedForCmd(argument: string): string {
  return `"${withBackslashesDoubled(argument).replaceAll('"', '""')}"`;
}

/** Backslashes count as such only before a quote: that of the argument, or the one that ends it. */
function withBackslashesDoubled(argument: string): string {
  return argument.replace(/(\\+)(?="|$)/g, "$1$1");
}

function checked(line: string): string {
  if (line.length < LONGEST_COMMAND_LINE) return line;
  throw usageError(
    `command: its words are ${line.length} characters together; Windows takes ${LONGEST_COMMAND_LINE - 1}`,
  );
}
