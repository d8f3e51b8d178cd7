import type { TaskAggregate, TaskMessage, TaskMetrics } from "../../core/schema/task_message.ts";

/** Ended tasks beyond these are only counted. */
const MOST_ENDED = 500;
/** What a line of little bars has at most. */
const MOST_HISTORY = 60;

/** A task as the table shows it; NaN is unknown. */
export interface WatchedRow {
  readonly taskId: string;
  readonly pid: number;
  readonly state: TaskMessage["state"];
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  /** Bytes read from storage in a second since the message before; and so on. */
  readonly readPerSecond: number;
  readonly writePerSecond: number;
  readonly rxPerSecond: number;
  readonly txPerSecond: number;
  readonly processCount: number;
  readonly uptimeSeconds: number;
  /** CPU in percent, the latest last. */
  readonly history: readonly number[];
  readonly aggregated: TaskAggregate;
  readonly message: TaskMessage;
}

/** The sum of the tasks that run. */
export type WatchedTotals = Pick<
  WatchedRow,
  | "cpuPercent"
  | "memoryBytes"
  | "readPerSecond"
  | "writePerSecond"
  | "rxPerSecond"
  | "txPerSecond"
  | "processCount"
>;

const SUMMED = [
  "cpuPercent",
  "memoryBytes",
  "readPerSecond",
  "writePerSecond",
  "rxPerSecond",
  "txPerSecond",
  "processCount",
] as const;

/** The tasks of an agent by their latest messages. */
export class WatchedTasks {
  readonly #rows = new Map<string, WatchedRow>();
  #endedCount = 0;
  /** Ended tasks that are not kept any more. */
  #forgottenCount = 0;

  /** Take the next message of a task. */
  take(message: TaskMessage): void {
    const { task_id: taskId, metrics, aggregated, process, state } = message;
    const before = this.#rows.get(taskId);
    const perSecond = rates(before?.message, message);
    const cpuPercent = metrics.cpu_percent ?? NaN;
    if (state === "ended") this.#endedCount++;
    this.#rows.set(taskId, {
      taskId,
      pid: process?.pid ?? NaN,
      state,
      cpuPercent,
      memoryBytes: metrics.memory_bytes ?? NaN,
      readPerSecond: perSecond("disk_read_bytes"),
      writePerSecond: perSecond("disk_write_bytes"),
      rxPerSecond: perSecond("network_rx_bytes"),
      txPerSecond: perSecond("network_tx_bytes"),
      processCount: metrics.process_count ?? NaN,
      uptimeSeconds: metrics.uptime_seconds ?? NaN,
      history: [...before?.history ?? [], cpuPercent].slice(-MOST_HISTORY),
      aggregated,
      message,
    });
    if (state === "ended") this.#forget();
  }

  /** Those that run, in the order in which they were found. */
  get running(): WatchedRow[] {
    return [...this.#rows.values()].filter(({ state }) => state === "running");
  }

  /** All that are kept, the ended included. */
  get all(): WatchedRow[] {
    return [...this.#rows.values()];
  }

  /** How often a task's process has ended. */
  get endedCount(): number {
    return this.#endedCount;
  }

  /** Ended tasks that are not among {@link all} any more. */
  get forgottenCount(): number {
    return this.#forgottenCount;
  }

  /** What the running tasks come to; a sum of what is known, NaN where nothing is. */
  get totals(): WatchedTotals {
    const rows = this.running;
    const sum = (key: typeof SUMMED[number]) => {
      const known = rows.map((row) => row[key]).filter((value) => !Number.isNaN(value));
      return known.length === 0 ? NaN : known.reduce((total, value) => total + value, 0);
    };
    return Object.fromEntries(SUMMED.map((key) => [key, sum(key)])) as unknown as WatchedTotals;
  }

  #forget(): void {
    const ended = [...this.#rows.values()].filter(({ state }) => state !== "running");
    for (const { taskId } of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) {
      this.#rows.delete(taskId);
      this.#forgottenCount++;
    }
  }
}

type Counter = "disk_read_bytes" | "disk_write_bytes" | "network_rx_bytes" | "network_tx_bytes";

/** Counters by the second between two messages of one process. */
function rates(before: TaskMessage | undefined, now: TaskMessage): (counter: Counter) => number {
  const isSame = before !== undefined && before.process?.pid === now.process?.pid &&
    before.process?.restart_count === now.process?.restart_count;
  const seconds = isSame ? (timeOf(now) - timeOf(before)) / 1_000 : 0;
  const valueOf = (metrics: TaskMetrics, counter: Counter) => metrics[counter] ?? NaN;
  return (counter) =>
    seconds > 0
      ? Math.max(0, valueOf(now.metrics, counter) - valueOf(before!.metrics, counter)) / seconds
      : NaN;
}

const timeOf = ({ timestamp }: TaskMessage) => Date.parse(timestamp);
