/* Whoever ends before it can be asked whose it is, has started the next by then: the tree is not over. */
import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { describe, test } from "node:test";
import { ProcessGroup } from "../../mod.ts";
import { stopTree } from "../../group/stop.ts";
import { ALL, makeGroup, startIn } from "../support/group.ts";
import type { Rung } from "../support/group.ts";
import { noCgroup } from "../support/linux.ts";
import { holders } from "./support/traces.ts";

describe("a chain in which each lives for ten milliseconds and starts the next", () => {
  async function chain(rung: Rung): Promise<void> {
    const name = `proctor-chain-${process.pid}-${rung}`;
    const group = await makeGroup(rung, ALL, false);
    try {
      const script =
        '$SIG{TERM} = "IGNORE"; for (1 .. 2_000) { select undef, undef, undef, 0.01; exit if fork }';
      using running = startIn(group, ["perl", "-e", script, name]);
      for (let look = 0; look < 100; look++) {
        group.refresh(performance.now(), "members");
        assert.ok(
          group.members.length > 0 || group.mayHideMembers(),
          `it was taken to be over at look ${look}`,
        );
        await running.sleep(1);
      }
      const { membersAfter, killed } = await stopTree(
        group,
        { signal: "SIGTERM", graceMs: 20 },
        running.wake,
      );
      assert.deepEqual([membersAfter, killed, holders(name)], [0, true, []]);
    } finally {
      group.release();
    }
  }

  /** At once, without a turn of the loop, as at the end of `using` and of the program. */
  async function closed(rung: Rung): Promise<void> {
    const name = `proctor-closed-chain-${process.pid}-${rung}`;
    const script = "for (1 .. 1_000) { select undef, undef, undef, 0.01; exit if fork }";
    for (let round = 0; round < 10; round++) {
      using group = await ProcessGroup.create(rung === "subreaper" ? { mechanism: rung } : {});
      group.start(["perl", "-e", script, name], { stdin: "null", stdout: "null" });
      await new Promise((resolve) => setTimeout(resolve, 30 + 7 * round));
      group[Symbol.dispose]();
      assert.deepEqual(holders(name), [], `round ${round}`);
    }
  }

  test("ends with its cgroup", { skip: noCgroup, timeout: 120_000 }, () => closed("cgroup"));
  test("ends with its group without one", { timeout: 120_000 }, () => closed("subreaper"));
  test("is never lost in a cgroup", { skip: noCgroup, timeout: 120_000 }, () => chain("cgroup"));
  test("is never lost by a subreaper", { timeout: 120_000 }, () => chain("subreaper"));
});
