import { compileSoon } from "../../ffi/mod.ts";
import type { SamplingPlan } from "../../monitor/sampling_plan.ts";

/** Ticks that come faster than this make a loop hot. */
const HOT_BELOW_MS = 50;

/** Have the sampling of a run or attach compiled soon, where it ticks so fast that it pays. */
export function expectTicks({ rule }: SamplingPlan): void {
  if (rule !== null && rule.baseMs < HOT_BELOW_MS) compileSoon();
}
