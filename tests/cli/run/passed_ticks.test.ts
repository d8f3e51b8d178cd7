/*
 * Ticks of a tree that stands still, which nobody reads, are gone through without the runtime, a second after the
 * start: they count all the same, and whatever comes about ends that.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { SummaryRecord } from "../../../core/schema/record.ts";
import { assertNear } from "../../support/expect.ts";
import { proctor, start } from "../support/proctor.ts";
import { cgroupsOf } from "../support/traces.ts";

const OPTIONS = ["run", "--interval", "50ms", "--no-adaptive", "--summary", "json", "--"];
const BURN = "use Time::HiRes qw(sleep); sleep 2.5; while ((times)[0] < 0.2) {} sleep 1.5; exit 3";

describe("ticks of a tree that stands still", () => {
  test("count as those before and after, in which it uses CPU", { timeout: 120_000 }, async () => {
    const outcome = await proctor([...OPTIONS, "perl", "-e", BURN]);
    assert.equal(outcome.code, 3, outcome.stderr);
    const summary = JSON.parse(outcome.stderr) as SummaryRecord;
    const { sample_count, monitor, wall_seconds, cpu_seconds, max_cpu_percent, avg_memory_bytes } = summary;
    const ticks = sample_count + summary.missed_tick_count;
    assertNear(ticks, wall_seconds / 0.05, 0, 2, "ticks");
    // Up to three looks come before the first sample, and the last sample is none that was due.
    const others = monitor.tick_count! - sample_count;
    assert.ok(others >= -1 && others <= 3, `${monitor.tick_count} for ${sample_count}`);
    assert.ok(monitor.wake_up_count! >= sample_count, `${monitor.wake_up_count} for ${sample_count}`);
    assert.ok(cpu_seconds! >= 0.2, `${cpu_seconds} s`);
    assert.ok(max_cpu_percent! > 5, `${max_cpu_percent} %`);
    assert.ok(avg_memory_bytes! > 1e6);
  });

  test("end with a signal, a limit of time and a member's death", { timeout: 120_000 }, async () => {
    const running = start([...OPTIONS, "sh", "-c", `echo '{"ready":true}'; exec sleep 60`], {
      input: "open",
    });
    await running.ready();
    await sleep(2_000);
    running.kill("SIGTERM");
    assert.equal((await running.ended).code, 143);
    assert.deepEqual(cgroupsOf(running.pid), []);
    const bounded = await proctor(["run", "--timeout", "2500ms", ...OPTIONS.slice(1), "sleep", "60"]);
    const { wall_seconds } = JSON.parse(bounded.stderr.trimEnd().split("\n").at(-1)!) as SummaryRecord;
    assert.ok(wall_seconds >= 2.5 && wall_seconds < 12, `${wall_seconds} s`);
    const left = await proctor([...OPTIONS, "sh", "-c", "sleep 3 & sleep 2 & wait; exit 4"]);
    const told = JSON.parse(left.stderr) as SummaryRecord;
    assert.equal(told.exit_code, 4);
    assert.equal(told.total_process_count, 3);
  });
});
