/*
 * Records that something has damaged: refused in one sentence with file and line, or read and drawn; never more than
 * that.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { compareSets } from "../../core/compare/comparison.ts";
import type { EndedRun } from "../../core/compare/comparison.ts";
import { QUANTITY_NAMES } from "../../core/compare/quantity.ts";
import { ProctorError } from "../../core/error.ts";
import { readRunsFrom } from "../../records/read_runs.ts";
import type { RecordedRun } from "../../records/recorded_run.ts";
import { reportPage } from "../../render/page/report_page.ts";
import { PLOT_NAMES, plotOf } from "../../render/plot/plot_model.ts";
import { plotSvg } from "../../render/plot/plot_svg.ts";
import { plotText } from "../../render/plot/plot_text.ts";
import { comparisonText } from "../../render/text/comparison_text.ts";
import { processLine, runLines, sampleLine, startLine, summaryLine } from "./support/records_text.ts";

async function* piece(bytes: Uint8Array) {
  yield bytes;
}
const read = (bytes: Uint8Array) => readRunsFrom(piece(bytes), "run.jsonl");
const utf8 = (text: string) => new TextEncoder().encode(text);
const row = {
  pid: 7,
  parent_pid: 1,
  start_time: "2026-11-21T10:00:00.000Z",
  name: "cc1",
  command: "cc1 x.c",
  uptime_seconds: 1,
  memory_bytes: 5,
};
const LINES = [
  startLine(),
  sampleLine(1, { processes: [row] }),
  sampleLine(2, { processes: [row, { ...row, pid: 8 }] }),
  processLine(2, 1),
  summaryLine(2),
];

/** Every verb that reads records, over what was read. */
function useAll(runs: readonly RecordedRun[]): void {
  reportPage(runs);
  try {
    plotSvg(plotOf(runs, PLOT_NAMES), { width: 860, theme: "light" });
    plotText(plotOf(runs, PLOT_NAMES.filter((name) => name !== "timeline")), { columns: 80, color: false });
  } catch (error) {
    assert.match((error as ProctorError).message, /^there is nothing to plot/, String(error));
  }
  const ended = runs.filter((run) => run.summary !== null) as (RecordedRun & EndedRun)[];
  if (ended.length === 0) return;
  const set = { label: "a", file: null, runs: ended };
  comparisonText(compareSets([set, set], QUANTITY_NAMES), true);
}

/** The refusal; undefined where the damage does no harm. */
async function refusalOf(bytes: Uint8Array): Promise<string | undefined> {
  let runs;
  try {
    runs = await read(bytes);
  } catch (error) {
    assert.ok(error instanceof ProctorError, `no refusal: ${(error as Error).stack}`);
    assert.equal(error.kind, "usage");
    assert.match(error.message, /^run\.jsonl(:\d+|\b)/);
    assert.doesNotMatch(error.message, /\n|internal/);
    assert.ok(error.message.length < 2_000, error.message);
    return error.message;
  }
  useAll(runs);
  return undefined;
}

/** A key of a JSON text gets another value, as text: so that 1e400 can be written, too. */
function replaced(line: string, key: string, value: string): string {
  return JSON.stringify(JSON.parse(line), (name, old) => name === key ? "@@" : old).replaceAll('"@@"', value);
}

const NASTY = [
  "1e400",
  "-1e400",
  "1e300",
  "1e19",
  "9007199254740993",
  "-1",
  "-0.5",
  "0.1",
  "null",
  "true",
  '""',
  '"x"',
  "[]",
]
  .concat([
    "{}",
    "[null]",
    '[{"pid":null}]',
    '["\\u0000"]',
    '"\\ud800"',
    '"\\u001b[31m"',
    '"9999-99-99"',
    '"0000-01-01T00:00:00.000Z"',
  ]);
const keysOf = (line: string) => {
  const keys = new Set<string>();
  JSON.stringify(JSON.parse(line), (name, value) => {
    if (name !== "" && !/^\d+$/.test(name)) keys.add(name);
    return value;
  });
  return [...keys];
};

describe("damaged records", () => {
  test("the records of this test are whole", async () => {
    assert.equal(await refusalOf(utf8(`${LINES.join("\n")}\n`)), undefined);
  });

  for (const [index, line] of LINES.entries()) {
    test(`line ${index + 1}: every key with every value`, { timeout: 120_000 }, async () => {
      for (const key of keysOf(line)) {
        for (const value of NASTY) {
          const lines = LINES.with(index, replaced(line, key, value));
          const said = await refusalOf(utf8(`${lines.join("\n")}\n`));
          if (/^-?1e\d/.test(value) && !["threads"].includes(key)) {
            assert.ok(said?.startsWith(`run.jsonl:${index + 1}: `), `${key}: ${value}: ${said}`);
          }
        }
      }
    });
  }

  test("bytes that are cut off, changed, doubled or NUL", { timeout: 120_000 }, async () => {
    const whole = utf8(`${LINES.join("\n")}\n`);
    const damage = fc.record({
      at: fc.nat(whole.length - 1),
      length: fc.nat(200),
      by: fc.constantFrom("cut", "zero", "drop", "double", "noise"),
      noise: fc.uint8Array({ maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, length, by, noise }) => {
        const [head, middle, tail] = [
          whole.slice(0, at),
          whole.slice(at, at + length),
          whole.slice(at + length),
        ];
        const parts = {
          cut: [head],
          zero: [head, new Uint8Array(middle.length), tail],
          drop: [head, tail],
          double: [head, middle, middle, tail],
          noise: [head, noise, tail],
        }[by];
        await refusalOf(Buffer.concat(parts));
      }),
      { numRuns: 300 },
    );
  });

  test("lines in any order, and of several runs", { timeout: 120_000 }, async () => {
    const all = [...LINES, ...runLines(), "", "null", "[]", '{"kind":"later"}', "[".repeat(100_000)];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...all), { maxLength: 12 }), async (lines) => {
        await refusalOf(utf8(lines.map((line) => `${line}\n`).join("")));
      }),
      { numRuns: 100 },
    );
  });

  test("what is out of range is named with its place", async () => {
    const lines = LINES.with(1, replaced(LINES[1], "memory_bytes", "1e400"));
    assert.equal(
      await refusalOf(utf8(lines.join("\n"))),
      "run.jsonl:2: sample: memory_bytes: Infinity is out of range",
    );
    const ended = LINES.with(4, replaced(LINES[4], "wall_seconds", "1e300"));
    assert.match(
      await refusalOf(utf8(`${ended.join("\n")}\n`)) ?? "",
      /^run\.jsonl:5: summary: wall_seconds: 1e\+300 is out of range$/,
    );
  });
});
