import type { OptionRow } from "../../options/option_table.ts";
import { countOption, durationOption } from "../../options/option_values.ts";
import { listOption, scanOption, stepOption } from "./parameters.ts";
import type { Decimal, Parameter, Scan } from "./parameters.ts";

/** The options of a series of runs, as they are handed over. */
export interface SeriesFlags {
  repeat?: number;
  minTime?: number;
  warmup?: number;
  command?: string[];
  commandName?: string[];
  order?: "interleaved" | "in-turn";
  setup?: string[];
  prepare?: string[];
  cleanup?: string[];
  parameterList?: Parameter[];
  parameterScan?: Scan[];
  parameterStepSize?: Decimal;
  exportMarkdown?: string;
  exportCsv?: string;
  exportJson?: string;
  exportAsciidoc?: string;
  ignoreFailure?: boolean;
  showOutput?: boolean;
}

const GROUP = "Repeated runs:";
const further = (text: string, before: string[] = []) => [...before, text];

/** What makes a series of runs, and what belongs to one. */
export const SERIES_OPTIONS: readonly OptionRow[] = [
  {
    flags: "--repeat <number>",
    description: "run it so many times, and print mean and deviation",
    parse: countOption,
  },
  {
    flags: "--min-time <duration>",
    description:
      "repeat until the runs of each command took so long together, and --repeat times (default: 10)",
    parse: durationOption,
  },
  { flags: "--warmup <number>", description: "runs before those, which do not count", parse: countOption },
  {
    flags: "--command <text>",
    description: "a command in one text, split into words without a shell; repeat it to compare several",
    parse: further,
  },
  { flags: "--command-name <name>", description: "what to call a command; may be repeated", parse: further },
  {
    flags: "--order <order>",
    description:
      "of several commands: one run of each per round in random order, or one command after the other " +
      "(default: interleaved; in-turn with --setup or --cleanup)",
    choices: ["interleaved", "in-turn"],
  },
  {
    flags: "--setup <text>",
    description: "run this once before the runs of a command; for all commands, or one for each",
    parse: further,
  },
  {
    flags: "--prepare <text>",
    description: "run this before each run, such as to clear caches",
    parse: further,
  },
  { flags: "--cleanup <text>", description: "run this once after the runs of a command", parse: further },
  {
    flags: "--parameter-list <name=a,b,c>",
    description: "run the commands with {name} replaced by each value; also as NAME a,b,c",
    parse: listOption,
    wordCount: 2,
  },
  {
    flags: "--parameter-scan <name=min..max>",
    description: "the same for the numbers from min to max; also as NAME MIN MAX",
    parse: scanOption,
    wordCount: 3,
  },
  { flags: "--parameter-step-size <number>", description: "of the scan (default: 1)", parse: stepOption },
  { flags: "--export-markdown <file>", description: "write the results as a table of Markdown" },
  {
    flags: "--export-csv <file>",
    description: "write a row per command, with mean and deviation of each metric",
  },
  { flags: "--export-json <file>", description: "write every run with every metric" },
  { flags: "--export-asciidoc <file>", description: "write the results as a table of AsciiDoc" },
  { flags: "--ignore-failure", description: "go on after a run that failed" },
  {
    flags: "--show-output",
    description: "let through what the command prints, instead of discarding it",
  },
].map((row) => ({ ...row, group: GROUP }) as OptionRow);
