/* Thousands of short children: most live and die between two ticks, and all of them must be on the bill. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Total } from "../../core/measure/raw.ts";
import { assertNear } from "../support/expect.ts";
import { fixture } from "../support/fixture.ts";
import { assertNeverShrinks, runTree } from "../support/group.ts";
import type { Rung } from "../support/group.ts";
import { noCgroup } from "../support/linux.ts";

async function storm(rung: Rung): Promise<void> {
  const { output, totals, history, root, group } = await runTree(rung, [
    fixture("storm"),
    "2000",
    "0.005",
    "2",
  ]);
  const { children, self } = output;
  const billed = (total: number) => totals[total];
  assert.equal(output.count, 2_000);
  assert.equal(root.exit?.exitCode, 0);
  assertNear(billed(Total.cpuSeconds), children.cpu_seconds + self.cpu_seconds, 0.01, 0.02, "CPU");
  assertNear(
    billed(Total.userSeconds) + billed(Total.systemSeconds),
    children.cpu_seconds + self.cpu_seconds,
    0.01,
    0.02,
    "user and system",
  );
  assertNear(billed(Total.minorFaults), children.minor_faults + self.minor_faults, 0.01, 50, "minor faults");
  const switches = (kind: string) => children[kind] + self[kind];
  assertNear(
    billed(Total.voluntarySwitches),
    switches("voluntary_context_switches"),
    0.01,
    20,
    "voluntary switches",
  );
  assertNear(
    billed(Total.involuntarySwitches),
    switches("involuntary_context_switches"),
    0.01,
    20,
    "involuntary switches",
  );
  assert.equal(group.lostCount, 0);
  assert.ok(!group.ledger.isIncomplete(Total.cpuSeconds));
  assertNeverShrinks(history, totals);
  // What samples alone would have said shows the gap; on a busy machine children live longer, and samples see more.
  assert.ok(group.ledger.sampledCpuSeconds([]) < 0.97 * billed(Total.cpuSeconds));
}

test(
  "every child of a storm is billed, once, in a cgroup",
  { skip: noCgroup, timeout: 400_000 },
  () => storm("cgroup"),
);

test(
  "every child of a storm is billed, once, by a subreaper",
  { timeout: 400_000 },
  () => storm("subreaper"),
);
