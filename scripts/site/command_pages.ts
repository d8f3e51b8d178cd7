/** Reference pages of the command line, made from the definitions of the verbs. */
import type { Command } from "commander";
import { buildProgram } from "../../commands/program.ts";
import { code, plain, table } from "./markdown_text.ts";
import type { Page } from "./page.ts";

/** A page of all verbs, and one for each. */
export async function commandPages(): Promise<Page[]> {
  // A word that knows all verbs has all of them loaded.
  const program = await buildProgram(() => {}, "completion");
  const verbs = partsOf(program);
  return [overview(program, verbs), ...verbs.map(verbPage)];
}

function overview(program: Command, verbs: readonly Command[]): Page {
  const headings = Map.groupBy(verbs, (verb) => verb.helpGroup().replace(/:$/, "") || "Verbs");
  const tables = [...headings].map(([heading, members]) =>
    `## ${heading}\n\n${
      table(
        ["verb", "what it does"],
        members.map((
          verb,
        ) => [`[${code(`proctor ${verb.name()}`)}](${urlOf(verb)})`, plain(described(verb))]),
      )
    }`
  );
  return made("cli.html", "Command line", [
    "# The command line",
    plain(program.description()),
    ...tables,
    "## Options of the program",
    options(program),
    ...notes(program, "##"),
  ]);
}

function verbPage(verb: Command): Page {
  const title = `proctor ${verb.name()}`;
  return { ...made(urlOf(verb), title, [`# ${title}`, ...section(verb, title, "##")]), label: verb.name() };
}

/** What there is to say of a verb or a part of one; its own parts follow under headings. */
function section(command: Command, words: string, depth: string): string[] {
  const help = command.createHelp();
  const given = help.visibleArguments(command).map((
    one,
  ) => [code(one.name()), plain(help.argumentDescription(one))]);
  const parts = partsOf(command);
  return [
    plain(sentence(described(command))),
    `\`\`\`\n${words} ${command.usage()}\n\`\`\``,
    ...(given.some(([, text]) => text) ? [table(["argument", "meaning"], given)] : []),
    ...(parts.length === 0 ? [] : [
      table(
        ["part", "what it does"],
        parts.map((
          part,
        ) => [
          `[${code(part.name())}](#${`${words} ${part.name()}`.replaceAll(" ", "-")})`,
          plain(described(part)),
        ]),
      ),
    ]),
    options(command),
    ...notes(command, depth),
    ...parts.flatMap((part) => {
      const called = `${words} ${part.name()}`;
      return [`${depth} ${called}`, ...section(part, called, `${depth}#`)];
    }),
  ];
}

/** Options under the headings that --help has. */
function options(command: Command): string {
  const help = command.createHelp();
  const groups = Map.groupBy(help.visibleOptions(command), (option) => option.helpGroupHeading ?? "Options:");
  return [...groups].map(([heading, members]) => {
    const name = heading.replace(/:$/, "");
    const rows = members.map((
      option,
    ) => [code(help.optionTerm(option)), plain(help.optionDescription(option))]);
    return (name === "Options" ? "" : `**${plain(name)}**\n\n`) + table(["option", "meaning"], rows);
  }).join("\n");
}

/** What --help prints behind the options: paragraphs, and examples as they stand. */
function notes(command: Command, depth: string): string[] {
  const [shown, start] = [printed(command), command.helpInformation().trimEnd()];
  if (!shown.startsWith(start)) return [];
  return shown.slice(start.length).trim().split(/\n{2,}/).filter(Boolean).flatMap((block) => {
    const [first, ...rest] = block.split("\n");
    if (/^[A-Z][^.]*:$/.test(first) && rest.length > 0) {
      const shift = Math.min(...rest.filter(Boolean).map((line) => /^ */.exec(line)![0].length));
      const heading = first === "Examples:" ? `**Examples**` : `${depth} ${plain(first.slice(0, -1))}`;
      return [heading, fenced(rest.map((line) => line.slice(shift)).join("\n"))];
    }
    return block.includes("\n  ") || block.startsWith("  ") ? [fenced(block)] : [plain(block)];
  });
}

function fenced(text: string): string {
  return `\`\`\`sh\n${text}\n\`\`\``;
}

/** All that --help prints. */
function printed(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (piece) => text += piece });
  command.outputHelp();
  return text;
}

function partsOf(command: Command): Command[] {
  return command.createHelp().visibleCommands(command).filter((part) => part.name() !== "help");
}

function described(command: Command): string {
  const help = command.createHelp();
  return help.commandDescription(command) || help.subcommandDescription(command);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
}

function urlOf(verb: Command): string {
  return `cli-${verb.name()}.html`;
}

function made(url: string, title: string, blocks: readonly string[]): Page {
  return {
    url,
    source: null,
    madeFrom: "the definitions of the command line",
    title,
    markdown: blocks.join("\n\n"),
  };
}
