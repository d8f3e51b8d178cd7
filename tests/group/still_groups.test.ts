import assert from "node:assert/strict";
import { test } from "node:test";
import { stateOf } from "../../group/access.ts";
import { ProcessGroup } from "../../group/process_group.ts";
import { StillGroups } from "../../group/still_groups.ts";
import { isStill } from "../../group/still_trees.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { eventually } from "../support/eventually.ts";

const TIMEOUT = { timeout: 120_000 };
const { clocks } = await loadPlatform();
const skip = clocks ? false : "this system has no CPU clocks of other processes to read at once";

test(
  "a glance at a group of which no member has run reads nothing, in this turn alone",
  { ...TIMEOUT, skip },
  async () => {
    await using quiet = await ProcessGroup.create();
    await using busy = await ProcessGroup.create();
    quiet.start(["sh", "-c", "sleep 1000 & exec sleep 1000"]);
    busy.start(["sh", "-c", "while :; do :; done"]);
    const still = new StillGroups();
    try {
      const trees = [quiet, busy].map((group) => stateOf(group)!.tree);
      const found = () => {
        still.look([quiet, busy]);
        const states = trees.map(isStill);
        const known = quiet.usage();
        if (states[0] && known.activeProcessCount === 2) return known;
        busy.usage();
        return null;
      };
      await eventually(() => found() !== null);
      // The turn in which it was found is over.
      assert.deepEqual(trees.map(isStill), [false, false]);
      const before = busy.usage().totalCpuTimeSeconds!;
      await eventually(() => {
        still.look([quiet, busy]);
        return busy.usage().totalCpuTimeSeconds! > before;
      });
      // Who is killed runs once more.
      process.kill(quiet.members().find(({ name }) => name === "sleep")!.pid, "SIGKILL");
      await eventually(() => {
        still.look([quiet, busy]);
        return quiet.usage().activeProcessCount === 1;
      });
      quiet.signal("SIGSTOP");
      await quiet.stop({ graceMs: 0, signal: "SIGKILL" });
      still.look([quiet, busy]);
      assert.equal(isStill(trees[0]), false, "of nobody nothing is told by clocks");
      assert.equal(quiet.usage().activeProcessCount, 0);
    } finally {
      still.close();
    }
  },
);
