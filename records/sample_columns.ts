import { METRIC_NAMES } from "../core/measure/metrics.ts";
import type { MetricName } from "../core/measure/metrics.ts";

/** What a sample says of the tree as a whole, in numbers. */
export type ColumnName = "elapsed_seconds" | "interval_seconds" | "process_count" | MetricName;

/** What the program told of itself, by its own name; so many names at most. */
export type AppColumn = `app_${string}`;
const MOST_APP_COLUMNS = 1_000;
const APP_COLUMN = /^app_[a-z0-9_]{1,200}$/;

/** Every column, in record order. */
export const COLUMN_NAMES: readonly ColumnName[] = [
  "elapsed_seconds",
  "interval_seconds",
  "process_count",
  ...METRIC_NAMES,
];

/** Values of one block: a column grows by blocks, so that nothing is ever copied to make room. */
const BLOCK_LENGTH = 1_024;
/** In a block of whole numbers: not known. */
const UNKNOWN = 0xffff_ffff;

type Block = Float64Array | Uint32Array;

/**
 * Samples by column, NaN where a value was `null` or left out. Whole numbers take four bytes each as far as they fit,
 * all others eight; a metric that no sample has takes none.
 */
export class SampleColumns {
  readonly #columns = new Map<ColumnName | AppColumn, (Block | undefined)[]>();
  #length = 0;
  #appCount = 0;

  /** How many samples there are. */
  get length(): number {
    return this.#length;
  }

  /** The columns that have a known value. */
  get names(): ColumnName[] {
    return COLUMN_NAMES.filter((name) => this.#columns.has(name));
  }

  /** What the program told of itself that has a known value, by name. */
  get appNames(): AppColumn[] {
    return [...this.#columns.keys()].filter(isAppColumn).sort();
  }

  /** A column of as many values as there are samples, made anew; undefined when none is known. */
  column(name: ColumnName | AppColumn): Float64Array | undefined {
    const blocks = this.#columns.get(name);
    if (!blocks) return undefined;
    const values = new Float64Array(this.#length).fill(NaN);
    blocks.forEach((block, index) => {
      const at = index * BLOCK_LENGTH;
      if (block instanceof Float64Array) values.set(block.subarray(0, this.#length - at), at);
      else block?.forEach((value, place) => values[at + place] = value === UNKNOWN ? NaN : value);
    });
    return values;
  }

  /** Begin another sample, of which nothing is known yet. */
  add(): void {
    if (this.#length > 0 && this.#length % BLOCK_LENGTH === 0) this.#narrow(this.#length / BLOCK_LENGTH - 1);
    this.#length++;
  }

  /** Set a value of the sample that was added last. */
  set(name: ColumnName, value: number): void {
    this.#set(name, value);
  }

  /** Set values that the program told of itself with the sample that was added last; other names are passed over. */
  setTold(values: Readonly<Record<string, number | null>>): void {
    for (const [name, value] of Object.entries(values)) {
      if (typeof value !== "number" || !isAppColumn(name)) continue;
      if (this.#columns.has(name) || this.#appCount < MOST_APP_COLUMNS) this.#set(name, value);
    }
  }

  #set(name: ColumnName | AppColumn, value: number): void {
    let blocks = this.#columns.get(name);
    if (!blocks) {
      this.#columns.set(name, blocks = []);
      if (isAppColumn(name)) this.#appCount++;
    }
    const at = this.#length - 1;
    const block = blocks[Math.floor(at / BLOCK_LENGTH)] ??= new Float64Array(BLOCK_LENGTH).fill(NaN);
    block[at % BLOCK_LENGTH] = value;
  }

  /** A block that is full will not change any more. */
  #narrow(index: number): void {
    for (const blocks of this.#columns.values()) {
      const block = blocks[index];
      if (!block?.every((value) => Number.isNaN(value) || (value >>> 0 === value && value !== UNKNOWN))) {
        continue;
      }
      blocks[index] = Uint32Array.from(block, (value) => Number.isNaN(value) ? UNKNOWN : value);
    }
  }
}

function isAppColumn(name: string): name is AppColumn {
  return APP_COLUMN.test(name);
}
