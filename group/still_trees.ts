/** Trees of which no member has run since their last look, as was found in this very turn of the event loop. */
const still = new Set<object>();

/** Whether it was found in this very turn that a glance at a tree would find nothing new. */
export function isStill(tree: object): boolean {
  return still.has(tree);
}

/** For the rest of this turn a glance at these trees would find nothing new. */
export function noteStill(trees: Iterable<object>): void {
  for (const tree of trees) still.add(tree);
  queueMicrotask(() => still.clear());
}
