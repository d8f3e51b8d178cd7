import { METRIC_NAMES } from "../core/metric.ts";
import type { MetricName } from "../core/metric.ts";

/** What a sample says of the tree as a whole, in numbers. */
export type ColumnName = "elapsed_seconds" | "interval_seconds" | "process_count" | MetricName;

/** Every column, in record order. */
export const COLUMN_NAMES: readonly ColumnName[] = [
  "elapsed_seconds",
  "interval_seconds",
  "process_count",
  ...METRIC_NAMES,
];

const FIRST_CAPACITY = 256;

/**
 * Samples by column: 8 bytes a value, NaN where one was `null` or left out. A metric that no sample has takes no
 * memory.
 */
export class SampleColumns {
  readonly #columns = new Map<ColumnName, Float64Array>();
  #length = 0;

  /** How many samples there are. */
  get length(): number {
    return this.#length;
  }

  /** The columns that have a known value. */
  get names(): ColumnName[] {
    return COLUMN_NAMES.filter((name) => this.#columns.has(name));
  }

  /** A column of as many values as there are samples; undefined when none is known. */
  column(name: ColumnName): Float64Array | undefined {
    return this.#columns.get(name)?.subarray(0, this.#length);
  }

  /** Begin another sample, of which nothing is known yet. */
  add(): void {
    this.#length++;
  }

  /** Set a value of the sample that was added last. */
  set(name: ColumnName, value: number): void {
    let values = this.#columns.get(name);
    if (values === undefined || values.length < this.#length) {
      const longer = new Float64Array(Math.max(FIRST_CAPACITY, this.#length, 2 * (values?.length ?? 0))).fill(
        NaN,
      );
      if (values) longer.set(values);
      this.#columns.set(name, values = longer);
    }
    values[this.#length - 1] = value;
  }
}
