import assert from "node:assert/strict";
import { test } from "node:test";
import { unknownFigures } from "../../core/measure/process_figures.ts";
import type { EarlierProcess } from "../../core/measure/process_sources.ts";
import { ProcessTable } from "../../core/measure/process_table.ts";
import { BeforeWatching } from "../../group/before_watching.ts";
import type { ProcessTree } from "../../group/process_tree.ts";
import type { ProcessEvents } from "../../platform/mod.ts";

const BIRTH = 1_000;

/** A tree of members that have this birth, of whom the kernel says that they were born then. */
function takenUp(births: Record<number, number>): number[] {
  const members = Object.keys(births).map((pid) => ({
    pid: Number(pid),
    birth: BIRTH,
    isZombie: false,
    cpuSeconds: 1,
  }));
  const group = { members, totalProcessCount: members.length, refresh() {} };
  const events = {
    include: () => true,
    nowNs: () => 2e9,
    standing: (pid: number): EarlierProcess => ({
      pid,
      parentPid: 1,
      birth: births[pid],
      startNs: 1e9,
      isForkOnly: false,
      executableId: null,
      threadIds: [pid],
      used: unknownFigures(),
      name: "one",
      executable: "/bin/one",
      command: "one",
    }),
  };
  const table = new ProcessTable({
    hasAccounts: () => false,
    words: () => ({ name: null, executable: null, command: null }),
    isThere: () => true,
    isWatched: () => true,
    standing: () => null,
    use: () => null,
    seenCpuSeconds: () => NaN,
  });
  table.beginAmidst(2e9);
  const before = new BeforeWatching(
    group as unknown as ProcessTree,
    table,
    events as unknown as ProcessEvents,
  );
  before.takeUp();
  return [...table.living];
}

test("whoever has the number of a member that is over is not taken up in its place", () => {
  assert.deepEqual(takenUp({ 20: BIRTH, 21: BIRTH + 1 }), [20]);
});
