/*
 * Why a run took so long. What else the machine does meanwhile is not ours to say: where it may decide, the verdict is
 * held against the figures that stand beside it.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { SummaryRecord, Waiting } from "../../../core/schema/record.ts";
import { run } from "../../../mod.ts";
import { fixture } from "../../support/fixture.ts";
import { noCgroup } from "../../support/linux.ts";
import { inV1, noV1, withV1 } from "../../support/v1.ts";
import { BINARY, lastJson, runProgram } from "../support/proctor.ts";
import { withDirectory } from "../support/directory.ts";

const CASE = { timeout: 120_000 };
/** Whether a cgroup has pressure of its own here, by the kernel's own file. */
const hasPressure = (() => {
  try {
    return noCgroup === false && readFileSync("/proc/pressure/cpu", "utf8").startsWith("some");
  } catch {
    return false;
  }
})();
const GROUP = { ...CASE, skip: !hasPressure && "needs a cgroup, and a kernel that keeps pressure (PSI)" };

interface Run {
  readonly summary: SummaryRecord;
  readonly waiting: Waiting;
  readonly stdout: string;
}

/** The summary of a run, and of what it waited for. */
async function summed(command: readonly string[], ...flags: string[]): Promise<Run> {
  const outcome = await runProgram([BINARY, "run", ...flags, "--summary", "json", "--", ...command]);
  const summary = JSON.parse(outcome.stderr.trimEnd().split("\n").at(-1)!) as SummaryRecord;
  return { summary, waiting: summary.waiting!, stdout: outcome.stdout.toString() };
}

/** The last line of what is printed for people. */
async function lastLine(command: readonly string[], ...flags: string[]): Promise<string> {
  const { stderr } = await runProgram([BINARY, "run", ...flags, "--", ...command]);
  return stderr.trimEnd().replaceAll(/\n {4}(?! )/g, " ").split("\n").at(-1)!;
}

const share = (value: number | null | undefined, { wall_seconds }: SummaryRecord) =>
  (value ?? NaN) / wall_seconds;

describe("why a run took so long", () => {
  test("more busy programs than the one CPU they may use: they waited for it", GROUP, async () => {
    const { summary, waiting, stdout } = await summed([fixture("queue_up"), "3", "0.7"]);
    const truth = JSON.parse(stdout);
    assert.equal(waiting.pressure_scope, "group");
    assert.equal(summary.accounting.pressure?.source, "cgroup");
    assert.equal(waiting.verdict, "waited_for_cpu", JSON.stringify(summary));
    assert.ok(share(waiting.cpu_some_seconds, summary) > 0.5, `${waiting.cpu_some_seconds}`);
    // The root's is read from the zombie, and is all of it; of the children what was seen last, a second ago at most.
    const { self_waited_seconds: self, children_waited_seconds: children } = truth;
    const queued = waiting.run_queue_seconds!;
    assert.ok(
      queued >= self - 1e-3 && queued <= self + children + 0.5,
      `${queued}, ${JSON.stringify(truth)}`,
    );
    assert.equal(summary.accounting.run_queue?.quality, "lower_bound");
  });

  test("the wait of a single process is all that the kernel tells of it", CASE, async () => {
    const { waiting, stdout } = await summed([fixture("queue_up"), "0", "0.5"]);
    const { self_waited_seconds: truth } = JSON.parse(stdout);
    // Between its last words and its end it may have waited once more.
    assert.ok(waiting.run_queue_seconds! >= truth - 1e-6 && waiting.run_queue_seconds! < truth + 0.5);
  });

  test("a busy program is CPU-bound, or waited for CPU where others were busy", GROUP, async () => {
    const { summary, waiting } = await summed([fixture("burn_cpu"), "1"]);
    const used = share(summary.cpu_seconds, summary);
    const waited = Math.max(
      share(waiting.cpu_some_seconds, summary),
      waiting.run_queue_seconds! / (waiting.run_queue_seconds! + summary.cpu_seconds!),
    );
    if (waiting.verdict === "cpu_bound") assert.ok(used >= 0.9 && waited < 0.25, JSON.stringify(summary));
    else if (waiting.verdict === "waited_for_cpu") assert.ok(waited >= 0.25, JSON.stringify(summary));
    else assert.ok(used < 0.9 && waited < 0.25, JSON.stringify(summary));
  });

  test("one that sleeps is mostly idle, and says so in its last line", GROUP, async () => {
    const { summary, waiting } = await summed(["sleep", "1.5"]);
    const others = [waiting.cpu_some_seconds, waiting.io_some_seconds, waiting.memory_some_seconds]
      .some((seconds) => share(seconds, summary) > 0.1);
    const read = (summary.disk_read_bytes ?? 0) / summary.wall_seconds > 65_536;
    assert.equal(waiting.verdict, others || read ? null : "mostly_idle", JSON.stringify(summary));
    if (others || read) return;
    assert.match(
      await lastLine(["sleep", "1.5"]),
      /^ {2}mostly idle: it used [\d.]+% of a core on average, /,
    );
  });

  test("what is over at once gets no verdict", CASE, async () => {
    const { summary, waiting } = await summed(["true"]);
    if (summary.wall_seconds < 0.1) assert.equal(waiting.verdict, null);
    assert.doesNotMatch(await lastLine(["true"]), /core on average$/);
  });

  test("a disk that is written through is waited for, where the kernel says that it was", GROUP, async () => {
    await withDirectory(async (directory) => {
      const file = `of=${join(directory, "file")}`;
      const { summary, waiting } = await summed([
        "dd",
        "if=/dev/zero",
        file,
        "bs=64k",
        "count=2000",
        "oflag=dsync",
      ]);
      const disk = share(waiting.io_full_seconds, summary);
      // On a busy machine it waits for CPUs as well: in time, or beside what it ran.
      const queued = waiting.run_queue_seconds ?? 0;
      const cpu = Math.max(
        share(waiting.cpu_some_seconds, summary),
        queued / (queued + summary.cpu_seconds!),
      );
      if (waiting.verdict === "waited_for_disk") assert.ok(disk >= 0.25, JSON.stringify(summary));
      else assert.ok(disk < 0.25 || cpu > disk || summary.wall_seconds < 0.1, JSON.stringify(summary));
    });
  });
});

