import { monitorRun } from "../../../monitor/run/run.ts";
import type { RunOptions } from "../../../monitor/options.ts";
import { printable } from "../../../core/printable.ts";
import { ending } from "./ending.ts";

/** How a command beside the measured ones ended: well, badly (in words), or because a signal asked to end. */
export type HelperEnd = "done" | "interrupted" | { readonly why: string };

/**
 * Run what prepares, sets up or cleans up. It is a tree of its own, of which nothing is recorded, and what it leaves in
 * the background ends with it: else that would run beside what is measured.
 */
export async function runHelper(
  option: string,
  words: readonly string[],
  { cwd, env, inherited, stdio, graceMs, abort }: RunOptions,
): Promise<HelperEnd> {
  const { summary, startError } = await monitorRun({
    command: words,
    cwd,
    env,
    inherited,
    stdio,
    graceMs,
    abort,
    leftovers: "stop",
    soleParent: true,
    forwardSignals: true,
    samples: false,
  });
  const lead = `${option} ${printable(words.join(" "))}`;
  if (startError) return { why: `${lead}: ${startError.message}` };
  if (summary.outcome === "interrupted") return "interrupted";
  return summary.exit_code === 0 ? "done" : { why: `${lead} ${ending(summary)}` };
}
