import type { Roll, StoredSample } from "../model/view.ts";
import { figureOf } from "./wanted_column.ts";

/** A roll of nothing. */
export function noRoll(): Roll {
  return { n: 0, sum: 0, min: Infinity, max: -Infinity, increase: 0 };
}

/** Add one stretch of time to another. */
export function addRoll(to: Roll, { n, sum, min, max, increase }: Roll): void {
  to.n += n;
  to.sum += sum;
  if (min < to.min) to.min = min;
  if (max > to.max) to.max = max;
  to.increase += increase;
}

/**
 * What a counter has grown by between two samples that follow one another: a run that begins has used all of its
 * value; one that went back without a word is another run; what was before the first sample nobody knows.
 */
export function increaseOf(value: number, begins: boolean, before: number): number {
  if (begins || value < before) return value;
  return value - before;
}

/** Rolls a column of samples that come in their order, each into the roll that it belongs to. */
export class ColumnRoller {
  #before: number;

  constructor(readonly name: string, readonly isCounter: boolean, before: StoredSample | null) {
    this.#before = before === null ? NaN : figureOf(before, name);
  }

  /** Add a sample to a roll. @returns what it has grown by; NaN where that is not known */
  add(sample: StoredSample, roll: Roll): number {
    const value = figureOf(sample, this.name);
    if (Number.isNaN(value)) return NaN;
    const increase = this.isCounter ? increaseOf(value, sample.begins, this.#before) : NaN;
    this.#before = value;
    roll.n++;
    roll.sum += value;
    if (value < roll.min) roll.min = value;
    if (value > roll.max) roll.max = value;
    if (!Number.isNaN(increase)) roll.increase += increase;
    return increase;
  }
}