describe("a quota", () => {
  const V1 = { ...CASE, skip: noV1 };

  test("of the run's own throttles it, and the kernel's count stands beside it", V1, async () => {
    const { summary, waiting } = await summed([fixture("burn_cpu"), "0.4"], "--limit-cpu", "0.1");
    assert.equal(waiting.verdict, "throttled", JSON.stringify(summary));
    assert.equal(waiting.quota_cores, 0.1);
    assert.equal(waiting.throttled_seconds, summary.cpu_throttled_seconds);
    assert.ok(waiting.throttled_period_count! >= 10, `${waiting.throttled_period_count}`);
    assert.deepEqual(summary.accounting.throttling, { source: "cgroup", quality: "exact" });
  });

  test("around proctor throttles it as well, and is told as an upper bound", V1, async () => {
    await withV1("cpu", { "cpu.cfs_quota_us": "10000" }, async (directory) => {
      const command = [BINARY, "run", "--summary", "json", "--", fixture("burn_cpu"), "0.3"];
      const outcome = await runProgram(inV1(directory, command));
      const summary = JSON.parse(outcome.stderr.trimEnd().split("\n").at(-1)!) as SummaryRecord;
      const truth = /^throttled_time (\d+)$/m.exec(readFileSync(join(directory, "cpu.stat"), "utf8"))![1];
      const { verdict, throttled_seconds, quota_cores } = summary.waiting!;
      assert.equal(verdict, "throttled", JSON.stringify(summary));
      assert.equal(quota_cores, 0.1);
      // Proctor's own start and end are throttled, too, and are not of the run.
      assert.ok(throttled_seconds! > 0 && throttled_seconds! <= Number(truth) / 1e9, `${throttled_seconds}`);
      assert.equal(summary.accounting.throttling?.quality, "upper_bound");
    });
  });

  test("that nobody has set throttles nobody", CASE, async () => {
    const { waiting } = await summed(["sleep", "0.2"]);
    assert.notEqual(waiting.verdict, "throttled");
    assert.equal(waiting.throttled_period_count, null);
  });
});

describe("without a cgroup", () => {
  test("the pressure is the machine's, and said to be", CASE, async () => {
    const summary = await run(["sleep", "0.5"], { mechanism: "subreaper" });
    const { waiting, accounting } = summary;
    assert.equal(waiting!.cpu_full_seconds, null, "the machine has none");
    if (waiting!.pressure_scope === null) assert.equal(accounting.pressure?.quality, "unavailable");
    else {
      assert.equal(waiting!.pressure_scope, "machine");
      assert.equal(accounting.pressure?.source, "machine");
      assert.equal(accounting.pressure?.quality, "upper_bound");
      assert.ok(waiting!.cpu_some_seconds! <= summary.wall_seconds + 0.1);
    }
  });

  test("who waited for a CPU is told by its threads", CASE, async () => {
    const quietly = ["sh", "-c", '"$0" 3 0.7 >/dev/null', fixture("queue_up")];
    const summary = await run(quietly, { mechanism: "subreaper" });
    assert.equal(summary.waiting!.verdict, "waited_for_cpu", JSON.stringify(summary));
    assert.ok(summary.waiting!.run_queue_seconds! > 1);
  });
});

test("attach counts from its own beginning", CASE, async () => {
  const command = ["sh", "-c", '"$0" 3 0.7 & pid=$!; sleep 1.5; "$1" attach --summary json $pid; wait'];
  const outcome = await runProgram([...command, fixture("queue_up"), BINARY]);
  const summary = JSON.parse(outcome.stderr.trimEnd().split("\n").at(-1)!) as SummaryRecord;
  const truth = lastJson<{ self_waited_seconds: number; children_waited_seconds: number }>(outcome);
  const queued = summary.waiting!.run_queue_seconds!;
  assert.ok(
    queued >= 0 && queued < truth.self_waited_seconds + truth.children_waited_seconds - 0.5,
    `${queued}`,
  );
  assert.equal(summary.waiting!.throttled_seconds, null, "the quotas around us are not those around it");
});
