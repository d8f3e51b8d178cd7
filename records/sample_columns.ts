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

/** Values of one block: a column grows by blocks, so that nothing is ever copied to make room. */
const BLOCK_LENGTH = 1_024;

/**
 * Samples by column: 8 bytes a value, NaN where one was `null` or left out. A metric that no sample has takes no
 * memory.
 */
export class SampleColumns {
  readonly #columns = new Map<ColumnName, (Float64Array | undefined)[]>();
  #length = 0;

  /** How many samples there are. */
  get length(): number {
    return this.#length;
  }

  /** The columns that have a known value. */
  get names(): ColumnName[] {
    return COLUMN_NAMES.filter((name) => this.#columns.has(name));
  }

  /** A column of as many values as there are samples, made anew; undefined when none is known. */
  column(name: ColumnName): Float64Array | undefined {
    const blocks = this.#columns.get(name);
    if (!blocks) return undefined;
    const values = new Float64Array(this.#length).fill(NaN);
    blocks.forEach((block, index) => {
      const at = index * BLOCK_LENGTH;
      if (block) values.set(block.subarray(0, this.#length - at), at);
    });
    return values;
  }

  /** Begin another sample, of which nothing is known yet. */
  add(): void {
    this.#length++;
  }

  /** Set a value of the sample that was added last. */
  set(name: ColumnName, value: number): void {
    let blocks = this.#columns.get(name);
    if (!blocks) this.#columns.set(name, blocks = []);
    const at = this.#length - 1;
    const block = blocks[Math.floor(at / BLOCK_LENGTH)] ??= new Float64Array(BLOCK_LENGTH).fill(NaN);
    block[at % BLOCK_LENGTH] = value;
  }
}
