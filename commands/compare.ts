import { writeFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Comparison } from "../core/comparison_schema.ts";
import { usageError } from "../core/error.ts";
import { nearest } from "../core/nearest.ts";
import { DEFAULT_QUANTITIES, isQuantity, QUANTITY_NAMES } from "../core/quantity.ts";
import type { QuantityName } from "../core/quantity.ts";
import { reasonOf } from "../exporters/record_writer.ts";
import { printError, printOut } from "./output.ts";

type Format = "text" | "markdown" | "json";

interface CompareFlags {
  metrics?: QuantityName[];
  format: Format;
  output?: string;
  report?: string;
  failIf: string[];
  schema?: boolean;
  color: boolean;
}

const COLUMNS = 100;

const HELP = `
Each FILE holds the records of one run or of many (run --repeat N --records FILE), which make a set;
- is standard input. The sets are held against the first. With a single FILE its runs are described,
and conditions without a sign can be judged.

Conditions: FIGURE COMPARISON BOUND [significantly]
  FIGURE         a metric, of which the mean is taken; or mean, median, min or max, as in max(METRIC)
  COMPARISON     > >= < <= == !=
  BOUND          512M, 1.5s, 100: absolute; with a sign from the first set: +10%, -5%, +20M, +250ms
  significantly  only when the whole 95% confidence interval of the difference lies beyond the bound

Metrics:
${wrapped(QUANTITY_NAMES)}

Exit codes: 0; 1 when a condition holds; 2 when none does and one cannot be decided, and on misuse.

Examples:
  proctor run --repeat 10 --warmup 1 --records before.jsonl -- make -B
  proctor compare before.jsonl after.jsonl
  proctor compare before.jsonl after.jsonl --fail-if 'peak_memory_bytes > +10%'
  proctor compare before.jsonl after.jsonl --fail-if 'wall_seconds > +5% significantly' --format markdown
  proctor compare before.jsonl after.jsonl --report changes.html
  proctor compare nightly.jsonl --fail-if 'max(cpu_seconds) > 90s' --fail-if 'peak_memory_bytes > 2G'
`;

/** `proctor compare`: runs side by side, and whether their differences are more than noise. */
export function compareCommand(end: (exitCode: number) => void): Command {
  return new Command("compare")
    .description("hold runs, or sets of repeated runs, against each other")
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
      new Option("--format <format>", "of the comparison").choices(["text", "markdown", "json"]).default(
        "text",
      ),
    )
    .option("-o, --output <file>", "write it there instead of standard output")
    .option("--report <file.html>", "a page of pictures, too: what differs, and a run of each set over time")
    .option("--schema", "print the JSON Schema of --format json")
    .option("--no-color", "no colours")
    .addHelpText("after", HELP)
    .action(async (files: string[], flags: CompareFlags) => end(await compare(files, flags)));
}

async function compare(files: string[], flags: CompareFlags): Promise<number> {
  if (flags.schema) {
    const { comparisonJsonSchema } = await import("../core/comparison_schema.ts");
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
  const { ConditionError, parseCondition } = await import("../core/condition.ts");
  const { judge } = await import("../core/judge.ts");
  try {
    const conditions = flags.failIf.map(parseCondition);
    const chosen = new Set([
      ...flags.metrics ?? DEFAULT_QUANTITIES,
      ...conditions.map(({ quantity }) => quantity),
    ]);
    const { readRunSets } = await import("./run_sets.ts");
    const { compareSets } = await import("../core/comparison.ts");
    const { sets, notes } = await readRunSets(files, flags.report !== undefined);
    const comparison = compareSets(sets, QUANTITY_NAMES.filter((name) => chosen.has(name)));
    comparison.notes.push(...notes);
    comparison.judgements.push(...judge(comparison, conditions));
    if (flags.report !== undefined) {
      const { writeComparisonPage } = await import("./compare_page.ts");
      writeComparisonPage(sets, comparison, flags.report);
    }
    deliver(await render(comparison, flags), flags.output);
    return exitCode(comparison);
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    const lead = "proctor: --fail-if: ";
    const { text, column, fault } = error;
    printError(`${lead}${text.replace(/\s/g, " ")}\n${" ".repeat(lead.length + column)}^ ${fault}\n`);
    return 2;
  }
}

async function render(comparison: Comparison, flags: CompareFlags): Promise<string> {
  if (flags.format === "json") return `${JSON.stringify(comparison)}\n`;
  if (flags.format === "markdown") {
    const { comparisonMarkdown } = await import("../exporters/comparison_markdown.ts");
    return comparisonMarkdown(comparison);
  }
  const { comparisonText } = await import("../exporters/comparison_text.ts");
  const { NO_COLOR, TERM } = process.env;
  const isColored = flags.color && flags.output === undefined && process.stdout.isTTY === true && !NO_COLOR &&
    TERM !== "dumb";
  return comparisonText(comparison, isColored);
}

function deliver(text: string, file: string | undefined): void {
  if (file === undefined || file === "-") return void printOut(text);
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw usageError(`output: cannot write ${file}: ${reasonOf(error as NodeJS.ErrnoException)}`);
  }
}

function exitCode({ judgements }: Comparison): number {
  if (judgements.some(({ outcome }) => outcome === "holds")) return 1;
  return judgements.some(({ outcome }) => outcome === "undecided") ? 2 : 0;
}

function quantityList(text: string): QuantityName[] {
  if (text === "all") return [...QUANTITY_NAMES];
  const names = text.split(",").map((name) => name.trim()).filter((name) => name !== "");
  const unknown = names.find((name) => !isQuantity(name));
  if (unknown !== undefined) {
    const meant = nearest(unknown, QUANTITY_NAMES);
    const right = meant
      ? `did you mean "${meant}"?`
      : "write some of those in --help, such as cpu_seconds, or all";
    throw new InvalidArgumentError(`"${unknown}" is no total of a run; ${right}`);
  }
  if (names.length === 0) {
    throw new InvalidArgumentError("the list is empty; write for example cpu_seconds,wall_seconds");
  }
  return names as QuantityName[];
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
