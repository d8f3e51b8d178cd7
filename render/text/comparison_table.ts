import { printable } from "../../core/printable.ts";
import { wrapped } from "../../core/wrapped.ts";
import type { Comparison, Difference } from "../../core/schema/comparison_schema.ts";
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

/** Of a terminal as most open. */
export const COLUMNS = 80;
const GAP = "  ";

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

/** Puts a text into a colour, where colours are welcome. */
export type Paint = (code: string, text: string) => string;

/** One quantity of one set. */
interface Row {
  /** Empty where the row above is of the same. */
  readonly quantity: string;
  /** The label of the set, its mean and its range. */
  readonly cells: readonly string[];
  /** Against the first set; empty for that one. */
  readonly difference: string;
  /** ANSI, of the figure and of the difference. */
  readonly colors: readonly [string, string];
}

/**
 * The table of a comparison: a row for every quantity and set. Where 80 columns do not hold it, differences go below
 * their rows, and where that is not enough, quantities above theirs.
 */
export function comparisonTable(comparison: Comparison, paint: Paint): string {
  const rows = tableRows(comparison);
  const plain = (_: string, text: string) => text;
  const layouts = [beside, below, stacked];
  const chosen = layouts.find((layout) => layout(rows, plain).every((line) => line.length <= COLUMNS)) ??
    stacked;
  return chosen(rows, paint).join("\n");
}

/** All of a row in one line. */
function beside(rows: readonly Row[], paint: Paint): string[] {
  const pad = padding(rows, ({ quantity, cells }) => [quantity, ...cells]);
  return rows.map((row) => {
    const [quantity, label, mean, spread] = pad(row);
    const [figure, color] = row.colors;
    return [paint("2", quantity), label, paint(figure, mean), spread, paint(color, row.difference)]
      .join(GAP).trimEnd();
  });
}

/** The difference in a line of its own, below the figures. */
function below(rows: readonly Row[], paint: Paint): string[] {
  const pad = padding(rows, ({ quantity, cells }) => [quantity, ...cells]);
  return rows.flatMap((row) => {
    const [quantity, label, mean, spread] = pad(row);
    const line = [paint("2", quantity), label, paint(row.colors[0], mean), spread].join(GAP).trimEnd();
    return [line, ...differenceLines(row, quantity.length + label.length + 2 * GAP.length, paint)];
  });
}

/** The quantity, too. */
function stacked(rows: readonly Row[], paint: Paint): string[] {
  const pad = padding(rows, ({ cells }) => cells);
  return rows.flatMap((row) => {
    const [label, mean, spread] = pad(row);
    const lead = label === "" ? GAP : GAP + label + GAP;
    return [
      ...(row.quantity === "" ? [] : [paint("2", row.quantity)]),
      `${lead}${paint(row.colors[0], mean)}${GAP}${spread}`.trimEnd(),
      ...differenceLines(row, lead.length, paint),
    ];
  });
}

function differenceLines({ difference, colors }: Row, indent: number, paint: Paint): string[] {
  if (difference === "") return [];
  return wrapped(difference, COLUMNS - indent).split("\n").map((line) =>
    " ".repeat(indent) + paint(colors[1], line)
  );
}

/** What fills the cells of a row up to the widths of their columns. */
function padding(rows: readonly Row[], cellsOf: (row: Row) => readonly string[]) {
  const widths = cellsOf(rows[0]).map((_, column) =>
    Math.max(...rows.map((row) => cellsOf(row)[column].length))
  );
  return (row: Row): string[] => cellsOf(row).map((cell, column) => cell.padEnd(widths[column]));
}

function tableRows({ sets, quantities }: Comparison): Row[] {
  const isAlone = sets.length === 1;
  const rows: Row[] = [{
    quantity: "QUANTITY",
    cells: [isAlone ? "" : "RUNS", "MEAN ± DEVIATION", "RANGE"],
    difference: isAlone ? "" : `AGAINST ${printable(sets[0].label)}`,
    colors: ["2", "2"],
  }];
  for (const { name, measurements, differences } of quantities) {
    measurements.forEach((measurement, set) => {
      const mark = measurement.quality === "sampled" ? " (sampled)" : "";
      const difference = set > 0 ? differences[set - 1] : undefined;
      rows.push({
        quantity: set === 0 ? quantityWord(name) : "",
        cells: [
          isAlone ? "" : printable(sets[set].label),
          meanAndDeviation(name, measurement),
          `${range(name, measurement)}${mark}`.trim(),
        ],
        difference: difference ? differenceCell(name, difference, measurements[0].mean) : "",
        colors: ["1", difference ? COLORS[told(difference)] : ""],
      });
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
