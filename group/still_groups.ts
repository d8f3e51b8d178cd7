import { stateOf } from "./access.ts";
import { StillTreeFinder } from "./still_tree_finder.ts";

/** Finds out of many groups in one go which of them have not run since their last look; see {@link StillTreeFinder}. */
export class StillGroups {
  readonly #finder = new StillTreeFinder();

  /** Look at all of these groups. */
  look(groups: Iterable<object>): void {
    this.#finder.look([...groups].flatMap((group) => stateOf(group)?.tree ?? []));
  }

  /** Give back what is held. */
  close(): void {
    this.#finder.close();
  }
}
