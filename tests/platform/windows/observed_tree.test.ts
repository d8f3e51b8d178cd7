/* A tree that others have started, on a Windows that is a library of ours. */
import assert from "node:assert/strict";
import { before, beforeEach, describe, test } from "node:test";
import { Total } from "../../../core/measure/raw.ts";
import { ProcessTree } from "../../../group/process_tree.ts";
import { describeAccounting } from "../../../monitor/run/accounting.ts";
import { windows } from "../../../platform/windows/mod.ts";
import { fakeWindows, noFakeWindows } from "../../support/fake_windows.ts";

const ROOT = 100;

describe("a tree that is watched", { timeout: 120_000 }, () => {
  let fake: ReturnType<typeof fakeWindows>;
  before(() => void (noFakeWindows || (fake = fakeWindows())));
  beforeEach(() => void (noFakeWindows || fake.fake_reset()));

  function watched() {
    const wanted = { counters: true, io: true, switches: false, fileDescriptors: true };
    const request = { wanted, marker: "", soleParent: false, guarded: false };
    const tree = ProcessTree.observe(windows, ROOT, request);
    assert.ok(tree);
    const look = () => {
      tree.refresh(performance.now(), "everything");
      return tree.members.map(({ pid }) => pid).sort((one, other) => one - other);
    };
    return { tree, look };
  }

  test("is who descends from its root, and nobody older", { skip: noFakeWindows }, () => {
    fake.fake_add(103, ROOT); // It was started by another that had this number before.
    fake.fake_add(ROOT, 1);
    fake.fake_add(101, ROOT);
    fake.fake_add(102, 101);
    fake.fake_add(200, 1);
    const { tree, look } = watched();
    assert.deepEqual(look(), [ROOT, 101, 102]);
    tree.release();
  });

  test(
    "keeps those whose parent has ended, and takes no stranger's for them",
    { skip: noFakeWindows },
    () => {
      fake.fake_add(ROOT, 1);
      fake.fake_add(101, ROOT);
      const { tree, look } = watched();
      assert.deepEqual(look(), [ROOT, 101]);
      fake.fake_add(102, 101);
      fake.fake_end(101, 0);
      assert.deepEqual(look(), [ROOT, 102]);
      // As long as we had a handle, its number was nobody else's.
      fake.fake_forget(101);
      fake.fake_add(101, 1);
      fake.fake_add(103, 101);
      assert.deepEqual(look(), [ROOT, 102]);
      assert.deepEqual(look(), [ROOT, 102]);
      tree.release();
    },
  );

  test("is billed from now on, with the last accounts of who ends", { skip: noFakeWindows }, () => {
    fake.fake_add(ROOT, 1);
    fake.fake_use(ROOT, 5_000, 0, 1_000);
    const { tree, look } = watched();
    fake.fake_use(ROOT, 5_500, 0, 1_000);
    look();
    assert.equal(tree.reading.totals[Total.cpuSeconds], 0.5);
    fake.fake_use(ROOT, 7_000, 0, 1_000);
    fake.fake_end(ROOT, 0);
    assert.deepEqual(look(), []);
    assert.equal(tree.reading.totals[Total.cpuSeconds], 2);
    tree.release();
  });

  test(
    "bills who ends together with his parent: no other has inherited that",
    { skip: noFakeWindows },
    () => {
      fake.fake_add(ROOT, 1);
      fake.fake_add(101, ROOT);
      fake.fake_add(102, 101);
      fake.fake_add(103, ROOT);
      const { tree, look } = watched();
      look();
      for (const pid of [101, 102, 103]) {
        fake.fake_use(pid, pid, 0, 1_000);
        fake.fake_end(pid, 0);
      }
      assert.deepEqual(look(), [ROOT]);
      assert.ok(Math.abs(tree.reading.totals[Total.cpuSeconds] - 0.306) < 1e-9);
      const { cpu } = describeAccounting(tree, "running");
      const note = "who has begun and ended between two samples was not seen";
      assert.deepEqual(cpu, { source: "ntdll", quality: "lower_bound", note });
      tree.release();
    },
  );

  test("is none where its root is not there", { skip: noFakeWindows }, () => {
    const wanted = { counters: true, io: true, switches: false, fileDescriptors: true };
    const request = { wanted, marker: "", soleParent: false, guarded: false };
    assert.equal(ProcessTree.observe(windows, ROOT, request), null);
  });
});
