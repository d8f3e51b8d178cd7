/*
 * A parent that waits for nobody, by ignoring SIGCHLD or by SA_NOCLDWAIT: the kernel drops the accounts of its
 * children when they end.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Total } from "../../core/measure/raw.ts";
import { describeAccounting } from "../../monitor/run/accounting.ts";
import { assertNear } from "../support/expect.ts";
import { fixture } from "../support/fixture.ts";
import { assertNeverShrinks, runTree } from "../support/group.ts";
import { noCgroup } from "../support/linux.ts";

test("a cgroup counts the children that nobody waits for", { skip: noCgroup, timeout: 120_000 }, async () => {
  const command = [fixture("storm_ignored_sigchld"), "400", "0.005"];
  const { output, totals, history } = await runTree("cgroup", command);
  assert.equal(output.reaped.cpu_seconds, 0);
  const truth = output.children.cpu_seconds + output.self.cpu_seconds;
  const counted = totals[Total.cpuSeconds];
  assert.ok(counted >= truth * 0.99, `${counted} s are less than the children said: ${truth} s`);
  // Each child's last words are sent before it exits, which costs it a few tenths of a millisecond more.
  assert.ok(counted <= truth * 1.01 + 400 * 0.001, `${counted} s are more than ${truth} s and 400 exits`);
  assertNeverShrinks(history, totals);
});

test("a subreaper does not claim to know what the kernel dropped", { timeout: 120_000 }, async () => {
  const command = [fixture("storm_ignored_sigchld"), "400", "0.005"];
  const { output, totals, group } = await runTree("subreaper", command, { tickMs: 2 });
  const truth = output.children.cpu_seconds + output.self.cpu_seconds;
  const { ledger, lostCount } = group;
  assert.ok(totals[Total.cpuSeconds] <= truth * 1.01 + 0.1, "more than there was");
  assert.ok(
    totals[Total.cpuSeconds] < truth * 0.99,
    "the kernel dropped nothing: the test has nothing to look at",
  );
  assert.ok(lostCount > 0 || ledger.isIncomplete(Total.cpuSeconds), "the loss went unnoticed");
});

test("a subreaper notices the loss even where no child was seen alive", { timeout: 120_000 }, async () => {
  const command = [fixture("storm_ignored_sigchld"), "200", "0.001"];
  const { group } = await runTree("subreaper", command, { tickMs: 200 });
  assert.ok(group.mayHaveLost, "the loss went unnoticed");
});

describe("SA_NOCLDWAIT, which can be seen nowhere,", () => {
  const command = [fixture("storm_no_child_wait"), "40", "0.05"];

  test("hides nothing from a cgroup", { skip: noCgroup, timeout: 120_000 }, async () => {
    const { output, totals, group } = await runTree("cgroup", command);
    assert.equal(output.reaped.cpu_seconds, 0);
    const truth = output.children.cpu_seconds + output.self.cpu_seconds;
    assertNear(totals[Total.cpuSeconds], truth, 0.01, 40 * 0.001, "CPU");
    const { cpu, faults } = describeAccounting(group, "ended");
    assert.deepEqual([cpu.quality, faults.quality], ["exact", "lower_bound"]);
  });

  test("is noticed by a subreaper, who bills what it has seen", { timeout: 120_000 }, async () => {
    const { output, totals, group } = await runTree("subreaper", command, { tickMs: 10 });
    const truth = output.children.cpu_seconds + output.self.cpu_seconds;
    const counted = totals[Total.cpuSeconds];
    assert.ok(counted <= truth * 1.01, `${counted} s are more than there was: ${truth} s`);
    assert.ok(counted >= group.ledger.sampledCpuSeconds(group.members), "less than its own samples");
    assert.ok(counted >= truth / 2, `of ${truth} s only ${counted} s were seen`);
    const { cpu, io, faults } = describeAccounting(group, "ended");
    assert.deepEqual([cpu.quality, io.quality, faults.quality], [
      "lower_bound",
      "lower_bound",
      "lower_bound",
    ]);
    assert.match(cpu.note ?? "", /parent that never waits/);
    // Told of everybody by the kernel: of all that they used, or of their CPU alone.
    const told = totals.map((value) => value * 10 + 1_000);
    for (const isWhole of [false, true]) {
      group.takeTold({ source: "bpf", totals: told, isWhole });
      const { cpu, io, disk, faults } = describeAccounting(group, "ended");
      assert.deepEqual(cpu, { source: "bpf", quality: "exact" });
      for (const one of [io, disk, faults]) {
        assert.deepEqual([one.source, one.quality], isWhole ? ["bpf", "exact"] : ["ledger", "lower_bound"]);
      }
    }
    assert.deepEqual(
      [Total.cpuSeconds, Total.minorFaults].map((total) => group.reading.totals[total]),
      [Total.cpuSeconds, Total.minorFaults].map((total) => told[total]),
    );
  });
});
