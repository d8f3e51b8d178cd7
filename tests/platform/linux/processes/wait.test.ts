/* Reaping: what the kernel says of an ended child, and whose child an orphan becomes. */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { Raw } from "../../../../core/measure/raw.ts";
import { subreaper } from "../../../../platform/linux/cgroup/containment.ts";
import { systemCall } from "../../../../platform/linux/sys/machine_code.ts";
import { endedChild, hasEnded } from "../../../../platform/linux/processes/wait.ts";
import { eventually } from "../../../support/eventually.ts";
import { assertNear } from "../../../support/expect.ts";
import { fixture } from "../../../support/fixture.ts";
import {
  assertLaunched,
  byClone,
  bySmallParent,
  reapPid,
  runToEnd,
  spec,
  waitFor,
} from "../../../support/launch.ts";
import { ownChildren, processState } from "../../../support/linux.ts";

const ALL = { counters: true, io: true, switches: true, fileDescriptors: true };

test("the final row is what the child said of itself, and a little more", { timeout: 120_000 }, async () => {
  const { stdout, exit } = await runToEnd(byClone, fixture("burn_cpu"), ["burn_cpu", "0.3"]);
  const said = JSON.parse(stdout);
  assertNear(exit.row[Raw.cpuSeconds], said.cpu_seconds, 0.01, 0.005, "CPU");
  assertNear(exit.ownCpuSeconds, said.cpu_seconds, 0.01, 0.005, "own CPU");
  assertNear(exit.row[Raw.userSeconds], said.user_seconds, 0.02, 0.01, "user");
  assertNear(exit.row[Raw.minorFaults], said.minor_faults, 0.02, 20, "minor faults");
  assertNear(exit.row[Raw.voluntarySwitches], said.voluntary_context_switches, 0, 5, "voluntary switches");
  assert.ok(exit.row[Raw.ioReadBytes] > 10_000, "perl has read its modules");
});

test(
  "the row of a child holds its reaped children, and its own CPU does not",
  { timeout: 120_000 },
  async () => {
    const { stdout, exit } = await runToEnd(byClone, fixture("storm"), ["storm", "20", "0.01"]);
    const { self, children } = JSON.parse(stdout);
    assertNear(exit.row[Raw.cpuSeconds], self.cpu_seconds + children.cpu_seconds, 0.01, 0.005, "CPU");
    assertNear(exit.ownCpuSeconds, self.cpu_seconds, 0.02, 0.005, "own CPU");
    assert.equal(exit.row[Raw.reapedCpuSeconds], 0);
  },
);

test("a peak is reported only where it can be the child's own", { timeout: 120_000 }, async () => {
  const { exit: small } = await runToEnd(byClone, "/bin/true", ["true"]);
  // ru_maxrss begins at our own size here, which /bin/true never had.
  assert.ok(!(small.row[Raw.peakMemoryBytes] > 30e6), `true needed ${small.row[Raw.peakMemoryBytes]} bytes`);
  const { exit: large } = await runToEnd(byClone, fixture("alloc_mb"), ["alloc_mb", "600"]);
  assertNear(large.row[Raw.peakMemoryBytes], 608 * 1_048_576, 0, 8 * 1_048_576, "600 MB and a Perl");
});

/** A program that fills so many bytes, and says what it has ever had resident by its own /proc/self/status. */
const FILLING = `my $held = "a" x $ARGV[0];
open(my $status, "<", "/proc/self/status"); while (<$status>) { print $1 if /^VmHWM:\\s+(\\d+) kB/ }`;

test(
  "of a small parent, the peak is the child's own, however short it lives",
  { timeout: 120_000 },
  async () => {
    for (const bytes of [0, 30_000_000, 300_000_000]) {
      const { stdout, exit } = await runToEnd(bySmallParent, "/usr/bin/perl", [
        "perl",
        "-e",
        FILLING,
        String(bytes),
      ]);
      const truth = Number(stdout) * 1_024;
      assert.ok(truth > bytes, stdout);
      assert.equal(exit.peakIsOwn, true);
      // The kernel keeps resident pages by processor, and adds them up roughly.
      assertNear(exit.row[Raw.peakMemoryBytes], truth, 0.01, 512 * 1_024, `${bytes} bytes`);
      assertNear(exit.largestProcessBytes, truth, 0.01, 512 * 1_024, `${bytes} bytes`);
    }
    const { exit } = await runToEnd(bySmallParent, "/bin/true", ["true"]);
    assert.ok(exit.largestProcessBytes < 4e6, `true needed ${exit.largestProcessBytes} bytes`);
  },
);

test("the peak of one that has waited for children is theirs as well", { timeout: 120_000 }, async () => {
  const script = `perl -e 'my $held = "a" x 100_000_000'; true`;
  const { exit } = await runToEnd(bySmallParent, "/bin/sh", ["sh", "-c", script]);
  assert.equal(exit.peakIsOwn, false);
  assert.ok(exit.largestProcessBytes > 100e6);
  assert.ok(
    !(exit.row[Raw.peakMemoryBytes] > 30e6),
    `the shell needed ${exit.row[Raw.peakMemoryBytes]} bytes`,
  );
});

test("a child that runs has not ended, and cannot be reaped", { timeout: 120_000 }, async () => {
  const launched = assertLaunched(byClone(spec("/bin/sleep", ["sleep", "60"])));
  assert.equal(hasEnded(launched.pid), false);
  assert.equal(reapPid(launched.pid), null);
  assert.notEqual(endedChild(), launched.pid);
  process.kill(launched.pid, "SIGTERM");
  await eventually(() => endedChild() === launched.pid);
  assert.equal(processState(launched.pid), "Z");
  const exit = await waitFor(launched);
  assert.equal(exit.signal, 15);
  assert.equal(processState(launched.pid), undefined);
  assert.equal(reapPid(launched.pid), null);
  assert.equal(endedChild(), 0);
});

test("a stranger is not a child of ours", () => {
  assert.equal(hasEnded(process.pid), false);
  assert.equal(reapPid(process.pid), null);
  assert.equal(reapPid(1), null);
});

test(
  "an orphan becomes ours once there is a subreaper, with its final accounts",
  { timeout: 120_000 },
  async () => {
    systemCall("prctl", 36, 0); // PR_SET_CHILD_SUBREAPER: no longer, whatever an import has made us
    const before = await runToEnd(byClone, fixture("double_fork"), ["double_fork", "0.05"]);
    assert.ok(!ownChildren().includes(JSON.parse(before.stdout).grandchild_pid), "it is ours already");
    const container = subreaper({ wanted: ALL, marker: "X=1", soleParent: true, guarded: false }, "a test");
    const { stdout } = await runToEnd(byClone, fixture("double_fork"), ["double_fork", "0.2"]);
    const { grandchild_pid } = JSON.parse(stdout);
    assert.ok(ownChildren().includes(grandchild_pid), "the orphan went elsewhere");
    const exit = await waitFor({ pid: grandchild_pid });
    assert.equal(exit.exitCode, 0);
    assertNear(exit.row[Raw.cpuSeconds], 0.2, 0.01, 0.005, "CPU");
    container.release();
    const after = await runToEnd(byClone, fixture("double_fork"), ["double_fork", "0.05"]);
    assert.ok(!ownChildren().includes(JSON.parse(after.stdout).grandchild_pid), "it is ours still");
  },
);
