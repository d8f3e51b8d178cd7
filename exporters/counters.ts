import type { TaskMetrics } from "../core/task_message.ts";

/** The metrics of a message that only grow while its task lasts. */
export const COUNTER_NAMES = [
  "cpu_seconds",
  "disk_read_bytes",
  "disk_write_bytes",
  "io_read_bytes",
  "io_write_bytes",
  "network_rx_bytes",
  "network_tx_bytes",
  "minor_faults",
  "major_faults",
  "voluntary_context_switches",
  "involuntary_context_switches",
] as const satisfies readonly (keyof TaskMetrics)[];

/** The name of such a metric. */
export type CounterName = (typeof COUNTER_NAMES)[number];

/** The counters of one task. What is not known, or less than before, leaves them as they are: they never fall. */
export class Counters {
  readonly values: Partial<Record<CounterName, number>> = {};

  /** Take in what a message says. */
  take(metrics: TaskMetrics): void {
    const { values } = this;
    for (const name of COUNTER_NAMES) {
      const now = metrics[name];
      if (now !== undefined && now !== null && now > (values[name] ?? -1)) values[name] = now;
    }
  }
}
