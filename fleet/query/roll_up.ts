import { increaseOf } from "../chunk/exact_sum.ts";
import { addRoll } from "../chunk/rolls.ts";
import { kindOf } from "../model/column.ts";
import type { Roll, StoredSample } from "../model/view.ts";
import { figureOf } from "./wanted_column.ts";

/** Rolls a column of samples that come in their order, each into the roll that it belongs to. */
export class ColumnRoller {
  readonly #isCounter: boolean;
  #before: number;

  /** @param before the sample before the first of them; null where none is known */
  constructor(readonly name: string, before: StoredSample | null) {
    this.#isCounter = kindOf(name) === "counter";
    this.#before = before === null ? NaN : figureOf(before, name);
  }

  /** Add a sample to a roll. @returns what a counter has grown by; NaN where that is not known */
  add(sample: StoredSample, roll: Roll): number {
    const value = figureOf(sample, this.name);
    const before = this.#before;
    this.#before = value;
    if (Number.isNaN(value)) return NaN;
    const increase = this.#isCounter ? increaseOf(value, before, sample.begins) : 0;
    addRoll(roll, { n: 1, sum: value, min: value, max: value, increase });
    return this.#isCounter && (sample.begins || !Number.isNaN(before)) ? increase : NaN;
  }
}
