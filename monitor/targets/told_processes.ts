import { Total } from "../../core/measure/raw.ts";
import type { ProcessTableRecord } from "../../core/schema/process_table_schema.ts";
import type { GroupState } from "../../group/group_state.ts";
import type { ProcessTree } from "../../group/process_tree.ts";
import type { ProcessWatch } from "../../group/process_watch.ts";
import { takeRegularly } from "../../group/taking.ts";

/** Programs that are told one by one while a task goes on: messages are to stay short. */
const MOST_PROGRAMS = 10;

/** Every process of a tree that others have started. */
export class ToldTree {
  readonly #endTaking: () => void;
  #last: ProcessTableRecord | undefined;

  constructor(readonly tree: ProcessTree, readonly watch: ProcessWatch) {
    tree.onEnded = (member) => watch.seen(member);
    watch.beginAmidst(tree);
    this.#endTaking = takeRegularly(watch);
  }

  /** @param isLast whether nothing is asked after, so that all is told */
  table(isLast: boolean): ProcessTableRecord {
    if (this.#last) return this.#last;
    if (!isLast) return brief(this.watch.soFar(this.tree, NaN, MOST_PROGRAMS).table);
    this.#endTaking();
    return this.#last = this.watch.finish(this.tree, NaN).table;
  }

  /** Listen no longer. */
  close(): void {
    this.#endTaking();
    this.watch.close();
  }
}

/** Every process of a group, which tells them itself, and goes on to. */
export class ToldGroup {
  constructor(readonly state: GroupState, readonly watch: ProcessWatch) {}

  /** @param isLast whether nothing is asked after, so that all is told; the group may be closed by then */
  table(isLast: boolean): ProcessTableRecord {
    const { tree } = this.state;
    const cpuSeconds = tree.reading.totals[Total.cpuSeconds];
    const { table } = this.watch.soFar(tree, cpuSeconds, isLast ? undefined : MOST_PROGRAMS);
    return isLast ? table : brief(table);
  }

  /** It is the group's. */
  close(): void {}
}

/** Without what is told once, at the end. */
function brief(table: ProcessTableRecord): ProcessTableRecord {
  return { ...table, dearest: [], critical_path: null, parallelism: null };
}
