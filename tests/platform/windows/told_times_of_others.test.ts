/* As told_times.test.ts, of a tree that others have started. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Total } from "../../../core/measure/raw.ts";
import { ProcessTree } from "../../../group/process_tree.ts";
import { describeAccounting } from "../../../monitor/run/accounting.ts";
import { windows } from "../../../platform/windows/mod.ts";
import { fakeWindows, noFakeWindows } from "../../support/fake_windows.ts";

test("times that are our own are not believed of a tree that is watched", { skip: noFakeWindows }, () => {
  const fake = fakeWindows();
  fake.fake_lie_of_times(1);
  fake.fake_add(100, 1);
  fake.fake_use(100, 100, 0, 1_000);
  const wanted = { counters: true, io: true, switches: false, fileDescriptors: true };
  const tree = ProcessTree.observe(windows, 100, { wanted, marker: "", soleParent: false, guarded: false });
  assert.ok(tree);
  fake.fake_use(100, 300, 0, 1_000);
  fake.fake_add(101, 100);
  tree.refresh(performance.now(), "everything");
  fake.fake_use(101, 50, 0, 1_000);
  tree.refresh(performance.now(), "everything");
  // No fault of its shows that nobody has inherited it.
  fake.fake_end(101, 0);
  tree.refresh(performance.now(), "everything");
  fake.fake_end(100, 0);
  tree.refresh(performance.now(), "everything");
  assert.equal(tree.members.length, 0);
  assert.ok(Math.abs(tree.reading.totals[Total.cpuSeconds] - 0.25) < 1e-9);
  assert.deepEqual(describeAccounting(tree, "ended").cpu, {
    source: "ntdll",
    quality: "lower_bound",
    note: "the system does not report what ended processes used: billed as last seen",
  });
  tree.release();
});
