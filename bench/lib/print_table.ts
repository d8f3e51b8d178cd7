import type { Check, Column, Table } from "./result.ts";
import { judge } from "./yardstick.ts";
import type { Verdict } from "./yardstick.ts";

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

/** Wanted against measured, as a table; with yardsticks where there are any. */
export function checkTable(checks: readonly Check[]): Table {
  const judged = checks.map((check) => ({ check, verdict: judge(check) }));
  const hasYardsticks = checks.some(({ beside }) => beside);
  const beside = ({ beside }: Check, { slower }: Verdict) =>
    beside
      ? [
        `${beside.yardstick.name} ${short(beside.measured)} ${beside.yardstick.unit}`,
        `${slower!.toFixed(2)} ×`,
      ]
      : [null, null];
  const ratios = ({ ratio, wantedRatio }: Verdict) =>
    ratio === null || wantedRatio === null ? [null, null] : [`≤ ${short(wantedRatio)}`, short(ratio)];
  return {
    title: "wanted and measured",
    columns: [
      { name: "what" },
      { name: "wanted" },
      { name: "measured" },
      ...(hasYardsticks ? ["yardstick here", "slower by", "wanted ÷ it", "measured ÷ it"] : []).map((
        name,
      ) => ({ name })),
      { name: "" },
    ],
    rows: judged.map(({ check, verdict }) => [
      check.what,
      `≤ ${check.wanted_at_most} ${check.unit}`,
      `${short(check.measured)} ${check.unit}`,
      ...(hasYardsticks ? [...beside(check, verdict), ...ratios(verdict)] : []),
      verdict.isMet ? "met" : "MISSED",
    ]),
  };
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
