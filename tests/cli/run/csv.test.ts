import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { METRIC_NAMES, METRICS } from "../../../core/measure/metrics.ts";
import { withDirectory } from "../support/directory.ts";
import { proctor } from "../support/proctor.ts";

/** A reader of RFC 4180 of its own, so that a fault of the writer's library is seen. */
function parseCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [[]];
  let cell = "", quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted && char === '"' && text[at + 1] === '"') cell += text[at++];
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === ",") {
      rows.at(-1)!.push(cell);
      cell = "";
    } else if (!quoted && char === "\n") {
      rows.at(-1)!.push(cell.replace(/\r$/, ""));
      rows.push([]);
      cell = "";
    } else cell += char;
  }
  assert.deepEqual(rows.pop(), [], "the last line is cut off");
  const [header, ...body] = rows;
  return body.map((row) => {
    assert.equal(row.length, header.length, row.join("|"));
    return Object.fromEntries(header.map((name, index) => [name, row[index]]));
  });
}

function csvOf(
  options: string[],
  command: string[],
): Promise<{ rows: Record<string, string>[]; text: string }> {
  return withDirectory(async (directory) => {
    const file = `${directory}/records.csv`;
    await proctor(["run", "--quiet", "--format", "csv", "--records", file, ...options, "--", ...command]);
    const text = readFileSync(file, "utf8");
    return { rows: parseCsv(text), text };
  });
}

const FAST = ["--interval", "50ms", "--no-adaptive"];

describe("--format csv", () => {
  test("has a row per sample and a column per metric, named as in JSON", { timeout: 120_000 }, async () => {
    const { rows } = await csvOf(FAST, ["sleep", "4"]);
    assert.ok(rows.length >= 3, `${rows.length} rows`);
    const columns = Object.keys(rows[0]);
    for (const { name, group } of METRICS) {
      // No built-in profile has what GPUs do.
      assert.equal(columns.includes(name), group !== null && group !== "gpu", name);
    }
    // The last sample may find that the command has just ended.
    const isOver = rows.at(-1)!.process_count === "0";
    const alive = isOver ? rows.slice(0, -1) : rows;
    for (const row of alive) {
      assert.match(row.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.equal(row.process_count, "1");
      // Not known before the command has first run, which it may not have when the first sample is taken.
      assert.match(row.memory_bytes, row === alive.at(-1) ? /^[1-9]\d*$/ : /^([1-9]\d*)?$/);
      assert.equal(row.network_rx_bytes, "", "unknown is empty, not 0");
    }
    const elapsed = rows.map((row) => Number(row.elapsed_seconds));
    assert.deepEqual(elapsed, [...elapsed].sort((a, b) => a - b));
  });

  test("has only the metrics that were chosen", { timeout: 120_000 }, async () => {
    const { rows } = await csvOf([...FAST, "--metrics", "cpu"], ["sleep", "2"]);
    const columns = Object.keys(rows[0]);
    assert.deepEqual(columns.filter((name) => (METRIC_NAMES as readonly string[]).includes(name)), [
      "cpu_percent",
      "cpu_seconds",
    ]);
  });

  test("has rows of processes below the row of the tree", { timeout: 120_000 }, async () => {
    const odd = 'odd, "quoted"\nname';
    const { rows } = await csvOf([...FAST, "--per-process"], ["sh", "-c", "sleep 4", odd]);
    const trees = rows.filter(({ pid }) => pid === "");
    const processes = rows.filter(({ pid }) => pid !== "");
    assert.ok(trees.length >= 2);
    assert.ok(processes.length >= trees.length);
    assert.equal(rows[0].pid, "");
    assert.ok(processes.some(({ command }) => command === `sh -c sleep 4 ${odd}`), processes[0].command);
    assert.equal(processes[0].elapsed_seconds, trees[0].elapsed_seconds);
  });

  test("has its header even without a sample", { timeout: 120_000 }, async () => {
    for (const command of [["true"], ["no-such-command-of-proctor"]]) {
      const { rows, text } = await csvOf([], command);
      assert.deepEqual(rows, []);
      assert.match(text, /^timestamp,.*cpu_percent/);
    }
  });

  test("goes to standard output with -", { timeout: 120_000 }, async () => {
    const args = [
      "run",
      "--quiet",
      ...FAST,
      "--format",
      "csv",
      "--records",
      "-",
      "--",
      "sh",
      "-c",
      "echo x; sleep 2",
    ];
    const { stdout, stderr } = await proctor(args);
    assert.ok(parseCsv(stdout.toString()).length >= 1);
    assert.equal(stderr, "x\n");
  });
});
