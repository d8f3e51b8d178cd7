import type { ProcessLookup } from "../platform/mod.ts";
import type { FoundProcess } from "./discovery.ts";
import type { WatchTarget } from "./watch_target.ts";

/** No tree is deeper; a circle of parents, read while they changed, must not hold us. */
const DEEPEST = 1_000;

/** Of the processes that a target has found those that it means: of a tree only the root, since the rest belongs to it. */
export function meantBy(
  target: Pick<WatchTarget, "tree">,
  processes: readonly FoundProcess[],
  lookup: ProcessLookup,
): readonly FoundProcess[] {
  if (!target.tree || processes.length < 2) return processes;
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  return processes.filter((process) => !hasAncestor(process, byPid, lookup));
}

function hasAncestor(
  { parentPid, birth }: FoundProcess,
  among: ReadonlyMap<number, FoundProcess>,
  lookup: ProcessLookup,
): boolean {
  let pid = parentPid;
  for (let steps = 0; pid > 0 && steps < DEEPEST; steps++) {
    const known = among.get(pid);
    // A process that is younger than its child has the number of one that is gone.
    if (known) return known.birth <= birth;
    pid = lookup.find(pid)?.parentPid ?? 0;
  }
  return false;
}
