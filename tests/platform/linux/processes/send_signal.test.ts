import assert from "node:assert/strict";
import { test } from "node:test";
import { LinuxProcessReader } from "../../../../platform/linux/processes/process_reader.ts";
import { sendSignal } from "../../../../platform/linux/processes/send_signal.ts";
import { startFixture } from "../../../support/live.ts";
import { processState } from "../../../support/linux.ts";

const NOTHING = { counters: true, io: false, switches: false, fileDescriptors: false };

function identity(pid: number): { pid: number; birth: number } {
  const reader = LinuxProcessReader.open(pid, NOTHING);
  assert.ok(reader);
  reader.close();
  return { pid, birth: reader.birth };
}

test("a signal reaches the process", { timeout: 120_000 }, async () => {
  await using live = await startFixture("on_signal", "USR1", "0");
  assert.equal(sendSignal(identity(live.pid), "SIGUSR1"), true);
  assert.deepEqual(await live.next(), { signal: "USR1", deliveries: 1 });
});

test("a process of the same PID with another start is left alone", { timeout: 120_000 }, async () => {
  await using live = await startFixture("alloc_mb", "1", "-");
  const { pid, birth } = identity(live.pid);
  for (const other of [birth - 1, birth + 1, 0, NaN]) {
    assert.equal(sendSignal({ pid, birth: other }, "SIGKILL"), false);
  }
  assert.ok(["S", "R"].includes(processState(pid)!));
});

test("a process that is gone gets nothing", { timeout: 120_000 }, async () => {
  await using live = await startFixture("alloc_mb", "1", "-");
  const gone = identity(live.pid);
  await live.release();
  assert.equal(sendSignal(gone, "SIGTERM"), false);
});

test("an unknown signal is not sent", { timeout: 120_000 }, async () => {
  await using live = await startFixture("alloc_mb", "1", "-");
  for (const name of ["SIGNOPE", "", "TERM", "toString"]) {
    assert.equal(sendSignal(identity(live.pid), name), false);
  }
  assert.ok(["S", "R"].includes(processState(live.pid)!));
});
