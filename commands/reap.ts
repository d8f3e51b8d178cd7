import { Command } from "commander";
import { usageError } from "../core/error.ts";
import { MARK } from "../core/marker.ts";
import { loadPlatform } from "../platform/mod.ts";

/** The verb of {@link reapCommand}: no user types it. */
export const REAP = "reap-group";

/** What the guard of a run without a cgroup becomes when proctor is killed: kills what is left of the run. */
export function reapCommand(): Command {
  return new Command(REAP)
    .argument("<mark>")
    .action(async (mark: string) => {
      // Anything else may stand in the environment of processes that are no business of ours.
      if (!MARK.test(mark)) {
        throw usageError(`${REAP}: "${mark}" is no mark of a group; this is no verb to type`);
      }
      await (await loadPlatform()).reapMarked(mark);
    });
}
