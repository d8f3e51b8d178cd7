/* What programs tell of themselves, as Prometheus gets it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Board } from "../../../exporters/prometheus/board.ts";
import { Exposition } from "../../../exporters/prometheus/exposition.ts";
import { parseExposition } from "../../../core/app/open_metrics.ts";
import { taskMessage } from "../support/sample_messages.ts";

for (const format of ["text", "openmetrics"] as const) {
  test(`each name is a family, with a series for each task that has it: ${format}`, async () => {
    const board = new Board({ agent: "node-7" });
    board.message(taskMessage("a", { app: { app_jobs_total: 6, app_depth: 3, app_time_p95_ms: null } }));
    board.message(taskMessage("b", { app: { app_depth: -1.5 } }));
    board.message(taskMessage("c"));
    const exposition = new Exposition(board);
    const text = await exposition.write(format);
    const counter = format === "text" ? "proctor_app_jobs_total" : "proctor_app_jobs";
    assert.match(text, new RegExp(`^# TYPE ${counter} counter$`, "m"));
    assert.match(text, /^proctor_app_jobs_total\{task="a",agent="node-7"\} 6$/m);
    assert.match(text, /^# TYPE proctor_app_depth gauge$/m);
    assert.match(
      text,
      /^proctor_app_depth\{task="a",agent="node-7"\} 3\nproctor_app_depth\{task="b",.*\} -1\.5$/m,
    );
    assert.doesNotMatch(text, /p95/);
    const page = parseExposition(text);
    assert.ok(typeof page !== "string", String(page));
    assert.equal(page.gauges.get("proctor_app_depth"), 1.5);
    // Names go as they come.
    board.message(taskMessage("a", { app: { app_other: 1 } }));
    const next = await exposition.write(format);
    assert.match(next, /^proctor_app_other\{/m);
    assert.doesNotMatch(next, /app_jobs/);
  });
}
