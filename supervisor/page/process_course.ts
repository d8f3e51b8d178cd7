import { PAGE_COLUMNS } from "../../core/schema/page_messages.ts";
import type { PageColumn, PageHistory } from "../../core/schema/page_messages.ts";
import type { ProcessStatus } from "../control.ts";

/** Counters that only make sense by the second. */
const RATES = {
  network_rx_bytes_per_second: "network_rx_bytes",
  network_tx_bytes_per_second: "network_tx_bytes",
} as const satisfies Partial<Record<PageColumn, keyof ProcessStatus>>;

interface Moment {
  readonly pid: number | null;
  readonly atMs: number;
  readonly status: ProcessStatus;
}

/** The course of one process over the last while, in rings: what is older than they are long is overwritten. */
export class ProcessCourse {
  readonly #times: Float64Array;
  readonly #columns: Readonly<Record<PageColumn, Float64Array>>;
  #taken = 0;
  #before: Moment | undefined;

  /** @param most moments that are kept */
  constructor(readonly most: number) {
    this.#times = new Float64Array(most);
    this.#columns = byColumn(() => new Float64Array(most));
  }

  /** Take how it stands at a moment. */
  take(atMs: number, status: ProcessStatus): void {
    const at = this.#taken++ % this.most;
    this.#times[at] = atMs;
    const put = (name: PageColumn, value: number | null) => this.#columns[name][at] = value ?? NaN;
    put("cpu_percent", status.cpu_percent);
    put("memory_bytes", status.memory_bytes);
    put("process_count", status.process_count);
    for (const [name, counter] of Object.entries(RATES)) {
      put(name as PageColumn, this.#rateOf(counter, atMs, status));
    }
    this.#before = { pid: status.pid, atMs, status };
  }

  /** What is kept that is not older than a moment. */
  since(fromMs: number): PageHistory {
    const kept = Math.min(this.#taken, this.most);
    const places = Array.from({ length: kept }, (_, index) => (this.#taken - kept + index) % this.most)
      .filter((at) => this.#times[at] >= fromMs);
    const valuesOf = (column: Float64Array) =>
      places.map((at) => Number.isNaN(column[at]) ? null : column[at]);
    return {
      times_ms: places.map((at) => this.#times[at]),
      columns: byColumn((name) => valuesOf(this.#columns[name])),
    };
  }

  /** A counter by the second since the moment before; null where that was of another run. */
  #rateOf(counter: (typeof RATES)[keyof typeof RATES], atMs: number, status: ProcessStatus): number | null {
    const before = this.#before;
    const [from, to] = [before?.status[counter] ?? null, status[counter]];
    if (!before || from === null || to === null || before.pid !== status.pid) return null;
    if (to < from || atMs <= before.atMs) return null;
    return Math.round((to - from) * 1_000 / (atMs - before.atMs));
  }
}

function byColumn<T>(make: (name: PageColumn) => T): Record<PageColumn, T> {
  return Object.fromEntries(PAGE_COLUMNS.map((name) => [name, make(name)])) as Record<PageColumn, T>;
}
