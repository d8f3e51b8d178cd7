/*
 * Writes a manual page of proctor and of each of its verbs, of what --help says: proctor.1, proctor-run.1 and so on.
 * Usage: bun scripts/man_pages.ts DIRECTORY VERSION DATE. The form is that of man(7).
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Command } from "commander";
import { buildProgram } from "../commands/program.ts";

const [directory, version, date] = process.argv.slice(2);
if (date === undefined) {
  console.error("proctor: name a directory for the manual pages, a version and a date");
  process.exit(2);
}
/** A part of the program, the name of its page, and the words that it is called by. */
type Page = readonly [name: string, words: string, command: Command];
/** A term and what is said of it. */
type Item = readonly [term: string, description: string];

// A word that knows all verbs has all of them loaded.
const pages = pagesOf(await buildProgram(() => {}, "completion"));
mkdirSync(directory, { recursive: true });
for (const page of pages) writeFileSync(join(directory, `${page[0]}.1`), `${linesOf(page).join("\n")}\n`);

/** The program, and every verb with all of its parts. */
function pagesOf(command: Command, before: readonly string[] = []): Page[] {
  const words = [...before, command.name()];
  return [
    [words.join("-"), words.join(" "), command],
    ...partsOf(command).flatMap((part) => pagesOf(part, words)),
  ];
}

function partsOf(command: Command): Command[] {
  return command.createHelp().visibleCommands(command).filter((part) => part.name() !== "help");
}

function linesOf([name, words, command]: Page): string[] {
  const help = command.createHelp();
  const description = help.commandDescription(command) || help.subcommandDescription(command);
  const others = pages.filter(([, other]) => isNear(words, other)).map(([other]) => other);
  return [
    `.TH ${name.toUpperCase()} 1 "${date}" "proctor ${version}" "User commands"`,
    ".SH NAME",
    `${escaped(name)} \\- ${escaped(description.replace(/\.$/, ""))}`,
    ".SH SYNOPSIS",
    `.B ${escaped(words)}`,
    line(command.usage()),
    ...list(
      "ARGUMENTS",
      help.visibleArguments(command).map((one) => [one.name(), help.argumentDescription(one)]),
    ),
    ...list(
      "VERBS",
      partsOf(command).map((part) => [help.subcommandTerm(part), help.subcommandDescription(part)]),
    ),
    ...optionLines(command),
    ...noteLines(command),
    ".SH SEE ALSO",
    others.map((other) => `.BR ${escaped(other)} (1)`).join(" ,\n"),
  ];
}

/** Of the program its verbs, of a verb the program and its parts. */
function isNear(words: string, other: string): boolean {
  const [shorter, longer] = words.length < other.length ? [words, other] : [other, words];
  return longer.startsWith(`${shorter} `) && !longer.slice(shorter.length + 1).includes(" ");
}

/** Options under the headings that --help has. */
function optionLines(command: Command): string[] {
  const help = command.createHelp();
  const groups = Map.groupBy(
    help.visibleOptions(command),
    ({ helpGroupHeading }) => helpGroupHeading ?? "Options:",
  );
  return [...groups].flatMap(([heading, options]) =>
    list(
      heading.replace(/:$/, "").toUpperCase(),
      options.map((option) => [help.optionTerm(option), help.optionDescription(option)]),
    )
  );
}

function list(heading: string, items: readonly Item[]): string[] {
  if (items.length === 0) return [];
  const lines = items.flatMap(([term, text]) => [".TP", `.B ${escaped(term)}`, line(text) || "\\ "]);
  return [`.SH ${heading}`, ...lines];
}

/** What follows the options: paragraphs, and examples, which are left as they stand. */
function noteLines(command: Command): string[] {
  const [shown, plain] = [textOf(command), command.helpInformation()];
  const notes = shown.slice(shown.indexOf(plain) + plain.length).trim();
  if (notes === "") return [];
  let isFirstNote = true;
  return notes.split(/\n{2,}/).flatMap((block) => {
    const [first, ...rest] = block.split("\n");
    if (/^[A-Z][^.]*:$/.test(first) && rest.length > 0 && rest.every((row) => row.startsWith(" "))) {
      return [
        `.SH ${escaped(first.slice(0, -1).toUpperCase())}`,
        ".nf",
        ...rest.map((row) => line(row.slice(2))),
        ".fi",
      ];
    }
    const heading = isFirstNote ? [".SH NOTES"] : [".PP"];
    isFirstNote = false;
    return block.includes("\n  ")
      ? [...heading, ".nf", ...block.split("\n").map(line), ".fi"]
      : [...heading, ...block.split("\n").map(line)];
  });
}

/** All that --help prints. */
function textOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (piece) => text += piece });
  command.outputHelp();
  return text;
}

/** A line of text: a dot or a quotation mark at its beginning is not a request. */
function line(text: string): string {
  return escaped(text).replace(/^(?=[.'])/, "\\&");
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("…", "...");
}
