import { compareSets } from "../../core/compare/comparison.ts";
import type { Difference } from "../../core/schema/comparison_schema.ts";
import { outliersOf } from "../../core/compare/outliers.ts";
import { DEFAULT_QUANTITIES } from "../../core/compare/quantity.ts";
import type { MeanRatio } from "../../core/compare/ratio.ts";
import { againstFastest } from "../../core/compare/series.ts";
import type { SeriesSet } from "../../core/compare/series.ts";
import { describe } from "../../core/compare/statistics.ts";
import { isTheSame, PRACTICAL_PERCENT, told } from "../words/quantity_words.ts";
import { ratioWords } from "../words/ratio_words.ts";
import { shortCommand } from "../words/short_command.ts";
import { humanSeconds } from "../words/units.ts";
import { comparisonText } from "./comparison_text.ts";

/** What the text of a series depends on beside its runs. */
interface SeriesTextOptions {
  /** Whether ANSI escapes are welcome. */
  readonly color: boolean;
  /** Whether runs went before that do not count. */
  readonly hasWarmup: boolean;
}

/** Of a label, before other words in a line of 80 columns. */
const LABEL_COLUMNS = 44;

/** The results of a series for people: the figures of each command, what is odd in them, and which was the fastest. */
export function seriesText(sets: readonly SeriesSet[], { color, hasWarmup }: SeriesTextOptions): string {
  const paint = (code: string, text: string) => color ? `\x1b[${code}m${text}\x1b[0m` : text;
  const blocks = sets.map((set) => {
    const isCommand = set.label === set.runs[0].start.command.join(" ");
    const label = isCommand ? "proctor" : shortCommand(set.label, LABEL_COLUMNS);
    const figures = comparisonText(compareSets([{ ...set, label }], DEFAULT_QUANTITIES), color);
    const warnings = oddities(set, hasWarmup).map((line) => `${paint("33", line)}\n`);
    return figures + (warnings.length > 0 ? `\n${warnings.join("")}` : "");
  });
  return [...blocks, ...(sets.length > 1 ? [ranking(sets, paint)] : [])].join("\n");
}

/** Runs that do not belong to the others, and what to do about them. */
function oddities({ label, runs }: SeriesSet, hasWarmup: boolean): string[] {
  const walls = runs.map(({ summary }) => summary.wall_seconds);
  const odd = outliersOf(walls);
  if (odd.length === 0) return [];
  const { median } = describe(walls);
  const lines = [];
  if (!hasWarmup && odd.includes(0) && walls[0] > median) {
    lines.push(
      `The first run was slow: ${humanSeconds(walls[0])}, the median is ${
        humanSeconds(median)
      }. Use --warmup 1 to`,
      "measure with warm caches, or --prepare to clear them before each run.",
    );
  }
  const others = odd.filter((index) => lines.length === 0 || index !== 0);
  if (others.length > 0) {
    const figures = others.slice(0, 3).map((index) => humanSeconds(walls[index])).join(", ");
    const more = others.length > 3 ? " …" : "";
    lines.push(
      `${others.length} of ${runs.length} runs ${others.length === 1 ? "is an outlier" : "are outliers"} (` +
        `${figures}${more}; the median is ${humanSeconds(median)}).`,
      "Was something else running? Close it and repeat, or rely on CPU time.",
    );
  }
  return [`Warning, ${shortCommand(label)}:`, ...lines.map((line) => `  ${line}`)];
}

/** `1.19 ± 0.16 times faster than`, for each command but the fastest, and what the test says of it. */
function ranking(sets: readonly SeriesSet[], paint: (code: string, text: string) => string): string {
  const { fastest, relatives } = againstFastest(sets);
  const order = [...sets.keys()].filter((index) => index !== fastest)
    .sort((one, other) =>
      (relatives[one].wall?.ratio ?? Infinity) - (relatives[other].wall?.ratio ?? Infinity)
    );
  const lines = [`${paint("1;36", shortCommand(sets[fastest].label))} ran`];
  for (const index of order) {
    const { wall, wallDifference, cpu, cpuDifference } = relatives[index];
    const name = paint("1", shortCommand(sets[index].label, LABEL_COLUMNS));
    if (!wall || !wallDifference) lines.push(`  ahead of ${name}, by a factor that is unknown`);
    else if (isTheSame(wallDifference)) lines.push(`  as fast as ${name}`);
    else {
      lines.push(`  ${paint("1;32", ratioWords(wall))} times faster than ${name}`);
      const remark = remarkOn(wallDifference);
      if (remark !== "") lines.push(`    ${paint("2", remark)}`);
    }
    const words = cpuWords(cpu, cpuDifference);
    if (words !== "") lines.push(`    ${paint("2", words)}`);
  }
  const tested = sets.length > 2 ? ", corrected by Holm's method" : "";
  lines.push("", "After ±: one standard deviation.", `The test is Welch's t-test${tested}, p < 0.05.`);
  return `${lines.join("\n")}\n`;
}

function remarkOn(difference: Difference): string {
  switch (told(difference)) {
    case "within_noise":
      return "no significant change: the difference is within the noise";
    case "negligible":
      return `negligible: less than ${PRACTICAL_PERCENT}%`;
    case "too_few_runs":
      return `not tested: ${difference.reason}`;
    default:
      return "";
  }
}

/** Of CPU time, where it differs for sure and by what matters. */
function cpuWords(cpu: MeanRatio | undefined, difference: Difference | undefined): string {
  if (!cpu || !difference || !(cpu.ratio > 0)) return "";
  const verdict = told(difference);
  if (verdict === "more") return `with ${ratioWords(cpu)} times less CPU`;
  if (verdict !== "less") return "";
  const inverse = { ratio: 1 / cpu.ratio, deviation: cpu.deviation / cpu.ratio ** 2 };
  return `with ${ratioWords(inverse)} times more CPU`;
}
