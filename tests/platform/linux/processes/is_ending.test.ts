/* Whether a process is on its way out, asked of processes in every state that could be taken for it. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { isEnding } from "../../../../platform/linux/processes/is_ending.ts";
import { eventually } from "../../../support/eventually.ts";
import { processState } from "../../../support/linux.ts";
import { startFixture } from "../../../support/live.ts";

const skip = !existsSync("/usr/bin/python3") && "needs /usr/bin/python3";

test("a process that waits is not ending; from SIGKILL on it is, until it is gone", async () => {
  await using live = await startFixture("many_processes", "1", "-");
  assert.equal(isEnding(live.pid), false);
  const ended = new Promise((resolve) => live.process.once("exit", resolve));
  process.kill(live.pid, "SIGKILL");
  assert.equal(isEnding(live.pid), true);
  await ended;
  assert.equal(isEnding(live.pid), true);
});

test("a process that is suspended is not ending", async () => {
  await using live = await startFixture("many_processes", "1", "-");
  process.kill(live.pid, "SIGSTOP");
  await eventually(() => processState(live.pid) === "T");
  assert.equal(isEnding(live.pid), false);
});

test("a process is not ending because its main thread has ended", { skip }, async () => {
  await using live = await startFixture("leader_ends", "60", "-");
  assert.equal(processState(live.pid), "Z", "the main thread has ended");
  assert.equal(isEnding(live.pid), false);
});
