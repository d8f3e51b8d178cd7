/* The binary puts compiling off (scripts/build); where loops get hot it is brought back, once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SamplingPlan } from "../../monitor/sampling_plan.ts";

interface Unsafe {
  setJITPolicy(scale: number): void;
}

const scales: number[] = [];
// Before the modules are loaded that look at it: as the build stamps it in.
(globalThis as { PROCTOR_JIT_POLICY?: number }).PROCTOR_JIT_POLICY = 100;
const bun = (globalThis as { Bun?: { unsafe: Unsafe } }).Bun;
if (bun) bun.unsafe.setJITPolicy = (scale) => void scales.push(scale);

const { expectTicks } = await import("../../commands/run/hot_ticks.ts");
const { compileSoon } = await import("../../ffi/mod.ts");

const plan = (baseMs: number) => ({ rule: { baseMs } }) as unknown as SamplingPlan;

test("ticks below 50 ms ask for it once, slower ones and none do not", () => {
  expectTicks({ rule: null } as unknown as SamplingPlan);
  expectTicks(plan(50));
  expectTicks(plan(1_000));
  assert.deepEqual(scales, []);
  expectTicks(plan(49));
  expectTicks(plan(1));
  compileSoon();
  assert.deepEqual(scales, bun ? [1] : []); // Deno has no such thing, and nothing fails.
});
