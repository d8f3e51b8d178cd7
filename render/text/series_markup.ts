import { measure } from "../../core/compare/comparison.ts";
import type { QuantityName } from "../../core/compare/quantity.ts";
import { againstFastest } from "../../core/compare/series.ts";
import type { SeriesSet } from "../../core/compare/series.ts";
import { printable } from "../../core/printable.ts";
import { meanAndDeviation, quantityWord, range } from "../words/quantity_words.ts";
import { ratioWords } from "../words/ratio_words.ts";
import { markdownCell } from "./comparison_markdown.ts";

const SHOWN: readonly QuantityName[] = ["wall_seconds", "cpu_seconds", "peak_memory_bytes"];

/** The results of a series as a table for a page: a row per command, relative to the fastest. */
export function seriesMarkup(sets: readonly SeriesSet[], language: "markdown" | "asciidoc"): string {
  const { relatives } = againstFastest(sets);
  const head = [
    "Command",
    quantityWord("wall_seconds"),
    "range",
    ...SHOWN.slice(1).map(quantityWord),
    "relative",
  ];
  const rows = sets.map((set, index) => {
    const figures = SHOWN.map((name) => measure(set, name));
    const { wall, wallDifference } = relatives[index];
    const relative = wall === undefined ? "" : wallDifference ? ratioWords(wall) : "1.00";
    const [duration, ...others] = SHOWN.map((name, at) => meanAndDeviation(name, figures[at]));
    return [set.label, duration, range("wall_seconds", figures[0]), ...others, relative];
  });
  return language === "markdown" ? markdown(head, rows) : asciidoc(head, rows);
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  const body = rows.map(([label, ...figures]) => line([markdownCell(label), ...figures]));
  return line(head) + line([":---", ...head.slice(1).map(() => "---:")]) + body.join("");
}

function asciidoc(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = rows.map(([label, ...figures]) =>
    [
      `| pass:c[${printable(label).replaceAll("]", "\\]").replaceAll("|", "\\|")}]`,
      ...figures.map((cell) => `| ${cell}`),
    ]
      .join("\n")
  );
  return `[cols="<${",>".repeat(head.length - 1)}"]\n|===\n${head.map((cell) => `| ${cell}`).join("\n")}\n\n${
    lines.join("\n\n")
  }\n|===\n`;
}
