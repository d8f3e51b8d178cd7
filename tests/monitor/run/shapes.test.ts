/* Trees of every shape, on every rung that this machine has. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { run } from "../../../mod.ts";
import type { RunOptions } from "../../../mod.ts";
import { checkStream } from "../../cli/support/records.ts";
import type { Stream } from "../../cli/support/records.ts";
import { withDirectory } from "../../cli/support/directory.ts";
import { assertGone } from "../../cli/support/traces.ts";
import { fixture } from "../../support/fixture.ts";

/** Run with the output in a file; the records, and what the command has said. */
function watched(command: string[], options: Partial<RunOptions>): Promise<Stream & { output: string }> {
  return withDirectory(async (directory) => {
    const file = `${directory}/output`;
    const descriptor = openSync(file, "w");
    const input = openSync("/dev/null", "r");
    const records: unknown[] = [];
    try {
      await run(command, {
        stdio: [input, descriptor, 2],
        baseIntervalMs: 50,
        adaptive: false,
        budgetPercent: 20,
        ...options,
        onRecord: (record) => {
          records.push(structuredClone(record));
          options.onRecord?.(record);
        },
      });
    } finally {
      closeSync(descriptor);
      closeSync(input);
    }
    return { ...checkStream(records), output: readFileSync(file, "utf8") };
  });
}

const near = (actual: number | null | undefined, truth: number, what: string) =>
  assert.ok(Math.abs(actual! - truth) <= 0.01 * truth + 0.01, `${what}: ${actual}, in truth ${truth}`);

const RUNGS: [title: string, options: Partial<RunOptions>][] = [
  ["the strongest rung", {}],
  ["the subreaper", { mechanism: "subreaper" }],
];

for (const [title, rung] of RUNGS) {
  describe(`on ${title}`, () => {
    test("the rung is reported", { timeout: 120_000 }, async () => {
      const { start } = await watched(["sleep", "0.1"], rung);
      assert.ok(["cgroup", "subreaper"].includes(start.containment.mechanism));
      if (rung.mechanism) assert.equal(start.containment.mechanism, rung.mechanism);
      if (start.containment.mechanism === "subreaper") assert.match(start.containment.reason!, /\S/);
    });

    test("a double fork into a session of its own is on the bill", { timeout: 120_000 }, async () => {
      await withDirectory(async (directory) => {
        const { summary, processes, output } = await watched([
          fixture("double_fork"),
          "0.4",
          `${directory}/done`,
        ], rung);
        const { grandchild_pid } = JSON.parse(output);
        const { cpu_seconds } = JSON.parse(readFileSync(`${directory}/done`, "utf8"));
        const orphan = processes.find(({ pid }) => pid === grandchild_pid);
        assert.ok(orphan, "no record of the orphan");
        assert.equal(orphan.exit_code, 0);
        near(orphan.cpu_seconds, cpu_seconds, "the orphan's CPU");
        assert.ok(summary.cpu_seconds! >= cpu_seconds);
        assert.ok(summary.total_process_count >= 2);
      });
    });

    test("an orphan that ends before its root is on the bill", { timeout: 120_000 }, async () => {
      const { summary, output } = await watched([fixture("double_fork_wait"), "0.3"], rung);
      const { grandchild, children, self } = JSON.parse(output.trim().split("\n").at(-1)!);
      near(
        summary.cpu_seconds,
        grandchild.cpu_seconds + children.cpu_seconds + self.cpu_seconds,
        "cpu_seconds",
      );
    });

    test("a child in a session of its own is on the bill", { timeout: 120_000 }, async () => {
      const { summary, output } = await watched([fixture("setsid_child"), "0.3"], rung);
      const { children, self } = JSON.parse(output.trim().split("\n").at(-1)!);
      near(summary.cpu_seconds, children.cpu_seconds + self.cpu_seconds, "cpu_seconds");
      assert.equal(summary.total_process_count, 2);
    });

    test("a tree that stands still is counted whole", { timeout: 120_000 }, async () => {
      const { samples, summary, processes, output } = await watched(
        [fixture("fork_tree"), "2", "3", "3"],
        rung,
      );
      const { count, pids } = JSON.parse(output.split("\n")[0]);
      assert.equal(summary.peak_process_count, count);
      assert.equal(summary.total_process_count, count);
      // They end as they were started, one after another: which sample is the last of all of them is chance.
      assert.ok(samples.some(({ process_count }) => process_count === count));
      assert.deepEqual(processes.map(({ pid }) => pid).sort(), [...pids].sort());
    });

    test("many short children in parallel are on the bill", { timeout: 120_000 }, async () => {
      const { summary, output } = await watched([fixture("storm"), "200", "0.005", "4"], rung);
      const { children, self } = JSON.parse(output);
      near(summary.cpu_seconds, children.cpu_seconds + self.cpu_seconds, "cpu_seconds");
      const switches = children.voluntary_context_switches + self.voluntary_context_switches;
      assert.ok(Math.abs(summary.voluntary_context_switches! - switches) <= 0.05 * switches + 20);
      const faults = children.minor_faults + self.minor_faults;
      assert.ok(
        Math.abs(summary.minor_faults! - faults) <= 0.05 * faults + 100,
        `${summary.minor_faults}, ${faults}`,
      );
    });

    test("bytes written by children that have ended are on the bill", { timeout: 120_000 }, async () => {
      await withDirectory(async (directory) => {
        const script = `for i in 1 2 3 4; do "$0" "$1/$i" 4 >/dev/null; done`;
        const { summary } = await watched(["sh", "-c", script, fixture("write_mb"), directory], rung);
        const bytes = 16 * 1024 * 1024;
        assert.ok(
          summary.io_write_bytes! >= bytes && summary.io_write_bytes! < bytes * 1.02,
          `${summary.io_write_bytes}`,
        );
      });
    });

    test("the abort signal ends the whole tree", { timeout: 120_000 }, async () => {
      const abort = new AbortController();
      const { summary, processes } = await watched([fixture("fork_tree"), "1", "3", "60"], {
        ...rung,
        abort: abort.signal,
        onRecord: (record) => {
          if (record.kind === "sample" && record.process_count === 4) abort.abort();
        },
      });
      assert.equal(summary.outcome, "interrupted");
      assert.equal(summary.leftover_process_count, 0);
      assert.equal(processes.length, 4);
      assertGone(processes.map(({ pid }) => pid));
    });

    test("nothing else of the machine is on the bill", { timeout: 120_000 }, async () => {
      const busy = spawnInBackground();
      try {
        const { summary } = await watched(["sleep", "0.5"], rung);
        assert.ok(summary.cpu_seconds! < 0.1, `${summary.cpu_seconds}`);
        assert.equal(summary.total_process_count, 1);
      } finally {
        process.kill(busy, "SIGKILL");
      }
    });
  });
}

/** A busy process that is none of ours: its parent has ended. */
function spawnInBackground(): number {
  const { stdout } = spawnSync("sh", ["-c", "(while :; do :; done) >/dev/null 2>&1 & echo $!"]);
  return Number(stdout.toString());
}
