import type { EventEmitter } from "node:events";
import { Help } from "commander";
import type { Command, Option } from "commander";
import { EXPORTERS_HEADING } from "../options/export_options.ts";
import { BRIEF_EXAMPLES, BRIEFS } from "./brief.ts";
import type { Brief } from "./brief.ts";
import { TOPICS } from "./topic_names.ts";

/** Options of exporters that stand in the help of verbs; the rest has a topic of its own. */
const SWITCHES = ["--mqtt", "--prometheus", "--prometheus-textfile", "--otlp"];

/** What is left of 80 beside the longest name of a verb. */
const DESCRIPTION_COLUMNS = 66;

/** Whether `-h` is what has asked for help, rather than `--help`. */
export function asksBriefly(words: readonly string[]): boolean {
  return words.find((word) => word === "-h" || word === "--help") !== "--help";
}

/** Have a verb, or proctor itself, show the help that was asked for: that of a screen, or all of it. */
export function shapeHelp(program: Command, isBrief: boolean): void {
  for (const command of program.commands) {
    const brief = Object.hasOwn(BRIEFS, command.name()) ? BRIEFS[command.name()] : undefined;
    if (isBrief && brief) shorten(command, brief);
    else pointAtExporters(command);
  }
  if (isBrief) shortenProgram(program);
}

/** The options that `--help` shows. */
function shownOptions(command: Command): Option[] {
  const isShown = ({ helpGroupHeading, long }: Option) =>
    helpGroupHeading !== EXPORTERS_HEADING || SWITCHES.includes(long ?? "");
  return new Help().visibleOptions(command).filter(isShown);
}

function isOfExporters({ helpGroupHeading }: Option): boolean {
  return helpGroupHeading === EXPORTERS_HEADING;
}

/** Leave the details of exporters to their topic. */
function pointAtExporters(command: Command): void {
  const count = command.options.filter(isOfExporters).length;
  if (count === 0) return;
  command.configureHelp({
    ...command.configureHelp(),
    visibleOptions: shownOptions,
    formatHelp: (of, help) =>
      `${
        Help.prototype.formatHelp.call(help, of, help)
      }proctor help exporters shows all ${count} options of exporters.\n`,
  });
}

function shorten(command: Command, { options, note, examples }: Brief): void {
  const all = shownOptions(command);
  const rank = ({ long }: Option) => options.indexOf(long ?? "");
  const few = all.filter((option) => rank(option) >= 0).sort((a, b) => rank(a) - rank(b));
  const rest = `proctor ${command.name()} --help shows all ${all.length} options`;
  command.configureHelp({
    ...command.configureHelp(),
    visibleOptions: () => few,
    visibleArguments: () => [],
    subcommandTerm: (part) => part.name(),
    formatHelp: (of, help) =>
      command.commands.length === 0 ? Help.prototype.formatHelp.call(help, of, help) : withNames(of, help),
  });
  const lead = note === undefined ? "" : `${note}\n\n`;
  replaceNotes(command, `\n${lead}${examples}\n${rest}${pointers(command)}`);
}

/** Where the rest of the options is. */
function pointers(command: Command): string {
  return command.options.some(isOfExporters) ? ", proctor help exporters more." : ".";
}

/** Help with the parts of a verb as a list of names. */
function withNames(command: Command, help: Help): string {
  const names = help.visibleCommands(command).map((part) => part.name());
  help.visibleCommands = () => [];
  const text = Help.prototype.formatHelp.call(help, command, help);
  const list = help.boxWrap(names.join(", "), 76).replace(/^/gm, "  ");
  return `${text}\nCommands (proctor ${command.name()} COMMAND --help):\n${list}\n`;
}

/** Verbs by name alone, without what `--help` says besides. */
function shortenProgram(program: Command): void {
  program.configureHelp({
    ...program.configureHelp(),
    visibleOptions: () => [],
    subcommandTerm: (verb) => verb.name(),
    subcommandDescription: (verb) => inOneLine(verb.description()),
  });
  const topics = Object.keys(TOPICS).join(", ");
  replaceNotes(program, `\n${BRIEF_EXAMPLES}\nproctor help TOPIC: ${topics}.\nproctor --help shows more.`);
}

/** A description as far as it fits beside a verb: what goes on after a comma or colon is left out of a longer one. */
function inOneLine(description: string): string {
  return description.length <= DESCRIPTION_COLUMNS ? description : description.replace(/[:,].*$/, "");
}

/** Put this in the place of what stands below the options. */
function replaceNotes(command: Command, text: string): void {
  (command as unknown as EventEmitter).removeAllListeners("afterHelp");
  command.addHelpText("after", text);
}
