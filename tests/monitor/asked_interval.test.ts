/* An interval that was asked for is kept; only a budget that was asked for stretches it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { attach, run } from "../../mod.ts";
import type { RunOptions } from "../../mod.ts";
import { DEFAULT_BUDGET_PERCENT, samplingPlan } from "../../monitor/sampling_plan.ts";
import { profiles } from "../../core/measure/profile.ts";
import { report } from "../../render/text/report.ts";
import { fixture } from "../support/fixture.ts";
import { startFixture } from "../support/live.ts";
import { nowhere } from "../support/nowhere.ts";

const INTERVAL_MS = 10;
const ASKED = { baseIntervalMs: INTERVAL_MS, adaptive: false };
/** Members that move: a tick over them costs much more than a hundredth of the interval. */
const BUSY = [fixture("busy_processes"), "20", "0.6"];
/** Of the ticks that are due; the start takes its time on a busy machine. The default budget would leave a third. */
const KEPT = 0.6;
const quiet = (options: Partial<RunOptions>): Partial<RunOptions> => ({ stdio: nowhere(), ...options });

function due({ wall_seconds }: { wall_seconds: number }): number {
  return Math.floor((wall_seconds * 1_000) / INTERVAL_MS);
}

describe("an interval that was asked for", () => {
  test("is kept by run: each tick is taken, or missed and counted", { timeout: 120_000 }, async () => {
    const summary = await run(BUSY, quiet(ASKED));
    const ticks = summary.sample_count + summary.missed_tick_count;
    assert.ok(ticks >= due(summary) * KEPT, `${ticks} of ${due(summary)}`);
  });

  test("is kept by attach", { timeout: 120_000 }, async () => {
    await using live = await startFixture("busy_processes", "20", "5");
    const summary = await attach(live.pid, { ...ASKED, durationMs: 2_000 });
    const ticks = summary.sample_count + summary.missed_tick_count;
    assert.ok(ticks >= due(summary) * KEPT, `${ticks} of ${due(summary)}`);
  });

  test("yields to a budget that was asked for", { timeout: 120_000 }, async () => {
    const summary = await run(BUSY, quiet({ ...ASKED, budgetPercent: 0.01 }));
    const ticks = summary.sample_count + summary.missed_tick_count;
    assert.ok(ticks < due(summary) / 3, `${ticks} of ${due(summary)}`);
  });

  test(
    "has its cost told where the default budget would not have allowed it",
    { timeout: 120_000 },
    async () => {
      const summary = await run(BUSY, quiet(ASKED));
      assert.ok(summary.monitor.sampling_percent! > DEFAULT_BUDGET_PERCENT);
      assert.match(
        report(summary, "busy", false).replaceAll(/\s+/g, " "),
        /sampling so often took [\d.]+% of a core, --budget bounds it/,
      );
      const seldom = await run(["sleep", "0.1"], quiet({ baseIntervalMs: 1_000 }));
      assert.equal(seldom.monitor.sampling_percent, undefined);
    },
  );
});

test("the default budget holds where no interval was asked for", () => {
  const budget = (options: Partial<RunOptions>) => samplingPlan(options).rule?.budgetPercent;
  assert.equal(budget({}), DEFAULT_BUDGET_PERCENT);
  assert.equal(budget({ profile: "adaptive" }), DEFAULT_BUDGET_PERCENT);
  assert.equal(budget({ budgetPercent: 5, baseIntervalMs: 20 }), 5);
  for (
    const asked of [
      { baseIntervalMs: 20 },
      { maxIntervalMs: 2_000 },
      { adaptive: false },
      { profile: "standard" },
      { profile: { ...profiles.adaptive, adaptive: false } },
    ] as const
  ) assert.equal(budget(asked), Infinity, JSON.stringify(asked));
});
