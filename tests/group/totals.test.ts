/* The totals at the end against the kernel's final accounts, and against what the programs say of themselves. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Raw, Total } from "../../core/measure/raw.ts";
import { assertNear } from "../support/expect.ts";
import { fixture } from "../support/fixture.ts";
import { ALL, makeGroup, runTree, startIn } from "../support/group.ts";
import type { Rung } from "../support/group.ts";
import { noCgroup, processState } from "../support/linux.ts";

const MB = 1_048_576;

describe("bytes written", () => {
  async function write(rung: Rung): Promise<void> {
    // Not on a file system in memory, where nothing reaches storage.
    const directory = mkdtempSync("/var/tmp/proctor-test-");
    try {
      const { output, totals } = await runTree(rung, [fixture("write_mb"), join(directory, "file"), "24"]);
      assert.equal(output.bytes, 24 * MB);
      assertNear(totals[Total.ioWriteBytes], 24 * MB, 0, 4_096, "through write calls");
      assertNear(totals[Total.diskWriteBytes], 24 * MB, 0.01, 65_536, "to storage");
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  test("are counted in a cgroup", { skip: noCgroup, timeout: 120_000 }, () => write("cgroup"));
  test("are counted by a subreaper", { timeout: 120_000 }, () => write("subreaper"));
});

test("bytes read are counted, of a child too, and once", { timeout: 120_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-test-"));
  const file = join(directory, "file");
  try {
    await runTree("subreaper", [fixture("write_mb"), file, "8"]);
    const script = '"$0" "$1" & "$0" "$1"; wait; true';
    const { totals } = await runTree("subreaper", ["sh", "-c", script, fixture("read_bytes"), file]);
    // Two readers; perl and its modules come on top.
    assertNear(totals[Total.ioReadBytes], 16 * MB, 0.05, 0, "through read calls");
  } finally {
    rmSync(directory, { recursive: true });
  }
});

describe("at the end the totals are wait4's", () => {
  async function compare(rung: Rung): Promise<void> {
    const command = [fixture("storm"), "100", "0.002"];
    const { output, totals, root } = await runTree(rung, command);
    const final = root.exit!.row;
    const pairs = [
      ["minor faults", Total.minorFaults, Raw.minorFaults, "minor_faults"],
      ["major faults", Total.majorFaults, Raw.majorFaults, "major_faults"],
      ["voluntary switches", Total.voluntarySwitches, Raw.voluntarySwitches, "voluntary_context_switches"],
      [
        "involuntary switches",
        Total.involuntarySwitches,
        Raw.involuntarySwitches,
        "involuntary_context_switches",
      ],
    ] as const;
    for (const [what, total, column, key] of pairs) {
      // Everybody was reaped by the root, so the root's own account is the whole bill …
      assertNear(totals[total], final[column], 0.01, 0, `${what} and wait4`);
      // … and what it said of itself just before its end is nearly all of it (Perl's own end costs some 150 faults).
      assertNear(totals[total], output.self[key] + output.children[key], 0.01, 250, `${what} and getrusage`);
    }
    assertNear(totals[Total.cpuSeconds], final[Raw.cpuSeconds], 0.01, 0.01, "CPU and wait4");
  }

  test("in a cgroup", { skip: noCgroup, timeout: 120_000 }, () => compare("cgroup"));
  test("by a subreaper", { timeout: 120_000 }, () => compare("subreaper"));
});

describe("memory", () => {
  async function allocate(rung: Rung, wanted = ALL): Promise<void> {
    const group = await makeGroup(rung, wanted);
    try {
      using running = startIn(group, [fixture("alloc_mb"), "64", "60"]);
      await running.until(() => running.output().length > 0);
      group.refresh(1e6, "everything");
      // (ru_maxrss is of no use here: it begins at the size of whoever started the program.)
      const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${running.pid}/status`, "utf8"))?.[1];
      assertNear(group.reading.memoryBytes, Number(resident) * 1_024, 0, MB, "memory");
      process.kill(running.pid, "SIGKILL");
      await running.until(() => running.ended.length > 0);
      const peak = running.ended[0].peakMemoryBytes;
      assert.ok(peak >= 64 * MB && peak <= 80 * MB, `the peak of the member is ${peak}`);
    } finally {
      group.release();
    }
  }

  test("is what the members hold, and their highest is kept, in a cgroup", {
    skip: noCgroup,
    timeout: 120_000,
  }, () => allocate("cgroup"));
  test(
    "is what the members hold, and their highest is kept, by a subreaper",
    { timeout: 120_000 },
    () => allocate("subreaper"),
  );
  test(
    "is kept at its highest where nothing but memory is wanted",
    { timeout: 120_000 },
    () => allocate("subreaper", { counters: true, io: false, switches: false, fileDescriptors: false }),
  );
});

test("descriptors of the tree are counted", { timeout: 120_000 }, async () => {
  const group = await makeGroup("subreaper");
  try {
    using running = startIn(group, ["sh", "-c", "exec 5</dev/null 6</dev/null 7</dev/null; sleep 60; true"]);
    // Asleep: as it starts, it has its libraries open.
    await running.until(() =>
      group.members.some(({ name, pid }) => name === "sleep" && processState(pid) === "S")
    );
    group.refresh(1e6, "everything");
    assert.equal(group.members.length, 2);
    const listed = group.members.map(({ pid }) => readdirSync(`/proc/${pid}/fd`).length);
    assert.deepEqual(group.members.map(({ row }) => row[Raw.fileDescriptorCount]), listed);
    assert.ok(listed[0] >= 6, "0, 1, 2 and the three of its own");
    assert.equal(group.reading.fileDescriptorCount, listed[0] + listed[1]);
    for (const { pid } of group.members) process.kill(pid, "SIGKILL");
    await running.until(() => running.ended.length === 2);
  } finally {
    group.release();
  }
});
