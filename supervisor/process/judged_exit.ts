import type { ProcessState } from "../control.ts";
import { exitSentence, hasSucceeded } from "../lifecycle/machine.ts";
import type { Exit } from "../lifecycle/machine.ts";
import type { ProcessRun } from "./process_run.ts";

/** An end as the definition sees it: what is a success, and what came too early to be one. */
export function judged(exit: Exit, { rule, startedMs }: ProcessRun, state: ProcessState): Exit {
  const { startMs = 0, successExitCodes = [] } = rule;
  const isSuccess = exit.exitCode !== null && successExitCodes.includes(exit.exitCode);
  const end: Exit = isSuccess ? { ...exit, isSuccess } : exit;
  if (state !== "starting" || startMs === 0 || !hasSucceeded(end)) return end;
  const lived = Math.max(0, performance.now() - startedMs) / 1_000;
  const fault = `${exitSentence(end)} after ${lived.toFixed(1)} s, before its start_seconds were over`;
  return { ...end, fault };
}
