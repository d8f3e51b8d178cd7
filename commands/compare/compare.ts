import { Command, InvalidArgumentError, Option } from "commander";
import type { Comparison } from "../../core/schema/comparison_schema.ts";
import { usageError } from "../../core/error.ts";
import { compileSoon } from "../../ffi/mod.ts";
import { printable, printableJson } from "../../core/printable.ts";
import { THRESHOLD_PERCENT } from "../../core/compare/threshold.ts";
import { DEFAULT_QUANTITIES, QUANTITY_NAMES } from "../../core/compare/quantity.ts";
import type { QuantityName } from "../../core/compare/quantity.ts";
import { nearestQuantity, quantitiesNamed } from "../../core/compare/quantity_words.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { colorsWelcome, printError, printOut } from "../../io/terminal/output.ts";
import { checkOutputFiles, checkPageName } from "../options/output_files.ts";
import type { OutputFile } from "../options/output_files.ts";
import { writeFileWhole } from "../../platform/mod.ts";

type Format = "text" | "markdown" | "json";
const PAGE = /\.html?$/i;
const LARGEST_THRESHOLD = 1_000;

interface CompareFlags {
  metrics?: QuantityName[];
  format?: Format;
  output?: string;
  force?: boolean;
  report?: string;
  failIf: string[];
  threshold?: number;
  schema?: boolean;
  color: boolean;
}

const COLUMNS = 80;

const HELP = `
Each FILE holds the records of one run or of many (run --repeat N --records
FILE), which make a set; - is standard input. The sets are held against the
first. With a single FILE its runs are described, and conditions without a sign
can be judged.

Conditions: FIGURE COMPARISON BOUND [significantly]
  FIGURE         a metric, of which the mean is taken; or mean, median, min or
                 max, as in max(METRIC)
  COMPARISON     > >= < <= == !=
  BOUND          512M, 1.5s, 100: absolute; with a sign from the first set:
                 +10%, -5%, +20M, +250ms
  significantly  only when the whole 95% confidence interval of the difference
                 lies beyond the bound

Metrics:
${wrapped(QUANTITY_NAMES)}

A difference is marked when it exceeds the noise and is of --threshold percent
or more. -o FILE.html draws every run of every set as a dot.

Exit codes: 0; 1 when a condition holds; 2 when none does and one cannot be
decided, and on misuse.

Examples:
  proctor run --repeat 10 --warmup 1 --records before.jsonl -- make -B
  proctor compare before.jsonl after.jsonl
  proctor compare before.jsonl after.jsonl --fail-if 'peak_memory_bytes > +10%'
  proctor compare a.jsonl b.jsonl --fail-if 'wall_seconds > +5% significantly'
  proctor compare before.jsonl after.jsonl -o changes.html
  proctor compare before.jsonl after.jsonl --threshold 5
  proctor compare nightly.jsonl --fail-if 'max(cpu_seconds) > 90s'
`;

/** `proctor compare`: runs side by side, and whether their differences are more than noise. */
export function compareCommand(end: (exitCode: number) => void): Command {
  return new Command("compare")
    .description("compare runs, or sets of repeated runs")
    .usage("[options] FILE...")
    .argument("[files...]", "records of runs")
    .addOption(
      new Option("--metrics <list>", "what to compare, separated by commas, or all").argParser(quantityList),
    )
    .addOption(
      new Option("--fail-if <condition>", "exit with 1 when it holds; may be repeated")
        .default([], "none").argParser((text: string, before: string[]) => [...before, text]),
    )
    .addOption(
      new Option("--format <format>", "of the comparison (default: by the file's name, else text)")
        .choices(["text", "markdown", "json"]),
    )
    .addOption(
      new Option(
        "--threshold <percent>",
        `mark differences of this size and more only (default: ${THRESHOLD_PERCENT})`,
      ).argParser(percentOption),
    )
    .option("-o, --output <file>", "write it there instead of standard output; .html makes a page")
    .option("--report <file.html>", "a page, too: what differs, every run, and a run of each set over time")
    .option("--force", "overwrite files that are there and were not written by proctor")
    .option("--schema", "print the JSON Schema of --format json")
    .option("--no-color", "no colours")
    .addHelpText("after", HELP)
    .action(async (files: string[], flags: CompareFlags) => end(await compare(files, flags)));
}

