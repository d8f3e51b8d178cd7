import { Command } from "commander";
import { loadPlatform } from "../platform/mod.ts";

/** The verb of {@link reapCommand}: no user types it. */
export const REAP = "reap-group";

/** What the guard of a run without a cgroup becomes when proctor is killed: kills what is left of the run. */
export function reapCommand(): Command {
  return new Command(REAP)
    .argument("<mark>")
    .action(async (mark: string) => (await loadPlatform()).reapMarked(mark));
}
