import { lookEvery } from "./lookout.ts";
import type { ProcessTree } from "./process_tree.ts";
import { StillTreeFinder } from "./still_tree_finder.ts";

/** Where nobody is missed by looking later, the next look comes after so many times the length of this one … */
const REST = 200;
/** … or after this. */
const LONGEST_REST_MS = 500;

interface Lookout {
  readonly trees: Set<ProcessTree>;
  readonly still: StillTreeFinder;
  readonly end: () => void;
}

/** By interval. */
const lookouts = new Map<number, Lookout>();

/**
 * Look at a tree at an interval between the calls of a user; returns how to stop. Of all that have the same interval
 * one call finds those of which no member has run: a supervisor that has taken up hundreds would do nothing else.
 */
export function lookOutFor(tree: ProcessTree, ms: number): () => void {
  let lookout = lookouts.get(ms);
  if (!lookout) lookouts.set(ms, lookout = begin(ms));
  const { trees, still, end } = lookout;
  trees.add(tree);
  return () => {
    if (!trees.delete(tree) || trees.size > 0) return;
    end();
    still.close();
    lookouts.delete(ms);
  };
}

function begin(ms: number): Lookout {
  const trees = new Set<ProcessTree>();
  const still = new StillTreeFinder();
  let notBeforeMs = -Infinity;
  const end = lookEvery(ms, () => {
    const nowMs = performance.now();
    if (nowMs < notBeforeMs) return;
    const all = [...trees];
    still.look(all);
    for (const tree of all) if (trees.has(tree)) tree.refresh(performance.now(), "glance");
    const lookMs = performance.now() - nowMs;
    const missesNobody = all.every(({ container }) => container.listsMembers);
    notBeforeMs = missesNobody ? nowMs + Math.min(LONGEST_REST_MS, REST * lookMs) : -Infinity;
  });
  return { trees, still, end };
}
