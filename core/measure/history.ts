import { taskMetrics } from "../schema/task_message.ts";
import type { TaskMetrics } from "../schema/task_message.ts";
import { HistoryColumn } from "./history_column.ts";
import type { ColumnKind } from "./history_column.ts";
import type { MetricName } from "./metrics.ts";
import { timestamp } from "./numbers.ts";

type ColumnName = MetricName | "timestamp" | "uptime_seconds" | "process_count";

/**
 * The newest samples of one task: a ring of exactly `size`, in typed columns. A thousand samples of every metric
 * take some 80 KB, and less than 150 KB however large the numbers.
 */
export class History {
  readonly #names: readonly ColumnName[];
  readonly #columns: readonly HistoryColumn[];
  #pushed = 0;

  /**
   * @param size how many samples it keeps; 0 keeps none
   * @param metrics which metrics a sample has; others are not kept
   */
  constructor(readonly size: number, readonly metrics: readonly MetricName[]) {
    this.#names = ["timestamp", "uptime_seconds", "process_count", ...metrics];
    this.#columns = this.#names.map((name) => new HistoryColumn(kindOf(name), size));
  }

  /** How many samples there are. */
  get length(): number {
    return Math.min(this.#pushed, this.size);
  }

  /** Bytes of memory that the samples take. */
  get byteLength(): number {
    return this.#columns.reduce((sum, column) => sum + column.byteLength, 0);
  }

  /**
   * Keep a sample; the oldest gives way.
   * @param timestampMs what its timestamp says
   */
  push(sample: TaskMetrics, timestampMs = Date.parse(sample.timestamp)): void {
    if (this.size === 0) return;
    const slot = this.#pushed++ % this.size;
    for (let index = 0; index < this.#names.length; index++) {
      const name = this.#names[index];
      this.#columns[index].set(slot, name === "timestamp" ? timestampMs : sample[name] ?? null);
    }
  }

  /** The samples, the oldest first. */
  toArray(): TaskMetrics[] {
    const first = this.#pushed - this.length;
    return Array.from({ length: this.length }, (_, index) => this.#sample((first + index) % this.size));
  }

  /** The newest of the samples in another ring; metrics that were not kept are not known there. */
  resized(size: number, metrics: readonly MetricName[]): History {
    const other = new History(size, metrics);
    // slice(-0) is everything.
    if (size > 0) { for (const sample of this.toArray().slice(-size)) other.push(sample); }
    return other;
  }

  #sample(slot: number): TaskMetrics {
    const values = Object.fromEntries(
      this.#names.map((name, index) => [name, this.#columns[index].get(slot)]),
    );
    return taskMetrics(
      { ...values, timestamp: timestamp(values.timestamp!) } as Parameters<typeof taskMetrics>[0],
    );
  }
}

function kindOf(name: ColumnName): ColumnKind {
  if (name.endsWith("_percent")) return "percent";
  return name === "timestamp" || name.endsWith("_seconds") ? "number" : "count";
}
