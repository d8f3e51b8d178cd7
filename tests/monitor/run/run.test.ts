import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import process from "node:process";
import { describe, test } from "node:test";
import { ProctorError, profiles, recordSchema, run } from "../../../mod.ts";
import type { ProctorRecord, RunOptions } from "../../../mod.ts";
import { withDirectory } from "../../cli/support/directory.ts";
import { checkStream } from "../../cli/support/records.ts";
import { cgroupsOf } from "../../cli/support/traces.ts";
import { fixture } from "../../support/fixture.ts";
import { runsFor } from "./support/runs_for.ts";

type Options = Parameters<typeof run>[1];

/** What came of options that make no sense: nothing, when they were refused as they should be. */
async function notRefused(command: RunOptions["command"], options: Options, said: string): Promise<string[]> {
  const outcome = await run(command, options).then(({ outcome }) => outcome, (error) => error);
  const fine = outcome instanceof ProctorError && outcome.kind === "usage" && outcome.message.includes(said);
  return fine ? [] : [`${JSON.stringify(options)}: ${outcome}`];
}

describe("run()", () => {
  test("gives the summary, and every record to onRecord", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const records: ProctorRecord[] = [];
      const { command, count } = runsFor(3, directory);
      const summary = await run(command, {
        baseIntervalMs: 50,
        adaptive: false,
        name: "a name",
        onRecord: (record) => {
          records.push(record);
          count(record);
        },
      });
      assert.equal(summary.exit_code, 3);
      const stream = checkStream(JSON.parse(JSON.stringify(records)));
      assert.deepEqual(stream.summary, JSON.parse(JSON.stringify(summary)));
      assert.equal(stream.start.name, "a name");
      assert.ok(stream.samples.length >= 3);
      for (const record of records) recordSchema.parse(record);
      assert.deepEqual(cgroupsOf(process.pid), []);
    });
  });

  test("the highest sum of samples is no bound: what was between them may have been more", {
    timeout: 120_000,
  }, async () => {
    const script = `for n in 1 2 3; do "$0" 30 0.5 & done; wait`;
    const summary = await run(["sh", "-c", script, fixture("alloc_mb")], {
      baseIntervalMs: 50,
      adaptive: false,
    });
    const { source, quality } = summary.accounting.peak_memory;
    assert.deepEqual([source, quality], source === "cgroup" ? ["cgroup", "exact"] : ["samples", "sampled"]);
  });

  test("a record that was handed out does not change afterwards", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const handed: [ProctorRecord, string][] = [];
      const { command, count } = runsFor(5, directory);
      await run(command, {
        baseIntervalMs: 30,
        threads: true,
        onRecord: (record) => {
          handed.push([record, JSON.stringify(record)]);
          count(record);
        },
      });
      assert.ok(handed.length > 5);
      for (const [record, text] of handed) assert.equal(JSON.stringify(record), text);
    });
  });

  test(
    "takes samples that nobody reads all the same, without a record of them",
    { timeout: 120_000 },
    async () => {
      const records: ProctorRecord[] = [];
      const summary = await run(["sleep", "4"], {
        baseIntervalMs: 20,
        adaptive: false,
        perProcess: true,
        samples: false,
        onRecord: (record) => records.push(record),
      });
      assert.deepEqual(records.map(({ kind }) => kind), ["start", "process", "summary"]);
      const ticks = summary.sample_count + summary.missed_tick_count;
      assert.ok(ticks >= 160 && ticks <= summary.wall_seconds * 50, `${ticks}`);
      assert.notEqual(summary.max_cpu_percent, null);
      // A sleeping process keeps what it has: its mean is its peak, but for the moment in which it began, and for what
      // each processor has not yet added to the counts of its pages (include/linux/percpu_counter.h).
      const count = cpus().length;
      const uncounted = 2 * count * Math.max(32, 2 * count) * 4_096;
      assert.ok(
        summary.avg_memory_bytes! > 0.9 * summary.peak_memory_bytes! - uncounted,
        JSON.stringify(summary),
      );
    },
  );

  test("refuses what makes no sense, before anything is started", { timeout: 120_000 }, async () => {
    assert.deepEqual(
      (await Promise.all([
        notRefused([], {}, "command"),
        notRefused(["true"], { budgetPercent: 0 }, "budget"),
        notRefused(["true"], { budgetPercent: NaN }, "budget"),
        notRefused(["true"], { baseIntervalMs: 100, maxIntervalMs: 50 }, "max-interval"),
        notRefused(["true"], { profile: "nope" as "standard" }, "nope"),
        notRefused(["true"], { metrics: ["nope" as "cpu_percent"] }, "nope"),
        notRefused(["true"], { baseIntervalMs: -1 }, "interval"),
        notRefused(["true"], { baseIntervalMs: NaN }, "interval"),
        notRefused(["true"], { timeoutMs: -5 }, "timeout"),
        notRefused(["true"], { metrics: [] }, "metrics"),
      ])).flat(),
      [],
    );
  });

  test("a command that cannot be started is told in the summary", { timeout: 120_000 }, async () => {
    const records: ProctorRecord[] = [];
    const summary = await run(["no-such-command-of-proctor"], {
      onRecord: (record) => records.push(record),
    });
    assert.equal(summary.outcome, "failed_to_start");
    assert.match(summary.error!, /no-such-command-of-proctor: command not found/);
    assert.equal(summary.error_kind, "command_not_found");
    assert.equal((await run(["/etc/passwd"])).error_kind, "command_not_executable");
    assert.ok(!("error_kind" in await run(["true"])));
    assert.deepEqual(records.map(({ kind }) => kind), ["start", "summary"]);
  });

  test(
    "a zero byte in an argument or a variable is refused or told, not cut off",
    { timeout: 120_000 },
    async () => {
      for (const start of [() => run(["true", "a\0b"]), () => run(["true"], { env: { A: "a\0b" } })]) {
        const outcome = await start().then(({ outcome }) => outcome, (error) => error);
        if (outcome !== "failed_to_start") assert.ok(outcome instanceof ProctorError, String(outcome));
      }
    },
  );

  test("cwd, env and stdio", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const output = openSync(`${directory}/output`, "w");
      await run([fixture("print_context"), "ü", new Uint8Array([0xff])], {
        cwd: directory,
        env: { ADDED: "x=y" },
        stdio: [0, output, 2],
      });
      closeSync(output);
      const context = JSON.parse(readFileSync(`${directory}/output`, "utf8"));
      assert.equal(context.cwd, directory);
      assert.equal(context.env.ADDED, "x=y");
      assert.deepEqual(context.argv_hex, ["c3bc", "ff"]);
    });
  });

  test("variables for the command do not leak into this program", {
    timeout: 120_000,
  }, async () => {
    const before = { ...process.env };
    await run(["true"], { env: { ONLY_FOR_THE_COMMAND: "1" } });
    assert.deepEqual({ ...process.env }, before);
  });

  test("the profile can be an object", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const records: ProctorRecord[] = [];
      const { command, count } = runsFor(1, directory);
      await run(command, {
        profile: { ...profiles.minimal, interval_ms: 30, max_interval_ms: 30 },
        onRecord: (record) => {
          records.push(record);
          count(record);
        },
      });
      const sample = records.find(({ kind }) => kind === "sample");
      assert.ok(sample && "memory_bytes" in sample && !("thread_count" in sample));
    });
  });

  test("several at once keep their own accounts", { timeout: 120_000 }, async () => {
    const nowhere = openSync("/dev/null", "w");
    const runs = await Promise.all(
      [0.1, 0.3, 0.6].map((seconds) =>
        run([fixture("burn_cpu"), String(seconds)], { stdio: [0, nowhere, 2] })
      ),
    );
    closeSync(nowhere);
    const cpu = runs.map(({ cpu_seconds }) => cpu_seconds!);
    for (const [index, seconds] of [0.1, 0.3, 0.6].entries()) {
      assert.ok(cpu[index] >= seconds && cpu[index] < seconds + 0.1, cpu.join(", "));
      assert.equal(runs[index].total_process_count, 1);
    }
    assert.deepEqual(cgroupsOf(process.pid), []);
  });

  test("an abort before the start is honoured", { timeout: 120_000 }, async () => {
    const summary = await run(["sleep", "60"], { abort: AbortSignal.abort() });
    assert.equal(summary.outcome, "interrupted");
    assert.ok(summary.wall_seconds < 10);
  });

  test("an abort ends what ignores SIGTERM after the grace", { timeout: 120_000 }, async () => {
    const summary = await run(["sh", "-c", "trap '' TERM; sleep 60"], {
      abort: AbortSignal.timeout(300),
      graceMs: 300,
    });
    assert.equal(summary.outcome, "interrupted");
    assert.equal(summary.signal, "SIGKILL");
  });

  test("a timeout ends the tree", { timeout: 120_000 }, async () => {
    const summary = await run(["sh", "-c", "sleep 60 & sleep 60"], { timeoutMs: 300 });
    assert.equal(summary.outcome, "timed_out");
    assert.equal(summary.leftover_process_count, 0);
    assert.ok(summary.wall_seconds < 20);
  });

  test("listeners of this program stay, and none of ours does", { timeout: 120_000 }, async () => {
    const names = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGCHLD", "SIGUSR1", "SIGUSR2"];
    const counts = () => names.map((name) => process.listenerCount(name));
    const before = counts();
    await run(["true"], { forwardSignals: true });
    assert.deepEqual(counts(), before);
  });
});
