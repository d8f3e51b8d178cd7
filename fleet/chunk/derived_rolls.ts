import { kindOf } from "../model/column.ts";
import { fromScaled, toScaled } from "./scaled.ts";

/*
 * The fields of rolls follow from each other but for a little: the highest value of a counter is that of the bucket
 * before and what it has grown by since, and a sum lies about half-way between so many times the lowest and the
 * highest. What is left of them is stored in their place, beside what the first of them goes on from.
 */

/** The fields of a roll, as columns of a table. */
export const FIELDS = ["n", "min", "max", "sum", "increase"] as const;

/** Values of each field by the buckets of a task. */
export type Fields = Readonly<Record<typeof FIELDS[number], Float64Array>>;

/** Digits after the point by which figures are integers. */
const DIGITS = [0, 2, 6] as const;

/** What is left of fields, and what it needs to be all of them again. */
export interface LeftFields {
  readonly fields: Fields;
  /** The field of what the first goes on from: it says by which digits, too. */
  readonly base: typeof BASES[number];
  readonly from: number;
}

/** Fields that are no fields of rolls: what those with so many digits go on from. */
export const BASES = ["base0", "base2", "base6"] as const;

/** So large integers are still exact when some of them are added up. */
const LIMIT = 2 ** 50;

/** What is left of the fields of a column; null where it would not tell each of them to the last bit. */
export function leftOf(name: string, fields: Fields): LeftFields | null {
  if (fields.n.length === 0) return null;
  for (const [at, digits] of DIGITS.entries()) {
    const whole = scaledBy(fields, digits);
    if (!whole) continue;
    const isCounter = kindOf(name) === "counter";
    const from = isCounter ? whole.max[0]! - whole.increase[0]! : 0;
    const left = changed(whole, from, isCounter, -1);
    return left && { fields: left, base: BASES[at]!, from };
  }
  return null;
}

/** The fields again. */
export function withLeft(name: string, { fields, base, from }: LeftFields): Fields {
  const whole = changed(fields, from, kindOf(name) === "counter", 1)!;
  const digits = DIGITS[BASES.indexOf(base)]!;
  const unscaled = (values: Float64Array) => values.map((value) => fromScaled(value, digits));
  return {
    n: fields.n,
    min: unscaled(whole.min),
    max: unscaled(whole.max),
    sum: unscaled(whole.sum),
    increase: unscaled(whole.increase),
  };
}

/** Take guesses away from fields, or add them; null where something would not be exact. */
function changed(fields: Fields, from: number, isCounter: boolean, sign: 1 | -1): Fields | null {
  const count = fields.n.length;
  const [min, max, sum] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  let before = from;
  for (let at = 0; at < count; at++) {
    const n = fields.n[at]!;
    min[at] = fields.min[at]! + sign * (isCounter ? before : 0);
    // What is guessed of is the true one, which is on one side or the other.
    const lowest = sign > 0 ? min[at]! : fields.min[at]!;
    max[at] = fields.max[at]! + sign * (isCounter ? before + fields.increase[at]! : lowest);
    const highest = sign > 0 ? max[at]! : fields.max[at]!;
    const middle = n * (lowest + highest) / 2;
    sum[at] = fields.sum[at]! + sign * Math.round(middle);
    if (sign < 0 && !(Math.abs(middle) < LIMIT && Math.abs(sum[at]!) < LIMIT)) return null;
    before = highest;
  }
  return { n: fields.n, min, max, sum, increase: fields.increase };
}

function scaledBy(fields: Fields, digits: number): Fields | null {
  const [max, min] = [scaled(fields.max, digits), scaled(fields.min, digits)];
  const [sum, increase] = [max && min && scaled(fields.sum, digits), scaled(fields.increase, digits)];
  return max && min && sum && increase && !fields.n.some(Number.isNaN)
    ? { n: fields.n, min, max, sum, increase }
    : null;
}

/** Null at the first that would not come back. */
function scaled(values: Float64Array, digits: number): Float64Array | null {
  const integers = new Float64Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const integer = integers[at] = toScaled(values[at]!, digits);
    if (integer !== integer) return null;
  }
  return integers;
}
