import { Peaks } from "../../../core/measure/peaks.ts";
import { PEAK_COUNT, PEAK_SPAN_MS } from "../../../core/schema/page_messages.ts";
import type { PageEvent, PageRow, PageTick, PageWhole } from "../../../core/schema/page_messages.ts";

/** So many events are kept. */
const MOST_EVENTS = 1_000;

/** A row, and when it was told. */
export interface StoredRow extends PageRow {
  readonly told_ms: number;
}

/** What the page knows of all processes, by the messages that come. */
export class Store {
  readonly #rows = new Map<string, StoredRow>();
  readonly #peaks = new Map<string, Peaks>();
  #order: readonly string[] = [];
  #events: PageEvent[] = [];
  /** The latest moment of the supervisor's clock, in milliseconds since the epoch. */
  nowMs = 0;
  version = "";
  hostName = "";

  /** Ids in the order of the configuration. */
  get order(): readonly string[] {
    return this.#order;
  }

  get events(): readonly PageEvent[] {
    return this.#events;
  }

  row(id: string): StoredRow | undefined {
    return this.#rows.get(id);
  }

  /** Peaks of its CPU over the last ten minutes. */
  peaks(id: string): readonly (number | null)[] {
    return this.#peaks.get(id)?.valuesAt(this.nowMs) ?? [];
  }

  /** So long it runs by now; null where it does not. */
  uptimeSeconds({ uptime_seconds, told_ms }: StoredRow): number | null {
    return uptime_seconds === null ? null : uptime_seconds + (this.nowMs - told_ms) / 1_000;
  }

  takeWhole({ at_ms, version, host_name, rows, events, peaks }: PageWhole): void {
    Object.assign(this, { nowMs: at_ms, version, hostName: host_name });
    this.#rows.clear();
    this.#peaks.clear();
    for (const row of rows) {
      this.#rows.set(row.id, { ...row, told_ms: at_ms });
      this.#peaksOf(row.id).restore(at_ms, peaks[row.id] ?? []);
    }
    this.#order = rows.map(({ id }) => id);
    this.#events = [...events];
  }

  takeTick({ at_ms, rows, order, cpu_percent }: PageTick): void {
    this.nowMs = at_ms;
    for (const row of rows) this.#rows.set(row.id, { ...row, told_ms: at_ms });
    if (order) {
      const there = new Set(order);
      for (const id of this.#rows.keys()) {
        if (there.has(id)) continue;
        this.#rows.delete(id);
        this.#peaks.delete(id);
      }
      this.#order = order;
    }
    this.#order.forEach((id, index) => {
      const row = this.#rows.get(id);
      if (!row) return;
      this.#rows.set(id, { ...row, cpu_percent: cpu_percent[index] });
      this.#peaksOf(id).take(at_ms, cpu_percent[index]);
    });
  }

  takeEvent(event: PageEvent): void {
    this.#events.push(event);
    if (this.#events.length > MOST_EVENTS) this.#events.shift();
  }

  #peaksOf(id: string): Peaks {
    let peaks = this.#peaks.get(id);
    if (!peaks) this.#peaks.set(id, peaks = new Peaks(PEAK_COUNT, PEAK_SPAN_MS));
    return peaks;
  }
}
