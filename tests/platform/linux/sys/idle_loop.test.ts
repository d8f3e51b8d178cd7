/* Ticks through which nothing comes about are gone through by machine code that is what idle_loop.S says. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { closeFile, openFile } from "../../../../platform/linux/proc/kernel_file.ts";
import { openPipe } from "../../../../platform/linux/sys/descriptors.ts";
import { IdleLoop } from "../../../../platform/linux/sys/idle_loop.ts";
import { systemCall } from "../../../../platform/linux/sys/machine_code.ts";
import { copyOf, ForeignMemory } from "../../../../platform/linux/sys/memory.ts";
import { POLLIN } from "../../../../platform/linux/sys/poll.ts";
import { processState } from "../../../support/linux.ts";
import { assembled, carried, noArm, noGcc } from "./support/assembled.ts";

const TIMED = { timeout: 120_000 };
const directory = mkdtempSync(join(tmpdir(), "proctor-idle-"));
after(() => rmSync(directory, { recursive: true }));
const bytes = (text: string) => new TextEncoder().encode(text);
const [reading, writing] = openPipe() as readonly [number, number];
const polls = new ForeignMemory(8);
polls.view.setInt32(0, reading, true);
polls.view.setInt16(4, POLLIN, true);

function still(text: string, told = text, everyMs = 0) {
  const path = join(directory, "file");
  writeFileSync(path, text);
  return { path, file: { descriptor: openFile(path), text: bytes(told), everyMs } };
}

function run(most: number, intervalMs: number, files: ReturnType<typeof still>["file"][], sinceMs = 0) {
  const loop = IdleLoop.open()!;
  assert.ok(loop);
  const [dueMs, lateShare] = [performance.now() - sinceMs, 0.1];
  const passed = loop.run(polls.address, 1, { dueMs, intervalMs, most, lateShare, files });
  loop.close();
  for (const { descriptor } of files) closeFile(descriptor);
  return { ...passed, dueMs };
}

test("all are gone through, each when it is due, while files say what they said", TIMED, () => {
  const { count, isDisturbed, lastMs, beforeMs, dueMs } = run(4, 500, [still("same").file]);
  assert.equal(count, 4);
  assert.equal(isDisturbed, false);
  assert.ok(lastMs >= dueMs + 3 * 500 && lastMs <= performance.now() + 1, `${lastMs - dueMs}`);
  assert.ok(beforeMs >= dueMs + 2 * 500 && beforeMs < lastMs, `${beforeMs - dueMs}`);
});

test("a file that says something else, more or less ends it before that tick", TIMED, () => {
  for (const [says, said] of [["other", "others"], ["others", "other"], ["same", "safe"]]) {
    assert.equal(run(20, 1_000, [still("same").file, still(says, said).file]).count, 0, `${says}, ${said}`);
  }
});

test("a file that changes meanwhile ends it, though it be read seldom", TIMED, async () => {
  for (const everyMs of [0, 200]) {
    const { path } = still("same");
    // Its end would end it as well.
    const child = spawn("/bin/sh", ["-c", 'sleep 0.3; echo more > "$0"; exec sleep 50', path]);
    const most = 600;
    let count = 0;
    // On a busy machine a tick may be missed, which ends it, too.
    while (count < most && readFileSync(path, "utf8") === "same") {
      const file = { descriptor: openFile(path), text: bytes("same"), everyMs };
      count = run(most, 50, [file]).count;
    }
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.ok(count < most);
  }
});

test("a child that has ended and was not waited for ends it", TIMED, async () => {
  const child = spawn("true");
  // Its signal has come by then, and the event loop, which waits for it, has no turn.
  while (processState(child.pid!) !== "Z");
  const { count, isDisturbed } = run(20, 1_000, []);
  await once(child, "exit");
  assert.deepEqual([count, isDisturbed], [0, false]);
});

test("a descriptor that is ready ends it at once", TIMED, () => {
  const byte = copyOf(bytes("x"));
  assert.equal(systemCall("write", writing, byte.address, 1), 1);
  const { count, isDisturbed } = run(20, 1_000, []);
  assert.deepEqual([count, isDisturbed], [0, true]);
  assert.equal(systemCall("read", reading, byte.address, 1), 1);
  byte.free();
});

test("what is late is counted, and what is missed is left to others", TIMED, () => {
  assert.equal(run(1, 100_000, [], 20_000).lateCount, 1);
  assert.equal(run(1, 100_000, [], 500).lateCount, 0);
  assert.equal(run(1, 100_000, [], 20_000).count, 1);
  assert.equal(run(1, 100, [], 20_000).count, 0);
});

test("x86-64", { skip: noGcc }, () => assert.equal(carried("idle_loop", "x64"), assembled("idle_loop", "")));

test("arm64", { skip: noArm }, () => {
  assert.equal(carried("idle_loop", "arm64"), assembled("idle_loop", "aarch64-linux-gnu-"));
});
