/* Parquet files, read by other programs than the one that wrote them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { zstdDecompressSync } from "node:zlib";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { parquetFile } from "../../../fleet/export/parquet.ts";
import type { ExportedSample } from "../../../fleet/export/samples.ts";
import { COLUMNS, noFigures } from "../../../fleet/model/column.ts";
import type { TaskView } from "../../../fleet/model/view.ts";
import { exported } from "../support/forwarded_fleet.ts";
import { SimulatedFleet } from "../support/simulated_fleet.ts";

const TIMEOUT = { timeout: 60_000 };
const noArrow = spawnSync("python3", ["-c", "import pyarrow, pandas"]).status !== 0 &&
  "needs pandas with pyarrow";
const compressors = { ZSTD: (input: Uint8Array) => new Uint8Array(zstdDecompressSync(input)) };

async function joined(pieces: AsyncIterable<Uint8Array>): Promise<{ file: ArrayBuffer; largest: number }> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  const whole = Buffer.concat(all);
  const file = whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.length) as ArrayBuffer;
  return { file, largest: Math.max(...all.map(({ length }) => length)) };
}

const task = (taskId: string) =>
  ({
    taskId,
    target: taskId === "" ? null : "web",
    name: taskId === "" ? null : "größe \u{1f600}",
    agent: { unit: "factory/line", propletId: "press", host: null },
  }) as unknown as TaskView;

/** Samples of which no two are alike. */
async function* made(count: number): AsyncGenerator<ExportedSample> {
  const tasks = [task(""), task("one"), task("two")];
  for (let at = 0; at < count; at++) {
    const figures = noFigures();
    COLUMNS.forEach((_, column) => {
      if ((at + column) % 3 !== 0) figures[column] = at * 1.000001 + column;
    });
    const custom = at % 4 === 0 ? null : new Map([["app_jobs_total", at], ["gpu_watts", at / 7]]);
    yield [tasks[at % 3], { time: 1_700_000_000_000 + at * 1_001, figures, custom, begins: at % 5 === 0 }];
  }
}

describe("a Parquet file", () => {
  test("has what the API has, row by row", TIMEOUT, async () => {
    await using fleet = await SimulatedFleet.open({ plan: { agents: 2, tasks: 3, channels: 1 } });
    await fleet.settle();
    const response = await fleet.ask("/api/v1/export?unit=fleet/channel-0&from=12h&format=parquet");
    assert.equal(response.headers.get("content-type"), "application/vnd.apache.parquet");
    const rows = await parquetReadObjects({ file: await response.arrayBuffer(), compressors });
    const expected = await exported(fleet, ["fleet/channel-0"]);
    assert.equal(rows.length, expected.length);
    rows.forEach(({ time, domain, channel, proplet_id, task_id, host, begins, ...rest }, at) => {
      const figures = COLUMNS.flatMap(({ name }) => rest[name] === null ? [] : [[name, rest[name]]]);
      assert.deepEqual(
        {
          time: time.toISOString(),
          unit: `${domain}/${channel}`,
          host,
          proplet_id,
          task_id,
          begins,
          figures: Object.fromEntries(figures),
        },
        expected[at],
      );
    });
    assert.equal((await fleet.ask("/api/v1/export?unit=fleet/channel-0&format=csv")).status, 422);
  });

  test("is written a group at a time, and figures come back to the last bit", TIMEOUT, async () => {
    const { file, largest } = await joined(parquetFile(made(20_000)));
    const metadata = parquetMetadata(file);
    assert.deepEqual(metadata.row_groups.map(({ num_rows }) => Number(num_rows)), [8_192, 8_192, 3_616]);
    assert.ok(largest < file.byteLength / 2, `${largest} of ${file.byteLength}`);
    const rows = await parquetReadObjects({ file, compressors });
    let at = 0;
    for await (const [task, { time, figures, custom, begins }] of made(20_000)) {
      const row = rows[at++];
      assert.deepEqual(
        [row.time.getTime(), row.task_id, row.name, row.begins],
        [time, task.taskId, task.name, begins],
      );
      COLUMNS.forEach(({ name }, column) =>
        assert.equal(row[name], Number.isNaN(figures[column]) ? null : figures[column])
      );
      assert.deepEqual(row.custom ?? null, custom && Object.fromEntries(custom));
    }
  });

  test("of nothing is a file, too", TIMEOUT, async () => {
    const { file } = await joined(parquetFile(made(0)));
    assert.deepEqual(await parquetReadObjects({ file, compressors }), []);
    assert.equal(parquetMetadata(file).num_rows, 0n);
  });

  test("is read by pandas", { skip: noArrow, ...TIMEOUT }, async () => {
    const directory = mkdtempSync(join(tmpdir(), "parquet-"));
    try {
      const path = join(directory, "fleet.parquet");
      writeFileSync(path, new Uint8Array((await joined(parquetFile(made(10_000)))).file));
      const { stdout, stderr } = spawnSync("python3", [
        "-c",
        "import pandas, sys, json; t = pandas.read_parquet(sys.argv[1]); print(json.dumps([" +
        "len(t), str(t.time.dtype), t.time[1].isoformat(), float(t.cpu_percent.sum()), " +
        "int(t.custom.notna().sum()), dict(t.custom[1])['app_jobs_total'], t.name[1]]))",
        path,
      ], { encoding: "utf8" });
      let sum = 0;
      for await (const [, { figures }] of made(10_000)) sum += Number.isNaN(figures[0]) ? 0 : figures[0];
      const [rows, type, second, cpu, custom, jobs, name] = JSON.parse(stdout || "[]");
      assert.deepEqual([rows, custom, jobs, name], [10_000, 7_500, 1, "größe \u{1f600}"], stderr);
      assert.match(type, /^datetime64\[\w+, UTC\]$/);
      assert.equal(Date.parse(second), 1_700_000_001_001);
      assert.ok(Math.abs(cpu / sum - 1) < 1e-12, stdout);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
