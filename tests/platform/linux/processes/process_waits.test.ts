import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { ProcessWaitsReader } from "../../../../platform/linux/processes/process_waits.ts";
import { fixture } from "../../../support/fixture.ts";
import { processState } from "../../../support/linux.ts";

/** What a thread waited for a CPU, by the kernel's own word; undefined when it is gone. */
function waited(file: string): number | undefined {
  try {
    return Number(readFileSync(file, "utf8").split(" ")[1]) / 1e9;
  } catch {
    return undefined;
  }
}

/** That of all threads of a process, by their number. */
function threadWaits(pid: number): Map<string, number> {
  const waits = new Map<string, number>();
  try {
    for (const id of readdirSync(`/proc/${pid}/task`)) {
      const seconds = waited(`/proc/${pid}/task/${id}/schedstat`);
      if (seconds !== undefined) waits.set(id, seconds);
    }
  } catch {
    // It has ended.
  }
  return waits;
}

const sum = (waits: ReadonlyMap<string, number>) =>
  [...waits.values()].reduce((total, one) => total + one, 0);

test(
  "of one thread it is what the kernel says, and of a zombie it still is",
  { timeout: 120_000 },
  async () => {
    const child = spawn(fixture("burn_cpu"), ["0.2"], { stdio: "ignore" });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    try {
      const file = `/proc/${child.pid}/schedstat`;
      const reader = new ProcessWaitsReader(child.pid!);
      assert.equal(reader.runQueueSeconds, NaN, "nothing is known before the first look");
      const before = waited(file)!;
      reader.read(false);
      const after = waited(file)!;
      assert.ok(before <= reader.runQueueSeconds && reader.runQueueSeconds <= after);
      // The runtime waits for its child only when its event loop has a turn: until then it is a zombie.
      const deadline = Date.now() + 20_000;
      while (processState(child.pid!) !== "Z") assert.ok(Date.now() < deadline, "it does not end");
      const last = waited(file)!;
      reader.read(false);
      assert.equal(reader.runQueueSeconds, last);
    } finally {
      child.kill("SIGKILL");
      await ended;
    }
  },
);

const noNode = spawnSync("node", ["--version"]).status !== 0 && "needs node";

test("of several threads it is the sum, and never falls when threads end", {
  skip: noNode,
  timeout: 120_000,
}, async () => {
  const child = spawn("node", [fixture("busy_threads.mjs"), "3", "0.5"], { stdio: "ignore" });
  let isOver = false;
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => {
      isOver = true;
      resolve();
    });
  });
  try {
    const reader = new ProcessWaitsReader(child.pid!);
    let last = 0;
    let compared = 0;
    let most = 0;
    while (!isOver) {
      const before = threadWaits(child.pid!);
      reader.read(true);
      const after = threadWaits(child.pid!);
      const now = reader.runQueueSeconds;
      if (!Number.isNaN(now)) {
        assert.ok(now >= last, `fell from ${last} to ${now}`);
        assert.ok(now >= sum(before) - 1e-9, "less than the living threads have waited");
        last = now;
      }
      // As long as none has ended yet, it is what the living have waited, and no more.
      if (before.size >= most && before.size === after.size && before.size > 3) {
        assert.ok(now <= sum(after) + 1e-9, `${now}, the threads ${sum(after)}`);
        compared++;
      }
      most = Math.max(most, after.size);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.ok(compared > 5 && most > 3, `${compared} looks, ${most} threads`);
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
});

test("of who is not there nothing is known", () => {
  const reader = new ProcessWaitsReader(2 ** 22 + 5);
  reader.read(false);
  reader.read(true);
  assert.deepEqual([reader.runQueueSeconds, reader.blockIoSeconds], [NaN, NaN]);
});

test("the wait for block devices is known where the kernel keeps it, and only there", () => {
  const reader = new ProcessWaitsReader(process.pid);
  reader.read(true);
  let isKept = false;
  try {
    isKept = readFileSync("/proc/sys/kernel/task_delayacct", "utf8").trim() === "1";
  } catch {
    // A kernel without the setting.
  }
  assert.equal(Number.isNaN(reader.blockIoSeconds), !isKept);
});
