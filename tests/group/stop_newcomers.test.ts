/* Who gets the signal of a stop: those who were there when it began, whenever they are seen. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { describe, test } from "node:test";
import type { ProcessTree } from "../../group/process_tree.ts";
import { stopTree } from "../../group/stop.ts";
import { Wake } from "../../group/wake.ts";
import { loadPlatform } from "../../platform/mod.ts";

/**
 * A tree that shows other members in each look, by their births, and says who got which signal. Their PIDs are a
 * hundred more; the first is the parent of all but the orphans.
 */
function treeThatShows(
  looks: readonly (readonly number[])[],
  birthNow: number,
  orphans: readonly number[] = [],
) {
  const signals: string[] = [];
  let look = -1;
  const tree = {
    members: [] as unknown[],
    platform: {
      birthNow: () => birthNow,
      signal: ({ birth }: { birth: number }, signal: string) => signals.push(`${birth} ${signal}`),
    },
    container: { isPopulated: () => false },
    mayHideMembers: () => false,
    kill: () => true,
    refresh: () => {
      const births = looks[++look] ?? [];
      tree.members = births.map((birth) => ({
        pid: birth + 100,
        parentPid: orphans.includes(birth) ? 1 : births[0] + 100,
        birth,
        name: "one",
        isZombie: false,
      }));
    },
  };
  return { tree: tree as unknown as ProcessTree, signals };
}

describe("a stop", () => {
  test("signals once who was there when it began, though it be seen late, and no newcomer", async () => {
    // 9 was there and is seen in the second look; 10 was born in the same tick as the signal was sent.
    const { tree, signals } = treeThatShows([[5, 6], [5, 6, 9, 10, 11], [9, 10, 11, 12], []], 10);
    const report = await stopTree(tree, { signal: "SIGTERM", graceMs: 10_000 }, new Wake());
    assert.deepEqual(signals, ["5 SIGTERM", "6 SIGTERM", "9 SIGTERM"]);
    assert.deepEqual(report.signalled.map(({ pid }) => pid), [105, 106, 109]);
    assert.equal(report.killed, false);
  });

  test("signals a newcomer whose parent it has ended before", async () => {
    const { tree, signals } = treeThatShows([[5, 6], [5, 10, 11], [5, 10], []], 10, [11]);
    await stopTree(tree, { signal: "SIGTERM", graceMs: 10_000 }, new Wake());
    assert.deepEqual(signals, ["5 SIGTERM", "6 SIGTERM", "11 SIGTERM"]);
  });

  test("signals who is seen at the first look, whatever its birth", async () => {
    const { tree, signals } = treeThatShows([[-1, 10, 20], [-1], []], 10);
    await stopTree(tree, { signal: "SIGTERM", graceMs: 10_000 }, new Wake());
    assert.deepEqual(signals, ["-1 SIGTERM", "10 SIGTERM", "20 SIGTERM"]);
  });
});

test("the birth that a process starting now has is the one it gets", { timeout: 120_000 }, async () => {
  const platform = await loadPlatform();
  const before = platform.birthNow();
  const child = spawn("sleep", ["60"]);
  const after = platform.birthNow();
  const reader = platform.openProcess(child.pid!, {
    counters: false,
    io: false,
    switches: false,
    fileDescriptors: false,
  });
  child.kill("SIGKILL");
  assert.ok(before <= reader!.birth && reader!.birth <= after, `${before} ${reader!.birth} ${after}`);
  reader!.close();
});
