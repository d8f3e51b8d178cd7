import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compareSets } from "../../../core/compare/comparison.ts";
import { judge } from "../../../core/compare/judge.ts";
import { parseCondition } from "../../../core/compare/condition.ts";
import { QUANTITY_NAMES } from "../../../core/compare/quantity.ts";
import type { QuantityName } from "../../../core/compare/quantity.ts";
import { comparisonText } from "../../../render/text/comparison_text.ts";
import { runSet } from "../../core/compare/support/runs.ts";

const COLUMNS = 80;
/** Runs whose figures of every metric have many digits, of hours and hundreds of megabytes. */
const long = (label: string, factor: number) =>
  runSet(
    label,
    [1, 1.017, 0.9813, 1.0031].map((part) =>
      Object.fromEntries(
        QUANTITY_NAMES.map((
          name,
        ) => [name, part * factor * (name.endsWith("_seconds") ? 45_296.78 : 987_654_321.5)]),
      )
    ),
  );
// deno-lint-ignore no-control-regex
const plain = (line: string) => line.replace(/\x1b\[[\d;]*m/g, "");
const lines = (sets: ReturnType<typeof long>[], names: readonly QuantityName[], color = false) =>
  comparisonText(compareSets(sets, names), color).split("\n");

describe("the table of a comparison", () => {
  test("has differences beside the figures where 80 columns hold them", () => {
    const three = [3, 3, 3].map((total_process_count) => ({ total_process_count }));
    const sets = [runSet("a", three), runSet("b", three)];
    const text = lines(sets, ["total_process_count"]);
    assert.ok(text.includes("QUANTITY   RUNS  MEAN ± DEVIATION  RANGE      AGAINST a"), text.join("\n"));
    assert.ok(text.some((line) => line.endsWith("(sampled)  the same")), text.join("\n"));
  });

  test("has them below where they would be too wide, in the column of the figures", () => {
    const text = lines([long("one", 1), long("two", 2)], ["disk_read_bytes"]);
    const [heading, against] = text.slice(text.findIndex((line) => line.startsWith("QUANTITY")));
    assert.doesNotMatch(heading, /AGAINST/);
    assert.equal(against.indexOf("AGAINST one"), heading.indexOf("MEAN"));
    const difference = text.find((line) => line.includes("  more"))!;
    assert.equal(difference.indexOf("+100%"), heading.indexOf("MEAN"));
  });

  for (const color of [false, true]) {
    test(`fits 80 columns with every metric, and conditions${color ? ", in colours" : ""}`, () => {
      const comparison = compareSets([long("one", 1), long("two", 1.5), long("three", 0.25)], QUANTITY_NAMES);
      const conditions = QUANTITY_NAMES.map((name) => parseCondition(`${name} > +10% significantly`));
      comparison.judgements.push(...judge(comparison, conditions));
      comparison.notes.push(`three: the records end early, ${"and once more ".repeat(9)}`);
      const text = plain(comparisonText(comparison, color)).split("\n");
      assert.deepEqual(text.filter((line) => line.length > COLUMNS), []);
      for (const { name } of comparison.quantities) assert.ok(text.some((line) => line.includes(name)), name);
    });

    test(`fits 80 columns with a single set${color ? ", in colours" : ""}`, () => {
      const text = lines([long("one", 1)], QUANTITY_NAMES, color).map(plain);
      assert.deepEqual(text.filter((line) => line.length > COLUMNS), []);
    });
  }

  test("wraps the reason why figures are not compared", () => {
    const peaks = [1e6, 1e6, 1e6].map((peak_memory_bytes) => ({ peak_memory_bytes }));
    const text = lines([
      runSet("a", peaks, { peak_memory: { source: "cgroup", quality: "exact" } }),
      runSet("b", peaks),
    ], [
      "peak_memory_bytes",
    ]);
    assert.match(
      text.join(" ").replace(/ +/g, " "),
      /not compared: exact by cgroup in the first set, sampled by samples in this one/,
    );
    assert.deepEqual(text.filter((line) => line.length > COLUMNS), []);
  });
});
