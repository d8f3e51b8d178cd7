import assert from "node:assert/strict";
import { test } from "node:test";
import { ProcessCourse } from "../../../supervisor/page/process_course.ts";
import { FakeControl } from "../support/fake_control.ts";

const control = new FakeControl(["web"]);
const status = (more: Parameters<FakeControl["put"]>[0] extends infer S ? Omit<S, "id"> : never) =>
  control.put({ id: "web", ...more });

test("keeps so many moments in a ring, and tells those since one", () => {
  const course = new ProcessCourse(3);
  for (let at = 1; at <= 5; at++) course.take(at, status({ cpu_percent: at * 10, memory_bytes: null }));
  const all = course.since(0);
  assert.deepEqual(all.times_ms, [3, 4, 5]);
  assert.deepEqual(all.columns.cpu_percent, [30, 40, 50]);
  assert.deepEqual(all.columns.memory_bytes, [null, null, null]);
  assert.deepEqual(course.since(5).times_ms, [5]);
});

test("counters are told by the second, of one run alone", () => {
  const course = new ProcessCourse(9);
  course.take(0, status({ pid: 1, network_rx_bytes: 100 }));
  course.take(2_000, status({ pid: 1, network_rx_bytes: 500 }));
  course.take(4_000, status({ pid: 2, network_rx_bytes: 900 }));
  course.take(6_000, status({ pid: 2, network_rx_bytes: null }));
  course.take(8_000, status({ pid: 2, network_rx_bytes: 900 }));
  assert.deepEqual(course.since(0).columns.network_rx_bytes_per_second, [null, 200, null, null, null]);
});
