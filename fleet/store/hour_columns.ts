import { addExactly } from "../chunk/exact_sum.ts";
import { HOUR_FIELDS, joinHourFields, packHourField } from "../chunk/hour_rolls.ts";
import type { HourField } from "../chunk/hour_rolls.ts";
import { decodeRollColumns } from "../chunk/roll_columns.ts";
import type { Roll } from "../model/view.ts";
import type { Turns } from "./turn.ts";

/** Columns that are made at a time: 100,000 tasks take 4 MB each. */
export const COLUMNS_AT_ONCE = 9;

/** Fields of a row: how many, sum, lowest, highest, increase. */
const [N, SUM, MIN, MAX, INCREASE, WIDTH] = [0, 1, 2, 3, 4, 5];
const PLACE_OF: Readonly<Record<Exclude<HourField, "task">, number>> = {
  ...{ n: N, sum: SUM, min: MIN, max: MAX, increase: INCREASE },
};
const FIRST_ROWS = 256;

/** A column of an hour: a row a task, in the order in which tasks came. No object of each: there are very many. */
class HourColumn {
  #values = new Float64Array(FIRST_ROWS * WIDTH);
  #rows = 0;

  add(row: number, n: number, sum: number, min: number, max: number, increase: number): void {
    const at = row * WIDTH;
    if (at + WIDTH > this.#values.length) this.#grow(at + WIDTH);
    this.#rows = Math.max(this.#rows, row + 1);
    const values = this.#values;
    const isFirst = values[at + N] === 0;
    values[at + N]! += n;
    values[at + SUM] = addExactly(values[at + SUM]!, sum);
    if (isFirst || min < values[at + MIN]!) values[at + MIN] = min;
    if (isFirst || max > values[at + MAX]!) values[at + MAX] = max;
    values[at + INCREASE] = addExactly(values[at + INCREASE]!, increase);
  }

  /** One field of those tasks that have any. @param tasks by their rows */
  field(name: HourField, tasks: readonly number[]): Float64Array {
    const values = this.#values;
    const found = new Float64Array(this.#rows);
    let count = 0;
    for (let row = 0; row < this.#rows; row++) {
      const at = row * WIDTH;
      if (values[at + N] === 0) continue;
      found[count++] = name === "task" ? tasks[row]! : values[at + PLACE_OF[name]]!;
    }
    return found.subarray(0, count);
  }

  #grow(needed: number): void {
    const grown = new Float64Array(Math.max(needed, Math.ceil(this.#values.length * 1.5)));
    grown.set(this.#values);
    this.#values = grown;
  }
}

/** Some columns of an hour as they are being gathered from the rolls of agents. */
export class HourColumns {
  readonly #columns: ReadonlyMap<string, HourColumn>;
  readonly #tasks: number[] = [];
  readonly #rows = new Map<number, number>();

  constructor(readonly names: readonly string[]) {
    this.#columns = new Map(names.map((name) => [name, new HourColumn()]));
  }

  /** Take the rolls of an agent in. @throws CorruptData */
  add(data: Uint8Array): void {
    const { tasks, columns } = decodeRollColumns(data, { columns: this.names });
    const rows = tasks.map(({ task }) => this.#rowOf(task));
    for (const [name, all] of columns) {
      const column = this.#columns.get(name)!;
      for (let place = 0; place < all.length; place++) {
        const fields = all[place];
        if (!fields) continue;
        const { n, sum, min, max, increase } = fields;
        for (let at = 0; at < n.length; at++) {
          if (n[at] === n[at]) {
            column.add(rows[place]!, n[at]!, sum[at]!, min[at]!, max[at]!, increase[at]!);
          }
        }
      }
    }
  }

  /** Take a roll of a task in. */
  addRoll(name: string, task: number, { n, sum, min, max, increase }: Roll): void {
    this.#columns.get(name)!.add(this.#rowOf(task), n, sum, min, max, increase);
  }

  /** Each of them, packed. */
  async *packed(
    turns: Turns,
    signal?: AbortSignal,
  ): AsyncGenerator<readonly [name: string, data: Uint8Array]> {
    for (const [name, column] of this.#columns) {
      const fields: Uint8Array[] = [];
      for (const field of HOUR_FIELDS) {
        fields.push(packHourField(column.field(field, this.#tasks)));
        await turns.take(signal);
      }
      yield [name, joinHourFields(fields)];
    }
  }

  #rowOf(task: number): number {
    let row = this.#rows.get(task);
    if (row === undefined) this.#rows.set(task, row = this.#tasks.push(task) - 1);
    return row;
  }
}
