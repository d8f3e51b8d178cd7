/* The same questions over the store in a directory: what the tests beside this one ask of a store in memory. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FleetQuery } from "../../../fleet/query/fleet_query.ts";
import { readColumn } from "../../../fleet/query/wanted_column.ts";
import { openDirectory } from "../../../fleet/store/sqlite/open.ts";
import { DAY_START, FIVE_MINUTES, HOUR, QueryFleet, sampleOf } from "../support/query_fleet.ts";

test(
  "series and top over the store in a directory are exact, at every seam",
  { timeout: 60_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "proctor-query-"));
    const store = await openDirectory(join(directory, "fleet"));
    try {
      const fleet = new QueryFleet();
      const agent = fleet.addAgent("factory/one", "press");
      const tasks = [fleet.addTask(agent, "mill"), fleet.addTask(agent, "lathe")];
      const MINUTES = 30 * 60;
      const samples = tasks.map((_, speed) =>
        Array.from({ length: MINUTES }, (_, minute) =>
          sampleOf(DAY_START + minute * 60_000, {
            cpu_seconds: (speed + 1) * minute / 10,
            memory_bytes: 1_000 * (speed + 1) + minute % 60,
          }, minute === 0))
      );
      const end = DAY_START + MINUTES * 60_000;
      const seal = (from: number, until: number) => {
        tasks.forEach((task, at) => fleet.take(task, samples[at].slice(from, until)));
        fleet.seal({ chunkMs: 24 * HOUR });
      };
      seal(0, 1_000);
      seal(1_000, 1_790);
      await store.seal(fleet.store.sealedChunks, 1, new Map());
      fleet.makeHours(end - 2 * HOUR);
      await store.makeHours(end - 2 * HOUR);
      tasks.forEach((task, at) => fleet.take(task, samples[at].slice(1_790)));

      const query = new FleetQuery(fleet, store, () => end);
      const [first, second] = tasks.map(({ id }) => id);
      const ask = async (step: number, from = DAY_START) => {
        const columns = ["cpu_seconds:increase", "memory_bytes:max"].map(readColumn);
        const question = { tasks: [second], columns, from, until: end, step, points: 300 };
        const [series] = await query.series(question, null);
        const increases = series.values["cpu_seconds:increase"];
        const tenths = increases.reduce<number>((sum, one) => sum + Math.round((one ?? 0) * 10), 0);
        return [series.tier, series.times.length, increases.length, tenths];
      };
      assert.deepEqual(await ask(60_000), ["raw", MINUTES, MINUTES, 2 * (MINUTES - 1)]);
      assert.deepEqual(await ask(FIVE_MINUTES), ["fiveMinutes", 360, 360, 2 * (MINUTES - 1)]);
      assert.deepEqual(await ask(HOUR), ["hours", 30, 30, 2 * (MINUTES - 1)]);
      assert.deepEqual(await ask(HOUR, end - 4 * HOUR), ["hours", 4, 4, 2 * 240]);
      const topOf = async (from: number) => {
        const { values, ids } = await query.top({
          column: "cpu_seconds",
          by: "task",
          measure: "increase",
          of: "tasks",
          limit: 5,
          from,
          until: end,
        }, null);
        assert.deepEqual(ids, [second, first]);
        return values.map((value) => Math.round(value * 10));
      };
      assert.deepEqual(await topOf(DAY_START), [2 * (MINUTES - 1), MINUTES - 1]);
      assert.deepEqual(await topOf(end - 2 * HOUR), [240, 120]);
      assert.deepEqual(await topOf(end - 26.5 * HOUR), [2 * 1_590, 1_590]);
    } finally {
      await store.close();
      rmSync(directory, { recursive: true });
    }
  },
);
