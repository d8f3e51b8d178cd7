import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { attach, ProctorError } from "../../../mod.ts";
import type { ProctorRecord } from "../../../mod.ts";
import { startProgram } from "../../cli/support/proctor.ts";
import { checkStream } from "../../cli/support/records.ts";
import { stateOf } from "../../cli/support/traces.ts";
import { eventually } from "../../support/eventually.ts";
import { fixture } from "../../support/fixture.ts";
import { processState } from "../../support/linux.ts";

describe("attach()", () => {
  test("watches until aborted, and leaves the tree alone", { timeout: 120_000 }, async () => {
    const tree = startProgram([fixture("many_processes"), "5", "-"], { input: "open" });
    const { pid, pids } = await tree.ready<{ pids: number[] }>();
    const abort = new AbortController();
    const records: ProctorRecord[] = [];
    const summary = await attach(pid, {
      baseIntervalMs: 30,
      abort: abort.signal,
      onRecord: (record) => {
        records.push(record);
        if (record.kind === "sample") abort.abort();
      },
    });
    assert.equal(summary.outcome, "interrupted");
    assert.equal(summary.peak_process_count, 6);
    checkStream(JSON.parse(JSON.stringify(records)));
    for (const member of pids) assert.notEqual(stateOf(member), undefined);
    tree.closeInput();
    assert.equal((await tree.ended).code, 0);
  });

  test(
    "of a child of this program leaves its exit code to whoever has started it",
    { timeout: 120_000 },
    async () => {
      const child = startProgram(["sh", "-c", "echo begun; read x; exit 9"], { input: "open" });
      await child.line((line) => line === "begun");
      const watching = attach(child.pid, {
        baseIntervalMs: 20,
        onRecord: ({ kind }) => kind === "start" && child.closeInput(),
      });
      assert.equal((await child.ended).code, 9);
      const summary = await watching;
      assert.equal(summary.outcome, "exited");
    },
  );

  test(
    "of one process whose parent waits blames no parent for what it did not see",
    { timeout: 120_000 },
    async () => {
      const burn = "import sys,time\nsys.stdin.readline()\nwhile time.process_time() < 0.6: pass";
      const child = startProgram(["/usr/bin/python3", "-c", burn], { input: "open" });
      const { accounting } = await attach(child.pid, {
        baseIntervalMs: 200,
        onRecord: ({ kind }) => kind === "start" && child.closeInput(),
      });
      assert.equal((await child.ended).code, 0);
      assert.equal(accounting.cpu.quality, "lower_bound");
      assert.equal(
        accounting.cpu.note,
        "others wait for the processes: what one uses after its last sample may not be counted",
      );
    },
  );

  test("ends after durationMs", { timeout: 120_000 }, async () => {
    const sleeper = startProgram(["sleep", "60"]);
    const summary = await attach(sleeper.pid, { durationMs: 200 });
    assert.ok(summary.wall_seconds >= 0.2 && summary.wall_seconds < 20);
    sleeper.kill("SIGKILL");
  });

  test("knows that what has used no CPU has used none of either kind", { timeout: 120_000 }, async () => {
    const sleeper = spawn("sleep", ["60"], { stdio: "ignore" });
    try {
      // Until it sleeps, it starts.
      const name = () => readFileSync(`/proc/${sleeper.pid}/comm`, "utf8").trim();
      await eventually(() => name() === "sleep" && processState(sleeper.pid!) === "S");
      const summary = await attach(sleeper.pid!, { durationMs: 100 });
      const { cpu_seconds, cpu_user_seconds, cpu_system_seconds } = summary;
      assert.deepEqual([cpu_seconds, cpu_user_seconds, cpu_system_seconds], [0, 0, 0]);
    } finally {
      sleeper.kill("SIGKILL");
    }
  });

  test("refuses what is not a process", { timeout: 120_000 }, async () => {
    for (const pid of [0, -1, 1.5, NaN, 999_999_999]) {
      await assert.rejects(attach(pid), ProctorError, String(pid));
    }
  });
});

test("what was used before is nobody's business", { timeout: 120_000 }, async () => {
  // This very process has used plenty by now.
  const summary = await attach(process.pid, { durationMs: 300, baseIntervalMs: 50, adaptive: false });
  assert.ok(summary.cpu_seconds_sampled! <= summary.cpu_seconds! + 0.02, JSON.stringify(summary));
  const split = summary.cpu_user_seconds === null
    ? summary.cpu_seconds
    : summary.cpu_user_seconds! + summary.cpu_system_seconds!;
  assert.ok(Math.abs(split! - summary.cpu_seconds!) < 1e-5, "user and system add up");
});
