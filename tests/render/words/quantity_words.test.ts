import assert from "node:assert/strict";
import { test } from "node:test";
import { compareSets } from "../../../core/compare/comparison.ts";
import type { EndedRun } from "../../../core/compare/comparison.ts";
import { comparisonSection } from "../../../render/page/comparison_section.ts";
import { comparisonMarkdown } from "../../../render/text/comparison_markdown.ts";
import { comparisonText } from "../../../render/text/comparison_text.ts";
import { startLine, summaryLine } from "../../records/support/records_text.ts";

/** Runs of so many seconds each. */
function setOf(label: string, walls: readonly number[]) {
  const runs = walls.map((wall) => ({
    start: JSON.parse(startLine()),
    summary: JSON.parse(summaryLine(1, { wall_seconds: wall })),
  })) as EndedRun[];
  return { label, file: null, runs };
}

const compared = (first: readonly number[], second: readonly number[], threshold?: number) =>
  compareSets([setOf("a", first), setOf("b", second)], ["wall_seconds"], threshold);
const RED = "\x1b[1;31m";

test("a difference that is sure and of no size is told so, without a colour", () => {
  const comparison = compared([10, 10.0001, 9.9999, 10], [10.01, 10.0101, 10.0099, 10.01]);
  assert.equal(comparison.quantities[0].differences[0].verdict, "more", "the test still says what it finds");
  const text = comparisonText(comparison, true);
  assert.ok(!text.includes(RED), text);
  assert.match(text, /\+0\.10% {2}\(\+0\.\d\d% … \+0\.\d\d%\) {2}negligible/);
  assert.match(text, /"negligible" exceeds it, too, and is less than 1% \(--threshold\)\./);
  assert.match(comparisonMarkdown(comparison), /\| \+0\.10% negligible \|/);
  assert.doesNotMatch(comparisonSection(comparison).text, /badge bad/);
});

test("one that matters has its colour", () => {
  const comparison = compared([10, 10.01, 9.99], [11, 11.01, 10.99]);
  assert.ok(comparisonText(comparison, true).includes(RED));
  assert.match(comparisonMarkdown(comparison), /\*\*\+10\.0% more\*\*/);
  assert.match(comparisonSection(comparison).text, /badge bad/);
});

test("the threshold decides what is marked, in text, Markdown and on the page; at the threshold it is", () => {
  const of = (threshold: number) => compared([10, 10.01, 9.99], [11, 11.01, 10.99], threshold);
  for (const [threshold, isMarked] of [[0, true], [9.9, true], [10.1, false], [50, false]] as const) {
    const comparison = of(threshold);
    assert.equal(comparison.quantities[0].differences[0].verdict, "more");
    assert.equal(comparisonText(comparison, true).includes(RED), isMarked, `text at ${threshold}`);
    assert.equal(
      comparisonMarkdown(comparison).includes("**+10.0% more**"),
      isMarked,
      `Markdown at ${threshold}`,
    );
    assert.equal(comparisonSection(comparison).text.includes("badge bad"), isMarked, `page at ${threshold}`);
  }
  assert.ok(
    comparisonText(compared([0, 0, 0], [1, 1, 1], 50), true).includes(RED),
    "from nothing to something",
  );
});

test("equal means within the noise are not told to be the same", () => {
  const comparison = compared([9, 10, 11], [9, 10, 11]);
  const text = comparisonText(comparison, false);
  assert.match(text, /±0% {2}\(−[^)]+\) {2}no significant change\n/);
  assert.doesNotMatch(text, /the same/);
  assert.match(comparisonMarkdown(comparison), /\| ±0%, no significant change \|/);
  assert.match(comparisonText(compared([10, 10, 10], [10, 10, 10]), false), / the same\n/);
});
