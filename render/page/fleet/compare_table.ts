import { make } from "../parts/dom.ts";
import type { Comparison, Difference } from "./compare_api.ts";
import { differenceWords, titleOf, valueWords, verdictWords } from "./compare_words.ts";
import { intervalBar, reachOf } from "./interval_bar.ts";
import type { PercentRange } from "./interval_bar.ts";
import { tableOf } from "./table.ts";

/** The differences as a table: values, how far they are apart, how sure that is, as a bar and in words. */
export function compareTable(
  { confidence_percent }: Comparison,
  rows: readonly Difference[],
  [first, second]: readonly [string, string],
): HTMLTableElement {
  const reach = reachOf(rows.map(rangeOf).filter((range) => range !== null));
  const shown = rows.map((row) => {
    const range = rangeOf(row);
    const [one, other] = row.sides;
    return [
      titleOf(row),
      valueWords(row, one.mean),
      valueWords(row, other.mean),
      range ? intervalBar(range, reach, row.verdict) : "",
      differenceCell(row),
      make("span", { class: `verdict ${row.verdict}` }, verdictWords(row)),
    ];
  });
  const table = tableOf([
    ["Figure"],
    [first, "number first"],
    [second, "number second"],
    [`−${Math.round(reach)}% to +${Math.round(reach)}%`, "interval-cell"],
    [`Difference, ${confidence_percent}% sure`, "number"],
    ["Verdict"],
  ], shown);
  table.classList.add("comparison");
  return table;
}

function differenceCell(row: Difference): HTMLElement {
  const { at, range } = differenceWords(row);
  return make(
    "span",
    { class: "difference" },
    at,
    ...range === null ? [] : [" ", make("small", {}, `(${range})`)],
  );
}

function rangeOf({ sides: [{ mean }], low, high, difference }: Difference): PercentRange | null {
  if (mean === null || mean === 0 || low === null || high === null || difference === null) return null;
  const [at, ...edges] = [difference, low, high].map((value) => value / mean * 100);
  return { at, low: Math.min(...edges), high: Math.max(...edges) };
}
