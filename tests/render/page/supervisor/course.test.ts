import assert from "node:assert/strict";
import { test } from "node:test";
import { PAGE_COLUMNS } from "../../../../core/schema/page_messages.ts";
import type { PageHistory } from "../../../../core/schema/page_messages.ts";
import { continued, COURSE_PANELS, isShown } from "../../../../render/page/supervisor/course.ts";

function history(times: number[], cpu: (number | null)[]): PageHistory {
  const columns = PAGE_COLUMNS.map((name) => [name, name === "cpu_percent" ? cpu : times.map(() => null)]);
  return { times_ms: times, columns: Object.fromEntries(columns) };
}

test("a course goes on with what is later, and loses what is older than is shown", () => {
  const both = continued(history([1_000, 500_000], [1, 2]), history([500_000, 700_000], [9, 3]), 700_000);
  assert.deepEqual(both.times_ms, [500_000, 700_000]);
  assert.deepEqual(both.columns.cpu_percent, [2, 3]);
  const none = continued(both, history([], []), 5_000_000);
  assert.deepEqual([none.times_ms, none.columns.cpu_percent], [[], []]);
});

test("a chart of what is not counted is left out, but for CPU and memory", () => {
  const shown = COURSE_PANELS.filter((panel) => isShown(panel, history([1], [null]))).map(({ id }) => id);
  assert.deepEqual(shown, ["cpu", "memory"]);
});
