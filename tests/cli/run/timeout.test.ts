import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fixture } from "../../support/fixture.ts";
import { withDirectory } from "../support/directory.ts";
import { start } from "../support/proctor.ts";
import { parseStream, recorded } from "../support/records.ts";
import { assertGone, cgroupsOf } from "../support/traces.ts";
import { asNobody, cannotDrop } from "../support/unprivileged.ts";

// Each is long enough for its command to have come, on a machine that stands still for a moment, to what it is to do.
describe("--timeout", () => {
  test("ends the whole tree with SIGTERM, with 124, and leaves nothing", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const file = `${directory}/records.jsonl`;
      const running = start(
        ["run", "--quiet", "--timeout", "5s", "--records", file, "--", fixture("fork_tree"), "2", "3", "60"],
        { env: { TMPDIR: directory } },
      );
      const { pids } = await running.ready<{ pids: number[] }>();
      assert.equal(pids.length, 13);
      const { code } = await running.ended;
      assert.equal(code, 124);
      assertGone(pids);
      assert.deepEqual(cgroupsOf(running.pid), []);
      assert.deepEqual(readdirSync(directory), ["records.jsonl"]);
      const { summary, processes } = parseStream(readFileSync(file, "utf8"));
      assert.equal(summary.outcome, "timed_out");
      assert.equal(summary.signal, "SIGTERM");
      assert.equal(summary.leftover_process_count, 0);
      assert.deepEqual(new Set(processes.map(({ pid }) => pid)), new Set(pids), "a record for every process");
      assert.ok(summary.wall_seconds >= 5 && summary.wall_seconds < 20, `${summary.wall_seconds}`);
    });
  });

  test("gives a command that ends well on SIGTERM its grace", { timeout: 120_000 }, async () => {
    const { code, summary, stdout } = await recorded(["--timeout", "4s"], [
      fixture("graceful_sigterm"),
      "9",
    ]);
    assert.equal(code, 124);
    assert.equal(summary.outcome, "timed_out");
    assert.equal(summary.exit_code, 9);
    assert.match(stdout.toString(), /"stopping":true/);
  });

  test("kills what ignores SIGTERM after the grace", { timeout: 120_000 }, async () => {
    const started = Date.now();
    const { code, summary } = await recorded(
      ["--timeout", "4s", "--grace", "700ms"],
      [fixture("ignore_sigterm"), "60"],
    );
    assert.equal(code, 124);
    assert.equal(summary.signal, "SIGKILL");
    assert.ok(summary.wall_seconds >= 4.7, `${summary.wall_seconds}`);
    assert.ok(Date.now() - started < 25_000);
  });

  test("waits no longer than it must: the default grace is 2 s", { timeout: 120_000 }, async () => {
    const { summary } = await recorded(["--timeout", "4s"], [fixture("ignore_sigterm"), "60"]);
    assert.ok(summary.wall_seconds >= 6 && summary.wall_seconds < 10, `${summary.wall_seconds}`);
  });

  test("reaches what has left its session and lost its parents", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const script =
        `setsid sh -c 'echo $$ >>"$0/pids"; trap "" TERM; (setsid sleep 60 & echo $! >>"$0/pids"); sleep 60' "$0" &
        wait`;
      const running = start([
        "run",
        "--quiet",
        "--timeout",
        "4s",
        "--grace",
        "300ms",
        "--",
        "sh",
        "-c",
        script,
        directory,
      ]);
      assert.equal((await running.ended).code, 124);
      const pids = readFileSync(`${directory}/pids`, "utf8").trim().split("\n").map(Number);
      assert.equal(pids.length, 2);
      assertGone(pids);
      assert.deepEqual(cgroupsOf(running.pid), []);
    });
  });

  test(
    "ends the whole tree of an unprivileged user, too",
    { skip: cannotDrop, timeout: 120_000 },
    async () => {
      const { code, stdout, summary, start } = await recorded(
        ["--timeout", "5s", "--grace", "500ms"],
        asNobody([fixture("fork_tree"), "2", "2", "60"]),
      );
      assert.equal(code, 124);
      assertGone(JSON.parse(stdout.toString().split("\n")[0]).pids);
      assert.equal(summary.leftover_process_count, 0);
      assert.ok(start.pid);
    },
  );

  test("ends what forks faster than one can look", { timeout: 120_000 }, async () => {
    const script = `trap '' TERM; while :; do sleep 60 & sleep 0.001; done`;
    const { code, summary } = await recorded(["--timeout", "4s", "--grace", "300ms"], ["sh", "-c", script]);
    assert.equal(code, 124);
    assert.equal(summary.leftover_process_count, 0);
    assert.ok(summary.total_process_count > 20);
  });

  test("ends a stopped command, too", { timeout: 120_000 }, async () => {
    const { code, summary } = await recorded(["--timeout", "1s", "--grace", "300ms"], [
      "sh",
      "-c",
      "kill -STOP $$",
    ]);
    assert.equal(code, 124);
    assert.equal(summary.leftover_process_count, 0);
  });

  test("does nothing to a command that is faster", { timeout: 120_000 }, async () => {
    const { code, summary } = await recorded(["--timeout", "30s"], [fixture("exit_with"), "3"]);
    assert.equal(code, 3);
    assert.equal(summary.outcome, "exited");
    assert.ok(summary.wall_seconds < 20);
  });

  test("of a few milliseconds works", { timeout: 120_000 }, async () => {
    const { code, summary } = await recorded(["--timeout", "1ms"], ["sleep", "60"]);
    assert.equal(code, 124);
    assert.equal(summary.outcome, "timed_out");
  });

  test("counts leftovers that are waited for", { timeout: 120_000 }, async () => {
    const { code, summary } = await recorded(["--timeout", "4s"], [
      "sh",
      "-c",
      "sleep 60 >/dev/null 2>&1 & exit 4",
    ]);
    assert.equal(code, 124);
    assert.equal(summary.outcome, "timed_out");
    assert.equal(summary.exit_code, 4);
  });
});
