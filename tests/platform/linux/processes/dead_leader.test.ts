/* A process whose main thread has ended, and that runs on: the kernel calls it a zombie, and it is alive. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Raw } from "../../../../core/measure/raw.ts";
import { readEnvironmentOf } from "../../../../platform/linux/processes/descent.ts";
import { countProcesses } from "../../../../platform/linux/processes/process_states.ts";
import { pssBytes } from "../../../../platform/linux/proc/proc_smaps_rollup.ts";
import { LinuxProcessLookup } from "../../../../platform/linux/processes/process_lookup.ts";
import { LinuxProcessReader } from "../../../../platform/linux/processes/process_reader.ts";
import { sendSignal } from "../../../../platform/linux/processes/send_signal.ts";
import { Look } from "../../../../platform/contract/processes.ts";
import { assertNear } from "../../../support/expect.ts";
import { fixture } from "../../../support/fixture.ts";
import { processState } from "../../../support/linux.ts";
import { startFixture } from "../../../support/live.ts";

const ALL = { counters: true, io: true, switches: true, fileDescriptors: true };
const LEAN = { counters: false, io: false, switches: true, fileDescriptors: true };
const MB = 1_048_576;
const skip = !existsSync("/usr/bin/python3") && "needs /usr/bin/python3";

for (const wanted of [ALL, LEAN]) {
  const how = wanted === ALL ? "with all its counters" : "by the cheap files";

  test(`is measured by its other threads, ${how}`, { skip, timeout: 120_000 }, async () => {
    await using live = await startFixture("leader_ends", "60", "-");
    assert.equal(processState(live.pid), "Z", "the main thread has ended");
    const reader = LinuxProcessReader.open(live.pid, wanted)!;
    try {
      assert.ok(!reader.isZombie);
      assert.notEqual(reader.state, "Z");
      reader.lookAtDetails();
      const { row } = reader;
      assertNear(row[Raw.memoryBytes], live.ready.bytes, 0, 24 * MB, "memory");
      assert.ok(row[Raw.peakMemoryBytes] >= row[Raw.memoryBytes]);
      assert.equal(row[Raw.fileDescriptorCount], live.ready.descriptors);
      assert.equal(row[Raw.threadCount], 2);
      assert.ok(row[Raw.cpuSeconds] >= 0.1);
      assert.ok(row[Raw.voluntarySwitches] > 0);
      assert.deepEqual(reader.args?.slice(1), [fixture("leader_ends"), "60", "-"]);
      assert.notEqual(reader.look(true), Look.gone);
      assertNear(row[Raw.memoryBytes], live.ready.bytes, 0, 24 * MB, "memory at the next look");
      live.process.stdin!.end("\n");
      await new Promise((resolve) => live.process.once("exit", resolve));
      assert.equal(reader.look(true), Look.gone);
    } finally {
      reader.close();
    }
  });
}

test("is found, with its arguments, its environment and its memory", { skip, timeout: 120_000 }, async () => {
  await using live = await startFixture("leader_ends", "20", "-");
  const entry = new LinuxProcessLookup().find(live.pid);
  assert.deepEqual(entry?.arguments().slice(1), [fixture("leader_ends"), "20", "-"]);
  assert.ok(entry?.sockets(), "its descriptors can be read");
  assert.ok(readEnvironmentOf(live.pid).some((line) => line.startsWith("PATH=")));
  assertNear(pssBytes(live.pid), 24 * MB, 0, 8 * MB, "proportional set size");
});

test("is not a zombie in the machine's count", { skip, timeout: 120_000 }, async () => {
  const zombies = () => {
    // Others come and go meanwhile: the truth is each process's own file, read by another reader.
    const counted = countProcesses("/proc")!.zombie;
    return { counted, own: processState(live.pid) };
  };
  await using live = await startFixture("leader_ends", "1", "-");
  await using other = await startFixture("zombie_maker", "1");
  assert.equal(readFileSync(`/proc/${other.ready.pids[0]}/stat`, "latin1").includes(") Z "), true);
  const before = zombies();
  assert.equal(before.own, "Z");
  assert.ok(before.counted >= 1, "a real zombie is one");
  const list = countProcesses(`/proc/${live.pid}/task`);
  assert.equal(list?.zombie, 1, "the thread itself has ended");
});

test("is ended by a signal", { skip, timeout: 120_000 }, async () => {
  await using live = await startFixture("leader_ends", "1", "-");
  const reader = LinuxProcessReader.open(live.pid, ALL)!;
  const ended = new Promise((resolve) => live.process.once("exit", (_, signal) => resolve(signal)));
  assert.ok(sendSignal(reader, "SIGTERM"));
  reader.close();
  assert.equal(await ended, "SIGTERM");
});
