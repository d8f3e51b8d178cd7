import { printable } from "../../core/printable.ts";
import { wrapped } from "../../core/wrapped.ts";
import type { Comparison, Judgement } from "../../core/schema/comparison_schema.ts";
import { judgedFigures } from "../words/judgement_words.ts";
import { told } from "../words/quantity_words.ts";
import { shortCommand } from "../words/short_command.ts";
import { COLUMNS, comparisonTable } from "./comparison_table.ts";
import type { Paint } from "./comparison_table.ts";

/**
 * A comparison as text for people: a row for every quantity and set.
 *
 * @param color whether ANSI escapes are welcome
 */
export function comparisonText(comparison: Comparison, color: boolean): string {
  const paint = (code: string, text: string) => color && text !== "" ? `\x1b[${code}m${text}\x1b[0m` : text;
  const parts = [
    setLines(comparison).join("\n"),
    comparisonTable(comparison, paint),
    [...explanation(comparison), ...comparison.notes.map(printable)].map((line) => wrapped(line, COLUMNS))
      .join("\n"),
    comparison.judgements.map((judgement) => judgementLine(comparison, judgement, paint)).join("\n"),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** Of a command beside its label: as much as fits into a line, and so much in any case. */
const [SHORTEST, LONGEST] = [20, 60];

function setLines({ sets }: Comparison): string[] {
  const width = Math.max(...sets.map(({ label }) => printable(label).length));
  return sets.map(({ label, run_count, command }) => {
    const lead = `${printable(label).padEnd(width)}  ${run_count} ${run_count === 1 ? "run" : "runs"} of `;
    return lead +
      shortCommand(command.join(" "), Math.max(SHORTEST, Math.min(LONGEST, COLUMNS - lead.length)));
  });
}

function explanation(
  { sets, quantities, test_count, confidence_percent, threshold_percent }: Comparison,
): string[] {
  if (sets.length === 1) return [];
  const few = quantities.flatMap(({ differences }) => differences).find(({ verdict }) =>
    verdict === "too_few_runs"
  );
  const lines = [];
  if (test_count > 0) {
    const tests = test_count === 1
      ? ""
      : `, corrected by Holm's method for the ${test_count} tests made here,`;
    const level = ((100 - confidence_percent) / 100).toFixed(2);
    lines.push(
      `"more" and "less" exceed the noise: Welch's t-test${tests} says p < ${level}.`,
      `In parentheses: the ${confidence_percent}% confidence interval of the difference.`,
    );
  }
  if (quantities.some(({ differences }) => differences.some((found) => told(found) === "negligible"))) {
    lines.push(`"negligible" exceeds it, too, and is less than ${threshold_percent}% (--threshold).`);
  }
  if (few) lines.push(`Too few runs to separate differences from noise: ${few.reason}; see run --repeat.`);
  return lines;
}

function judgementLine(
  comparison: Comparison,
  judgement: Judgement,
  paint: Paint,
): string {
  const { condition, set, outcome, reason } = judgement;
  const words =
    { holds: ["failed", "1;31"], does_not_hold: ["passed", "32"], undecided: ["undecided", "1;33"] }[outcome];
  const figures = judgedFigures(comparison, judgement);
  const why = reason === null ? "" : ` (${reason})`;
  const text = `${printable(comparison.sets[set].label)}: ${printable(condition.trim())}${
    figures && `: ${figures}`
  }${why}`;
  return paint(words[1], words[0]) +
    wrapped(text, COLUMNS, " ".repeat(words[0].length + 2)).slice(words[0].length);
}
