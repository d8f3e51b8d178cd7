import { monitorRun } from "../run/run.ts";
import type { RunOptions } from "../options.ts";
import { printable } from "../../core/printable.ts";
import { ending } from "./ending.ts";

/** How a command beside the measured ones ended: well, badly (in words), or because a signal asked to end. */
export type HelperEnd = "done" | "interrupted" | { readonly why: string };

/**
 * Run what prepares, sets up or cleans up. It is a tree of its own, of which nothing is recorded, and what it leaves in
 * the background ends with it: else that would run beside what is measured.
 *
 * @param lead what it is called where it fails
 * @param options of the runs: what concerns a command as such is the same for it
 */
export async function runHelper(
  lead: string,
  words: readonly string[],
  options: Omit<RunOptions, "command">,
): Promise<HelperEnd> {
  const { cwd, env, withoutEnv, inherited, stdio, graceMs, abort, soleParent, forwardSignals } = options;
  const { summary, startError } = await monitorRun({
    command: words,
    ...{ cwd, env, withoutEnv, inherited, stdio, graceMs, abort, soleParent, forwardSignals },
    leftovers: "stop",
    samples: false,
  });
  const which = `${lead} ${printable(words.join(" "))}`;
  if (startError) return { why: `${which}: ${startError.message}` };
  if (summary.outcome === "interrupted") return "interrupted";
  return summary.exit_code === 0 ? "done" : { why: `${which} ${ending(summary)}` };
}
