/* A Windows that tells one's own CPU time, whatever process is asked for, as Wine does. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Total } from "../../../core/measure/raw.ts";
import { ProcessTree } from "../../../group/process_tree.ts";
import { describeAccounting } from "../../../monitor/run/accounting.ts";
import { windows } from "../../../platform/windows/mod.ts";
import { fakeWindows, noFakeWindows } from "../../support/fake_windows.ts";

test("CPU times that are our own are believed of nobody", { skip: noFakeWindows, timeout: 120_000 }, () => {
  const fake = fakeWindows();
  fake.fake_lie_of_times(1);
  const wanted = { counters: true, io: true, switches: false, fileDescriptors: true };
  const tree = ProcessTree.create(windows, { wanted, marker: "", guarded: true, soleParent: true });
  const args = [Buffer.from("a.exe")];
  const launched = tree.start({ file: args[0], args, env: [], cwd: undefined, stdio: [0, 1, 2] });
  assert.ok(!("stage" in launched));
  fake.fake_use(launched.pid, 30, 10, 1_000);
  tree.refresh(performance.now(), "everything");
  fake.fake_end(launched.pid, 0);
  tree.refresh(performance.now(), "everything");
  assert.equal(tree.members.length, 0);
  assert.equal(tree.reading.totals[Total.cpuSeconds], 0.04);
  // The job counts nothing, and what was used since the last look nobody does.
  assert.deepEqual(describeAccounting(tree, "ended").cpu, {
    source: "ledger",
    quality: "lower_bound",
    note: "the system does not report what ended processes used: billed as last seen",
  });
  tree.release();
});
