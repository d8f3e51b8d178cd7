import { printable } from "../../core/printable.ts";
import type { Comparison, Difference } from "../../core/schema/comparison_schema.ts";
import { judgedFigures } from "../words/judgement_words.ts";
import { change, isTheSame, meanAndDeviation, quantityWord, range, told } from "../words/quantity_words.ts";
import type { Told } from "../words/quantity_words.ts";

const VERDICTS: Record<Told, (text: string) => string> = {
  more: (text) => `**${text} more**`,
  less: (text) => `**${text} less**`,
  negligible: (text) => `${text} negligible`,
  within_noise: (text) => `${text}, no significant change`,
  too_few_runs: (text) => `${text} too few runs to decide`,
  not_comparable: () => "not compared",
};

/** A comparison as a Markdown table, for pull requests and READMEs: a row for every quantity, columns for the sets. */
export function comparisonMarkdown(comparison: Comparison): string {
  const { sets, quantities, judgements } = comparison;
  const head = [
    "",
    ...sets.map(({ label, run_count }) =>
      `${markdownCell(label)} (${run_count} run${run_count === 1 ? "" : "s"})`
    ),
  ];
  const against = sets.slice(1).map(({ label }) =>
    sets.length > 2 ? `${markdownCell(label)}, difference` : "difference"
  );
  const lines = [row([...head, ...against]), row(["---", ...[...sets, ...against].map(() => "---:")])];
  for (const { name, measurements, differences } of quantities) {
    const figures = measurements.map((measurement) => {
      const sampled = measurement.quality === "sampled" ? "sampled" : "";
      const spread = [range(name, measurement), sampled].filter((word) => word !== "").join(", ");
      const figure = meanAndDeviation(name, measurement);
      return spread === "" ? figure : `${figure}<br>${spread}`;
    });
    lines.push(
      row([
        quantityWord(name),
        ...figures,
        ...differences.map((difference) => differenceCell(name, difference)),
      ]),
    );
  }
  const notes = [
    ...(comparison.test_count > 0 ? [testNote(comparison)] : []),
    ...comparison.notes.map(markdownCell),
    ...judgements.map((judgement) => {
      const { condition, set, outcome, reason } = judgement;
      const sign = { holds: "❌ failed", does_not_hold: "✅ passed", undecided: "❔ undecided" }[outcome];
      const figures = judgedFigures(comparison, judgement);
      return `${sign} \`${condition.trim()}\` ${markdownCell(sets[set].label)}${figures && `: ${figures}`}${
        reason === null ? "" : ` (${reason})`
      }`;
    }),
  ];
  return [lines.join("\n"), ...notes].join("\n\n") + "\n";
}

function testNote({ test_count, confidence_percent, threshold_percent }: Comparison): string {
  const correction = test_count === 1 ? "" : ` with Holm's correction for ${test_count} tests`;
  const level = ((100 - confidence_percent) / 100).toFixed(2);
  return `Mean ± standard deviation, range; bold where Welch's t-test${correction} says p < ${level} and the ` +
    `difference is ${threshold_percent}% or more.`;
}

function differenceCell(name: string, difference: Difference): string {
  return isTheSame(difference) ? "the same" : VERDICTS[told(difference)](change(name, difference)).trim();
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** A foreign text inside a cell: what Markdown would take for its own is escaped. */
export function markdownCell(text: string): string {
  return printable(text).replace(/[\\|`*_<>[\]]/g, (sign) => `\\${sign}`);
}
