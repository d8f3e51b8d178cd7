import { usageError } from "../core/error.ts";
import { MARK } from "../core/schema/marker.ts";
import { loadPlatform } from "../platform/mod.ts";
import type { VerbTable } from "./options/option_table.ts";

/** The verb of {@link REAPER}: no user types it. */
export const REAP = "reap-group";

/** What the guard of a run without a cgroup becomes when proctor is killed: kills what is left of the run. */
export const REAPER: VerbTable<unknown> = {
  name: REAP,
  description: "",
  arguments: [{ name: "<mark>", description: "" }],
  passesThrough: false,
  options: [],
  examples: "",
  async run([mark]) {
    // Anything else may stand in the environment of processes that are no business of ours.
    if (!MARK.test(mark as string)) {
      throw usageError(`${REAP}: "${mark}" is not a mark of a group; this verb is internal`);
    }
    await (await loadPlatform()).reapMarked(mark as string);
    return 0;
  },
};
