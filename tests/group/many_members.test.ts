/* A tree of many members makes a loop hot: then its code is to be compiled, and not before. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SimulatedKernel } from "./support/simulated_kernel.ts";

test("a tree asks for compiled code from its 51st member on", () => {
  const kernel = new SimulatedKernel();
  const tree = kernel.tree("cgroup");
  const grow = (count: number) => {
    while (kernel.alive.length < count) kernel.fork(kernel.alive[0]);
    tree.refresh(0, "everything");
    assert.equal(tree.members.length, count);
  };
  grow(50);
  assert.equal(kernel.soonCount, 0);
  grow(51);
  assert.ok(kernel.soonCount > 0);
});
