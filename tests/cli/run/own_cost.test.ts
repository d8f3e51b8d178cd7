import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { SummaryRecord } from "../../../core/schema/record.ts";
import { eventually } from "../../support/eventually.ts";
import { assertNear } from "../../support/expect.ts";
import { fixture } from "../../support/fixture.ts";
import type { Usage } from "../../support/fixture.ts";
import { BINARY, lastJson, runProgram, startProgram } from "../support/proctor.ts";

/** A field of /proc/PID/status as a number; undefined once it is gone. */
function statusField(pid: number, name: string): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "utf8");
    const match = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text);
    return match ? Number(match[1]) : undefined;
  } catch {
    return undefined;
  }
}

const watching = (seconds: string, ...options: string[]) => [
  ...[BINARY, "run", "--no-adaptive", "--summary", "json", ...options],
  ...["--", "sleep", seconds],
];

describe("what proctor says of its own cost", () => {
  test("is what getrusage says of it", { timeout: 120_000 }, async () => {
    const outcome = await runProgram([fixture("usage_of"), ...watching("1.5", "--interval", "100ms")]);
    assert.equal(outcome.code, 0, outcome.stderr);
    const truth = lastJson<Usage>(outcome);
    const { monitor } = JSON.parse(outcome.stderr) as SummaryRecord;
    // The end of proctor comes after its summary, and sleep and the guard are in the truth as well.
    assert.ok(monitor.cpu_seconds <= truth.cpu_seconds, `${monitor.cpu_seconds} > ${truth.cpu_seconds}`);
    assertNear(monitor.cpu_seconds, truth.cpu_seconds, 0.3, 0.02, "CPU");
    // Pages that are given back to the kernel lower the one, never the other.
    assertNear(monitor.peak_memory_bytes!, truth.max_rss_bytes, 0.1, 2e6, "peak");
    assert.ok(monitor.memory_bytes! <= monitor.peak_memory_bytes!);
    const switches = truth.voluntary_context_switches;
    assert.ok(monitor.voluntary_context_switches! <= switches);
    assertNear(monitor.voluntary_context_switches!, switches, 0.2, 20, "switches");
  });

  test(
    "ticks and wake-ups are those that the kernel counts for the main thread",
    { timeout: 120_000 },
    async () => {
      const run = startProgram(watching("2.5", "--interval", "50ms"));
      const seen: number[] = [];
      let running = true;
      const ended = run.ended.finally(() => running = false);
      await eventually(() => {
        const switches = statusField(run.pid, "voluntary_ctxt_switches");
        if (switches !== undefined) seen.push(switches);
        return !running;
      });
      const { stderr } = await ended;
      const { monitor, sample_count, missed_tick_count, wall_seconds } = JSON.parse(stderr) as SummaryRecord;
      assert.ok(monitor.tick_count! >= sample_count && monitor.tick_count! <= sample_count + 3);
      assert.ok(monitor.late_tick_count! <= sample_count);
      // From when the command runs to its end; what a busy machine takes for the launch and the end is not sampled.
      const ticks = sample_count + missed_tick_count;
      assert.ok(ticks >= 2.5 / 0.05 - 2 && ticks <= wall_seconds / 0.05 + 2, `${ticks} in ${wall_seconds} s`);
      assert.ok(monitor.wake_up_count! >= monitor.tick_count!);
      // Whatever wakes up has gone to sleep: the start and the end do so now and then, too.
      assert.ok(
        seen.at(-1)! >= monitor.wake_up_count! - 5,
        `${seen.at(-1)} sleeps, ${monitor.wake_up_count} wake-ups`,
      );
      assert.ok(
        monitor.wake_up_count! >= (seen.at(-1)! - seen[0]) * 0.4,
        `${seen.at(-1)}, ${monitor.wake_up_count}`,
      );
    },
  );

  test(
    "ticks that came late are counted apart from those that were skipped",
    { timeout: 120_000 },
    async () => {
      const run = startProgram(watching("3", "--interval", "200ms"));
      await eventually(() => (statusField(run.pid, "voluntary_ctxt_switches") ?? 0) > 5);
      process.kill(run.pid, "SIGSTOP");
      const until = performance.now() + 900;
      await eventually(() => performance.now() > until);
      process.kill(run.pid, "SIGCONT");
      const { stderr } = await run.ended;
      const { monitor, missed_tick_count } = JSON.parse(stderr) as SummaryRecord;
      assert.ok(missed_tick_count >= 3, `${missed_tick_count} missed`);
      assert.ok(monitor.late_tick_count! >= 1, `${monitor.late_tick_count} late`);
    },
  );

  test("each run of a series has its own", { timeout: 120_000 }, async () => {
    const series = [
      "run",
      "--repeat",
      "4",
      "--records",
      "-",
      "-q",
      "--summary",
      "none",
      "--",
      "sleep",
      "0.2",
    ];
    const outcome = await runProgram([fixture("usage_of"), BINARY, ...series]);
    assert.equal(outcome.code, 0, outcome.stderr);
    const lines = outcome.stdout.toString().trimEnd().split("\n").map((line) => JSON.parse(line));
    const truth = lines.pop() as Usage;
    const own = (lines as { kind: string; monitor: SummaryRecord["monitor"] }[])
      .filter(({ kind }) => kind === "summary").map(({ monitor }) => monitor);
    assert.equal(own.length, 4);
    const total = own.reduce((sum, { voluntary_context_switches }) => sum + voluntary_context_switches!, 0);
    assert.ok(total <= truth.voluntary_context_switches, `${total} > ${truth.voluntary_context_switches}`);
  });
});
