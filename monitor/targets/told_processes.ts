import { Total } from "../../core/measure/raw.ts";
import type { ProcessTableRecord } from "../../core/schema/process_table_schema.ts";
import type { ProcessRecord } from "../../core/schema/record.ts";
import type { GroupState } from "../../group/group_state.ts";
import { lifeRecord } from "../../group/process_table_record.ts";
import type { ProcessFacts } from "../../group/process_table_record.ts";
import type { ProcessTree } from "../../group/process_tree.ts";
import type { EndListener, ProcessWatch } from "../../group/process_watch.ts";
import { takeRegularly } from "../../group/taking.ts";
import { processRecord } from "../run/records.ts";

/** Programs that are told one by one while a task goes on: messages are to stay short. */
const MOST_PROGRAMS = 10;

/** Who gets what is known of a process that has ended; its record is made where that is asked for. */
export type TellEnd = (record: () => ProcessRecord) => void;

/** Tells the end of each process of a tree, from the moment on at which its task begins. */
class Ends {
  readonly #startedMs = performance.now();
  readonly #listener: EndListener;
  /** Those that were told before anybody was there to hear of them. */
  #early: (() => ProcessRecord)[] | null = [];
  #tell: TellEnd = (record) => this.#early?.push(record);

  constructor({ platform }: ProcessTree, readonly watch: ProcessWatch) {
    const elapsed = () => (performance.now() - this.#startedMs) / 1_000;
    this.#listener = {
      told: (life, clock) => this.#tell(() => lifeRecord(life, clock, elapsed(), platform.signalName)),
      seen: (member) => this.#tell(() => processRecord(platform, member, Date.now(), elapsed())),
    };
    watch.endListeners.add(this.#listener);
  }

  tellTo(tell: TellEnd): void {
    this.#tell = tell;
    this.#early?.forEach(tell);
    this.#early = null;
  }

  close(): void {
    this.watch.endListeners.delete(this.#listener);
  }
}

/** Every process of a tree that others have started. */
export class ToldTree {
  readonly #ends: Ends;
  readonly #endTaking: () => void;
  #facts: ProcessFacts | undefined;
  #isFinished = false;

  constructor(readonly tree: ProcessTree, readonly watch: ProcessWatch) {
    this.#ends = new Ends(tree, watch);
    tree.onEnded = (member) => watch.seen(member);
    watch.beginAmidst(tree);
    this.#endTaking = takeRegularly(watch, () => this.onNews());
  }

  /** Called where something has come about in the tree that is a reason to look at it. */
  onNews: () => void = () => {};

  /** Tell the end of each process from now on, and those that were not told yet. */
  tellEnds(tell: TellEnd): void {
    this.#ends.tellTo(tell);
  }

  /**
   * Take what was told by now, after a look at the tree: it mends the bill of that.
   * @param isLast whether nothing comes after, so that all is told
   */
  look(isLast: boolean): void {
    const { tree, watch } = this;
    if (this.#isFinished) return;
    if (isLast) {
      this.#isFinished = true;
      this.#endTaking();
    }
    this.#facts = isLast ? watch.finish(tree, NaN) : watch.soFar(tree, NaN, MOST_PROGRAMS);
    if (this.#facts.told) tree.takeTold(this.#facts.told);
  }

  /** The table as of the last look. */
  table(): ProcessTableRecord | undefined {
    const table = this.#facts?.table;
    return table && (this.#isFinished ? table : brief(table));
  }

  /** Listen no longer. */
  close(): void {
    this.#endTaking();
    this.watch.close();
    this.#ends.close();
  }
}

/** Every process of a group, which tells them itself, and goes on to. */
export class ToldGroup {
  readonly #ends: Ends;
  /** Its own looks take what is told. */
  onNews: () => void = () => {};
  #table: ProcessTableRecord | undefined;

  constructor(readonly state: GroupState, readonly watch: ProcessWatch) {
    this.#ends = new Ends(state.tree, watch);
  }

  /** Tell the end of each process from now on. */
  tellEnds(tell: TellEnd): void {
    this.#ends.tellTo(tell);
  }

  /**
   * Take what was told by now, after a look at the tree: it mends the bill of that.
   * @param isLast whether nothing comes after, so that all is told; the group may be closed by then
   */
  look(isLast: boolean): void {
    const { tree } = this.state;
    const cpuSeconds = tree.reading.totals[Total.cpuSeconds];
    const { table, told } = this.watch.soFar(tree, cpuSeconds, isLast ? undefined : MOST_PROGRAMS);
    if (told) tree.takeTold(told);
    this.#table = isLast ? table : brief(table);
  }

  /** The table as of the last look. */
  table(): ProcessTableRecord | undefined {
    return this.#table;
  }

  /** The group goes on to be told. */
  close(): void {
    this.#ends.close();
  }
}

/** Without what is told once, at the end. */
function brief(table: ProcessTableRecord): ProcessTableRecord {
  return { ...table, dearest: [], critical_path: null, parallelism: null };
}
