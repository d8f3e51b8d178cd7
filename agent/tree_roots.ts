import type { FoundProcess } from "../monitor/discovery/discovery.ts";
import type { ProcessLookup } from "../platform/mod.ts";
import type { WatchTarget } from "./watch_target.ts";

/** No tree is deeper; a circle of parents, read while they changed, must not hold us. */
const DEEPEST = 1_000;

/**
 * Of the processes that a target has found those that it means: of a tree only the root, since the rest belongs to
 * it.
 */
export function meantBy(
  target: Pick<WatchTarget, "tree">,
  processes: readonly FoundProcess[],
  lookup: ProcessLookup,
): readonly FoundProcess[] {
  if (!target.tree || processes.length < 2) return processes;
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  // Most have the same few above them.
  const parents = new Map<number, number>();
  const parentOf = (pid: number): number => {
    let parent = parents.get(pid);
    if (parent === undefined) parents.set(pid, parent = lookup.find(pid)?.parentPid ?? 0);
    return parent;
  };
  return processes.filter((process) => !hasAncestor(process, byPid, parentOf));
}

function hasAncestor(
  { parentPid, birth }: FoundProcess,
  among: ReadonlyMap<number, FoundProcess>,
  parentOf: (pid: number) => number,
): boolean {
  let pid = parentPid;
  for (let steps = 0; pid > 0 && steps < DEEPEST; steps++) {
    const known = among.get(pid);
    // A process that is younger than its child has the number of one that is gone.
    if (known) return known.birth <= birth;
    pid = parentOf(pid);
  }
  return false;
}
