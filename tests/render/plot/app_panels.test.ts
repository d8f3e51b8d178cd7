/* Which of the metrics that programs tell of themselves are drawn, and how. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SampleColumns } from "../../../records/sample_columns.ts";
import { appPanels, MOST_APP_PANELS } from "../../../render/plot/app_panels.ts";
import { onAxis } from "../../../render/plot/axes.ts";

function runOf(...samples: Record<string, number | null>[]) {
  const columns = new SampleColumns();
  for (const values of samples) {
    columns.add();
    columns.setTold(values);
  }
  return { samples: columns };
}

/** Each chart as `id unit kind: columns`. */
const drawn = (...runs: ReturnType<typeof runOf>[]) =>
  appPanels(runs).map(({ id, unit, kind, lines }) =>
    `${id} ${unit} ${kind}: ${lines.map(({ column }) => column)}`
  );

describe("charts of what programs tell of themselves", () => {
  test("are one for each metric, by its kind", () => {
    const of = (n: number) => ({
      app_depth: n,
      app_heap_bytes: n,
      app_load_percent: n,
      app_jobs_total: n,
      app_jobs_per_second: n,
      app_time_total: n,
      app_time_per_second: n,
      app_time_mean_ms: n,
      app_time_p95_ms: n,
      app_time_max_ms: n,
      app_size_total: n,
      app_size_per_second: n,
      app_size_mean: n,
      app_size_p95: n,
      app_size_max: n,
      app_user_unique: n,
      // Gauges that only sound like parts of others.
      app_open_total: n,
      app_lag_max: n,
    });
    assert.deepEqual(drawn(runOf(of(1), of(2))), [
      "app_depth number level: app_depth",
      "app_heap_bytes bytes level: app_heap_bytes",
      "app_jobs number_per_second average: app_jobs_per_second",
      "app_lag_max number level: app_lag_max",
      "app_load_percent percent level: app_load_percent",
      "app_open_total number level: app_open_total",
      "app_size number average: app_size_p95,app_size_mean",
      "app_time milliseconds average: app_time_p95_ms,app_time_mean_ms",
      "app_user_unique number average: app_user_unique",
    ]);
  });

  test("leave out what never moves, in any run, and what is not known", () => {
    const constant = runOf({ app_version: 3, app_depth: 1, app_none: null }, {
      app_version: 3,
      app_depth: 1,
    });
    assert.deepEqual(drawn(constant), []);
    assert.deepEqual(drawn(constant, runOf({ app_depth: 1 }, { app_depth: 0 })), [
      "app_depth number level: app_depth",
    ]);
  });

  test("are no more than the page has room for", () => {
    const of = (n: number) =>
      Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`app_g${index}`, index + n]));
    assert.equal(drawn(runOf(of(0), of(1))).length, MOST_APP_PANELS);
  });

  test("have no names but those of records", () => {
    const strange = { 'app_x" onload="': 1, cpu_percent: 1, app_: 1, ["app_" + "x".repeat(500)]: 1 };
    assert.deepEqual(runOf(strange).samples.appNames, []);
    const { samples } = runOf(Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`app_n${n}`, n])));
    assert.equal(samples.appNames.length, 1_000);
  });

  test("have ticks below zero", () => {
    assert.deepEqual([-20_000, -0.5, 0, 0.5].map((tick) => onAxis(tick, "number")), [
      "−20k",
      "−0.5",
      "0",
      "0.5",
    ]);
  });
});
