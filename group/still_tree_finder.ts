import type { ProcessClocks, ProcessReader } from "../platform/mod.ts";
import type { ProcessTree } from "./process_tree.ts";
import { noteStill } from "./still_trees.ts";

/**
 * Finds out of many trees in one go which of them have not run since their last look: by the CPU clocks of all their
 * members, in one call. For the rest of the turn a glance at those reads nothing.
 */
export class StillTreeFinder {
  #clocks: ProcessClocks | undefined;
  #members: readonly ProcessReader[] = [];

  /** Look at all of these trees. */
  look(all: Iterable<ProcessTree>): void {
    const nowMs = performance.now();
    const trees: ProcessTree[] = [];
    const members: ProcessReader[] = [];
    for (const tree of all) {
      if (!tree.isSettled(nowMs)) continue;
      trees.push(tree);
      members.push(...tree.members);
    }
    const clocks = this.#clocks ??= trees[0]?.platform.clocks?.();
    if (!clocks) return;
    // Of the same list nothing has to be prepared.
    const isSame = members.length === this.#members.length &&
      members.every((one, at) => one === this.#members[at]);
    if (!isSame) this.#members = members;
    clocks.read(this.#members);
    let at = 0;
    noteStill(trees.filter(({ members: { length } }) => {
      let hasRun = false;
      for (const end = at + length; at < end; at++) hasRun ||= clocks.hasRun(at);
      return !hasRun;
    }));
  }

  /** Give back what is held. */
  close(): void {
    this.#clocks?.close();
    this.#clocks = undefined;
    this.#members = [];
  }
}
