import { printable } from "../../core/printable.ts";
import type { Comparison, Difference, Judgement } from "../../core/schema/comparison_schema.ts";
import { judgedFigures } from "../words/judgement_words.ts";
import {
  change,
  isTheSame,
  meanAndDeviation,
  quantityWord,
  range,
  signedPercent,
  told,
} from "../words/quantity_words.ts";
import type { Told } from "../words/quantity_words.ts";
import { shortCommand } from "../words/short_command.ts";

const VERDICTS: Record<Told, string> = {
  more: "more",
  less: "less",
  negligible: "negligible",
  within_noise: "no significant change",
  too_few_runs: "",
  not_comparable: "not compared",
};
/** ANSI: more costs are red, less are green, the rest steps back. */
const COLORS: Record<Told, string> = {
  more: "1;31",
  less: "1;32",
  negligible: "2",
  within_noise: "2",
  too_few_runs: "2",
  not_comparable: "2",
};

/**
 * A comparison as text for people: a row for every quantity and set.
 *
 * @param color whether ANSI escapes are welcome
 */
export function comparisonText(comparison: Comparison, color: boolean): string {
  const paint = (code: string, text: string) => color && text !== "" ? `\x1b[${code}m${text}\x1b[0m` : text;
  const rows = tableRows(comparison);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map(({ cells }) => cells[column].length)));
  const lines = rows.map(({ cells, style }) =>
    cells.map((cell, column) =>
      paint(style[column], cell) + " ".repeat(Math.max(0, (widths[column] ?? 0) - cell.length))
    )
      .join("  ").trimEnd()
  );
  const parts = [
    setLines(comparison).join("\n"),
    lines.join("\n"),
    [...explanation(comparison), ...comparison.notes.map(printable)].join("\n"),
    comparison.judgements.map((judgement) => judgementLine(comparison, judgement, paint)).join("\n"),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

const COLUMNS = 80;
/** Of a command beside its label: as much as fits into a line, and so much in any case. */
const [SHORTEST, LONGEST] = [20, 60];

interface Row {
  readonly cells: readonly string[];
  readonly style: readonly string[];
}

function tableRows(comparison: Comparison): Row[] {
  const { sets, quantities } = comparison;
  const isAlone = sets.length === 1;
  const heading = ["QUANTITY", isAlone ? "" : "RUNS", "MEAN ± DEVIATION", "RANGE"];
  const head = isAlone ? heading : [...heading, `AGAINST ${printable(sets[0].label)}`];
  const rows: Row[] = [{ cells: head, style: head.map(() => "2") }];
  for (const { name, measurements, differences } of quantities) {
    measurements.forEach((measurement, set) => {
      const { quality } = measurement;
      const mark = quality === "sampled" ? " (sampled)" : "";
      const difference = set > 0 ? differences[set - 1] : undefined;
      const cells = [
        set === 0 ? quantityWord(name) : "",
        isAlone ? "" : printable(sets[set].label),
        meanAndDeviation(name, measurement),
        `${range(name, measurement)}${mark}`.trim(),
        ...(difference ? [differenceCell(name, difference, measurements[0].mean)] : []),
      ];
      rows.push({ cells, style: ["2", "", "1", "", difference ? COLORS[told(difference)] : ""] });
    });
  }
  return rows;
}

/** `+5.6% (+3.9% … +7.3%) more`. */
function differenceCell(name: string, found: Difference, mean: number | null): string {
  const { low, high, verdict, reason } = found;
  if (verdict === "not_comparable") return `${VERDICTS[verdict]}: ${reason}`;
  const inPercent = (value: number) => signedPercent((value / mean!) * 100);
  const isInterval = low !== null && high !== null && mean !== 0 && low !== high;
  const interval = isInterval ? `(${inPercent(low)} … ${inPercent(high)})` : "";
  return [change(name, found), interval, isTheSame(found) ? "" : VERDICTS[told(found)]].filter((word) =>
    word !== ""
  ).join("  ");
}

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
  paint: (code: string, text: string) => string,
): string {
  const { condition, set, outcome, reason } = judgement;
  const words =
    { holds: ["failed", "1;31"], does_not_hold: ["passed", "32"], undecided: ["undecided", "1;33"] }[outcome];
  const figures = judgedFigures(comparison, judgement);
  const why = reason === null ? "" : ` (${reason})`;
  return `${paint(words[1], words[0])}  ${printable(comparison.sets[set].label)}: ${
    printable(condition.trim())
  }${figures && `: ${figures}`}${why}`;
}
