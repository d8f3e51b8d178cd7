import assert from "node:assert/strict";
import { test } from "node:test";
import { stateOf } from "../../group/access.ts";
import { lookEvery } from "../../group/lookout.ts";
import { ProcessGroup } from "../../group/process_group.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { eventually } from "../support/eventually.ts";

const INTERVAL_MS = 20;
const COUNT = 10;
const BEATS = 40;
const { clocks } = await loadPlatform();
const skip = clocks ? false : "this system has no CPU clocks of other processes to read at once";

test("between calls groups of which no member runs are not looked into, and an end is seen", {
  timeout: 120_000,
  skip,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const groups: ProcessGroup[] = [];
  for (let n = 0; n < COUNT; n++) {
    groups.push(stack.use(await ProcessGroup.create({ lookoutMs: INTERVAL_MS })));
  }
  const started = groups.map((group) => group.start(["sleep", "1000"]));
  const trees = groups.map((group) => stateOf(group)!.tree);
  let looks = 0;
  for (const { container } of trees) {
    const refresh = container.refresh.bind(container);
    container.refresh = (isTold) => {
      looks++;
      return refresh(isTold);
    };
  }
  let beats = 0;
  const stop = lookEvery(INTERVAL_MS, () => beats++);
  try {
    // Each is looked into until what it needs to begin with is known.
    await eventually(() => {
      [looks, beats] = [0, 0];
      return trees.every((tree) => tree.isSettled(performance.now()));
    });
    await eventually(() => beats >= BEATS);
    assert.ok(looks <= COUNT * BEATS / 4, `${looks} looks in ${beats} beats`);
    process.kill(started[3].pid, "SIGKILL");
    await eventually(() => trees[3].members.length === 0);
  } finally {
    stop();
  }
});