async function compare(files: string[], flags: CompareFlags): Promise<number> {
  if (flags.schema) {
    const { comparisonJsonSchema } = await import("../../core/schema/comparison_schema.ts");
    printOut(`${JSON.stringify(comparisonJsonSchema(), null, 2)}\n`);
    return 0;
  }
  if (files.length === 0) {
    throw usageError("compare: there are no runs; name records files (run --records FILE)");
  }
  if (flags.report === "-") {
    throw usageError(
      "--report: standard output belongs to the comparison; name a file, such as changes.html",
    );
  }
  checkDestinations(files, flags);
  compileSoon();
  const { ConditionError, parseCondition } = await import("../../core/compare/condition.ts");
  const { judge } = await import("../../core/compare/judge.ts");
  try {
    const conditions = flags.failIf.map(parseCondition);
    const chosen = new Set([
      ...flags.metrics ?? DEFAULT_QUANTITIES,
      ...conditions.map(({ quantity }) => quantity),
    ]);
    const { readRunSets } = await import("./run_sets.ts");
    const { compareSets } = await import("../../core/compare/comparison.ts");
    const pages = pagesOf(flags);
    const { sets, notes } = await readRunSets(files, pages.length > 0);
    const comparison = compareSets(sets, QUANTITY_NAMES.filter((name) => chosen.has(name)), flags.threshold);
    comparison.notes.push(...notes);
    comparison.judgements.push(...judge(comparison, conditions));
    for (const page of pages) {
      const { writeComparisonPage } = await import("./compare_page.ts");
      writeComparisonPage(sets, comparison, page);
    }
    if (!PAGE.test(flags.output ?? "")) deliver(await render(comparison, flags), flags.output);
    return exitCode(comparison);
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    const lead = "proctor: --fail-if: ";
    const { text, column, fault } = error;
    printError(`${lead}${oneWide(text)}\n${" ".repeat(lead.length + column)}^ ${printable(fault)}\n`);
    return 2;
  }
}

async function render(comparison: Comparison, flags: CompareFlags): Promise<string> {
  const format = flags.format ?? formatOf(flags.output);
  if (format === "json") return `${printableJson(comparison)}\n`;
  if (format === "markdown") {
    const { comparisonMarkdown } = await import("../../render/text/comparison_markdown.ts");
    return comparisonMarkdown(comparison);
  }
  const { comparisonText } = await import("../../render/text/comparison_text.ts");
  const isColored = flags.color && flags.output === undefined && colorsWelcome(1);
  return comparisonText(comparison, isColored);
}

/** A text of as many columns as it has characters, so that a mark can stand below one of them. */
function oneWide(text: string): string {
  return Array.from(
    text,
    (character) => /\s/.test(character) || printable(character) !== character ? " " : character,
  )
    .join("");
}

function deliver(text: string, file: string | undefined): void {
  if (file === undefined || file === "-") return void printOut(text);
  try {
    writeFileWhole(file, text);
  } catch (error) {
    throw usageError(`output: cannot write ${file}: ${reasonOf(error)}`);
  }
}

/** Files that a page is written to. */
function pagesOf({ report, output }: CompareFlags): string[] {
  return [report, PAGE.test(output ?? "") ? output : undefined].filter((file) => file !== undefined);
}

/** The format that the name of a file says. */
function formatOf(file = ""): Format {
  if (/\.json$/i.test(file)) return "json";
  return /\.(md|markdown)$/i.test(file) ? "markdown" : "text";
}

/** What is written, looked at before anything is. */
function checkDestinations(inputs: readonly string[], flags: CompareFlags): void {
  const { output, report, force, format } = flags;
  const files: OutputFile[] = [];
  if (output !== undefined && output !== "-") {
    const isPage = PAGE.test(output);
    if (isPage && format !== undefined) {
      throw usageError(
        `--format: "${output}" is the name of a page, not of ${format}; leave out one of them`,
      );
    }
    if (/\.(svg|png|csv|jsonl)$/i.test(output)) {
      throw usageError(
        `--output: "${output}" is not a name for a comparison; write .txt, .md, .json or .html`,
      );
    }
    files.push({ option: "--output", path: output, kind: isPage ? "page" : "comparison" });
  }
  if (report !== undefined) {
    checkPageName("--report", report);
    files.push({ option: "--report", path: report, kind: "page" });
  }
  checkOutputFiles(files, { force, inputs });
}

function exitCode({ judgements }: Comparison): number {
  if (judgements.some(({ outcome }) => outcome === "holds")) return 1;
  return judgements.some(({ outcome }) => outcome === "undecided") ? 2 : 0;
}

function quantityList(text: string): QuantityName[] {
  if (text === "all") return [...QUANTITY_NAMES];
  const words = text.split(",").map((word) => word.trim()).filter((word) => word !== "");
  const names = words.flatMap((word) => {
    const named = quantitiesNamed(word);
    if (named.length > 0) return named;
    const meant = nearestQuantity(word);
    const right = meant ? `did you mean "${meant}"?` : "write some of those in --help, such as wall, or all";
    throw new InvalidArgumentError(`"${word}" is not a total of a run; ${right}`);
  });
  if (names.length === 0) {
    throw new InvalidArgumentError("the list is empty; write for example cpu,wall");
  }
  return names;
}

function percentOption(text: string): number {
  const percent = /^\d+(\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : NaN;
  if (percent <= LARGEST_THRESHOLD) return percent;
  throw new InvalidArgumentError(`write a percentage from 0 to ${LARGEST_THRESHOLD}, such as 2`);
}

function wrapped(names: readonly string[]): string {
  const lines = ["  "];
  for (const name of names) {
    const last = lines.length - 1;
    if (lines[last].length + name.length + 2 > COLUMNS) lines.push(`  ${name}, `);
    else lines[last] += `${name}, `;
  }
  return lines.map((line) => line.trimEnd()).join("\n").replace(/,$/, "");
}
