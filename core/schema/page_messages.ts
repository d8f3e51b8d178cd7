/* What a supervisor tells its page; not part of the documented API. */

/** A row of the page's list, as in the status of a process. */
export interface PageRow {
  readonly id: string;
  readonly type: string;
  readonly groups: readonly string[];
  readonly state: string;
  readonly pid: number | null;
  readonly restarts: number;
  readonly uptime_seconds: number | null;
  readonly cpu_percent: number | null;
  readonly memory_bytes: number | null;
  readonly process_count: number | null;
  readonly health: string | null;
  readonly reason: string | null;
  readonly degraded: string | null;
}

/** An event, as in the API. */
export interface PageEvent {
  readonly sequence: number;
  readonly timestamp: string;
  readonly kind: string;
  readonly id: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly pid: number | null;
  readonly reason: string | null;
}

/** The first message to a page, and whenever it has missed some: all there is. */
export interface PageWhole {
  readonly at_ms: number;
  readonly version: string;
  readonly host_name: string;
  readonly rows: readonly PageRow[];
  readonly events: readonly PageEvent[];
  /** Peaks of CPU of the last ten minutes, by id: the latest last. */
  readonly peaks: Readonly<Record<string, readonly (number | null)[]>>;
}

/** What has changed since the message before. */
export interface PageTick {
  readonly at_ms: number;
  /** Rows that are new or different; but for the uptime, which rises by itself. */
  readonly rows: readonly PageRow[];
  /** Ids of all, in their order; only where that has changed. */
  readonly order?: readonly string[];
  /** What was measured of each, in the order of all. */
  readonly cpu_percent: readonly (number | null)[];
}

/** What is kept of the course of one process. */
export interface PageHistory {
  readonly times_ms: readonly number[];
  /** A value for each time; null where it is not known. */
  readonly columns: Readonly<Record<PageColumn, readonly (number | null)[]>>;
}

/** The figures whose course is kept. */
export const PAGE_COLUMNS = [
  "cpu_percent",
  "memory_bytes",
  "process_count",
  "network_rx_bytes_per_second",
  "network_tx_bytes_per_second",
] as const;
/** A figure whose course is kept. */
export type PageColumn = (typeof PAGE_COLUMNS)[number];

/** Peaks that the page shows of each process, and how long each of them is. */
export const PEAK_COUNT = 60;
/** See {@link PEAK_COUNT}. */
export const PEAK_SPAN_MS = 10_000;
