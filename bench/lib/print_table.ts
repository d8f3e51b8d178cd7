import type { Check, Column, Table } from "./result.ts";

function cell(value: string | number | null, column: Column): string {
  if (value === null) return "–";
  return typeof value === "number" ? value.toFixed(column.digits ?? 0) : value;
}

/** A table as aligned text: words to the left, numbers to the right. */
export function formatTable({ title, columns, rows }: Table): string {
  const texts = [
    columns.map(({ name }) => name),
    ...rows.map((row) => row.map((v, i) => cell(v, columns[i]))),
  ];
  const widths = columns.map((_, index) => Math.max(...texts.map((line) => line[index].length)));
  const isWords = columns.map((_, index) => rows.every((row) => typeof row[index] === "string"));
  const lines = texts.map((line) =>
    line.map((text, index) => isWords[index] ? text.padEnd(widths[index]) : text.padStart(widths[index]))
      .join("  ").trimEnd()
  );
  lines.splice(1, 0, widths.map((width) => "─".repeat(width)).join("  "));
  return [title, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** Wanted against measured, as a table. */
export function checkTable(checks: readonly Check[]): Table {
  return {
    title: "wanted and measured",
    columns: [{ name: "what" }, { name: "wanted" }, { name: "measured" }, { name: "" }],
    rows: checks.map((check) => [
      check.what,
      `≤ ${check.wanted_at_most} ${check.unit}`,
      `${Number(check.measured.toPrecision(3))} ${check.unit}`,
      check.measured <= check.wanted_at_most ? "met" : "MISSED",
    ]),
  };
}
