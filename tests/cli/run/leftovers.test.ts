import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { fixture } from "../../support/fixture.ts";
import { withDirectory } from "../support/directory.ts";
import { lastJson, start } from "../support/proctor.ts";
import { parseStream, recorded } from "../support/records.ts";
import { assertGone, cgroupsOf, stateOf } from "../support/traces.ts";

interface Orphans {
  readonly pids: number[];
}

describe("--leftovers", () => {
  test(
    "wait: the run is over when the last of them has ended, and they are on the bill",
    { timeout: 120_000 },
    async () => {
      await withDirectory(async (directory) => {
        const { code, summary } = await recorded([], [fixture("double_fork"), "0.5", `${directory}/done`]);
        assert.equal(code, 0);
        const { cpu_seconds } = JSON.parse(readFileSync(`${directory}/done`, "utf8"));
        assert.ok(summary.wall_seconds >= 0.5);
        assert.ok(summary.cpu_seconds! >= cpu_seconds, `${summary.cpu_seconds} < ${cpu_seconds}`);
        assert.equal(summary.leftover_process_count, 0);
      });
    },
  );

  test("wait: what is waited for is named after a while", { timeout: 120_000 }, async () => {
    const running = start(["run", "--summary", "none", "--", fixture("leave_orphans"), "1", "8"]);
    const outcome = await running.ended;
    const [pid] = lastJson<Orphans>(outcome).pids;
    assert.match(outcome.stderr, /^proctor: the command has ended; waiting for [^\n]*--leftovers[^\n]*\n$/);
    assert.ok(outcome.stderr.includes(`PID ${pid}`), outcome.stderr);
  });

  test("wait: the exit code is the command's", { timeout: 120_000 }, async () => {
    const { code } = await recorded([], ["sh", "-c", "sleep 0.3 & exit 6"]);
    assert.equal(code, 6);
  });

  test("stop: they are ended at once", { timeout: 120_000 }, async () => {
    const outcome = await recorded(["--leftovers", "stop"], [fixture("leave_orphans"), "3", "60"]);
    const { pids } = lastJson<Orphans>(outcome);
    assert.equal(pids.length, 3);
    assertGone(pids);
    assert.equal(outcome.code, 0);
    assert.equal(outcome.summary.outcome, "exited");
    assert.equal(outcome.summary.leftover_process_count, 0);
    assert.ok(outcome.summary.wall_seconds < 20);
  });

  test("leave: they live on, are counted, and no cgroup remains", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const file = `${directory}/records.jsonl`;
      const running = start([
        "run",
        "--quiet",
        "--leftovers",
        "leave",
        "--records",
        file,
        "--",
        fixture("leave_orphans"),
        "3",
        "60",
      ]);
      const outcome = await running.ended;
      const { pids } = lastJson<Orphans>(outcome);
      try {
        assert.equal(pids.length, 3);
        for (const pid of pids) assert.notEqual(stateOf(pid), undefined, `${pid} was ended`);
        const { summary } = parseStream(readFileSync(file, "utf8"));
        assert.equal(outcome.code, 0);
        assert.equal(summary.leftover_process_count, 3);
        assert.deepEqual(cgroupsOf(running.pid), []);
        for (const pid of pids) {
          assert.equal(existsSync(`/proc/${pid}`), true);
          assert.doesNotMatch(readFileSync(`/proc/${pid}/cgroup`, "utf8"), /proctor-/);
        }
      } finally {
        for (const pid of pids) process.kill(pid, "SIGKILL");
      }
    });
  });

  test("leave: leftovers that hold our standard output keep it", { timeout: 120_000 }, async () => {
    const running = start([
      "run",
      "--quiet",
      "--leftovers",
      "leave",
      "--",
      "sh",
      "-c",
      "(sleep 0.5; echo later) & echo now",
    ]);
    assert.equal((await running.ended).stdout.toString(), "now\nlater\n");
  });

  test("a zombie that nobody has waited for is not a leftover", { timeout: 120_000 }, async () => {
    const { summary } = await recorded([], ["sh", "-c", "sh -c 'exit 0' & exec sleep 0.3"]);
    assert.equal(summary.leftover_process_count, 0);
    assert.equal(summary.outcome, "exited");
  });
});
