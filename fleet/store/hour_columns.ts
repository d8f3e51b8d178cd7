import { HOUR_FIELDS, joinHourFields, packHourField } from "../chunk/hour_rolls.ts";
import { addRoll, decodeRolls, emptyRoll } from "../chunk/rolls.ts";
import type { Roll } from "../model/view.ts";
import type { Turns } from "./turn.ts";

/** Columns that are made at a time: 100,000 tasks take 5 MB each. */
export const COLUMNS_AT_ONCE = 6;

/** Some columns of an hour as they are being gathered from the rolls of agents. */
export class HourColumns {
  readonly #columns: ReadonlyMap<string, Map<number, Roll>>;

  constructor(readonly names: readonly string[]) {
    this.#columns = new Map(names.map((name) => [name, new Map()]));
  }

  /** Take the rolls of an agent in. */
  add(data: Uint8Array): void {
    for (const [task, buckets] of decodeRolls(data, { columns: this.names })) {
      for (const rolls of buckets.values()) {
        for (const [name, roll] of rolls) addRoll(rollOf(this.#columns.get(name)!, task), roll);
      }
    }
  }

  /** Take a roll of a task in. */
  addRoll(name: string, task: number, roll: Roll): void {
    addRoll(rollOf(this.#columns.get(name)!, task), roll);
  }

  /** Each of them, packed. */
  async *packed(
    turns: Turns,
    signal?: AbortSignal,
  ): AsyncGenerator<readonly [name: string, data: Uint8Array]> {
    for (const [name, gathered] of this.#columns) {
      const fields: Uint8Array[] = [];
      for (const field of HOUR_FIELDS) {
        const values = field === "task"
          ? gathered.keys()
          : Iterator.from(gathered.values()).map((roll) => roll[field]);
        fields.push(packHourField(Float64Array.from(values)));
        await turns.take(signal);
      }
      yield [name, joinHourFields(fields)];
    }
  }
}

function rollOf(gathered: Map<number, Roll>, task: number): Roll {
  let roll = gathered.get(task);
  if (!roll) gathered.set(task, roll = emptyRoll());
  return roll;
}
