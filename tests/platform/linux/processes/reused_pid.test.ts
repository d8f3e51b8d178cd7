/* A PID that is given out again belongs to a stranger. As root one can ask the kernel for the next PID. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { LinuxProcessReader } from "../../../../platform/linux/processes/process_reader.ts";
import { sendSignal } from "../../../../platform/linux/processes/send_signal.ts";
import { Look } from "../../../../platform/contract/processes.ts";
import { startFixture } from "../../../support/live.ts";
import { NEXT_PID, noChosenPid, processState } from "../../../support/linux.ts";

const ALL = { counters: true, io: true, switches: true, fileDescriptors: true };

/** A process with this very PID; others on the machine may be faster now and then. */
function startAs(pid: number): ChildProcess {
  for (let attempt = 0; attempt < 200; attempt++) {
    writeFileSync(NEXT_PID, String(pid - 1));
    const child = spawn("sleep", ["30"], { stdio: "ignore" });
    if (child.pid === pid) return child;
    child.kill("SIGKILL");
  }
  throw new Error(`PID ${pid} could not be had again`);
}

test("a reader does not follow its PID to another process, nor does a signal", {
  skip: noChosenPid,
  timeout: 120_000,
}, async () => {
  const live = await startFixture("alloc_mb", "1", "-");
  const looking = LinuxProcessReader.open(live.pid, ALL);
  assert.ok(looking);
  const identity = { pid: looking.pid, birth: looking.birth };
  await live.release();
  const stranger = startAs(identity.pid);
  try {
    assert.equal(looking.look(true), Look.gone);
    assert.equal(looking.look(false), Look.gone);
    assert.equal(sendSignal(identity, "SIGKILL"), false);
    assert.notEqual(processState(identity.pid), undefined);
    const fresh = LinuxProcessReader.open(identity.pid, ALL);
    assert.ok(fresh && fresh.birth !== identity.birth);
    assert.equal(sendSignal(fresh, "SIGCONT"), true);
    fresh.close();
  } finally {
    looking.close();
    stranger.kill("SIGKILL");
  }
});
