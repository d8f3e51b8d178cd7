import { COUNTERS } from "../core/measure/metrics.ts";
import type { CounterName } from "../core/measure/metrics.ts";
import type { TaskMetrics } from "../core/schema/task_message.ts";

/** The counters of one task. What is not known, or less than before, leaves them as they are: they never fall. */
export class Counters {
  readonly values: Partial<Record<CounterName, number>> = {};

  /** Take in what a message says. */
  take(metrics: TaskMetrics): void {
    const { values } = this;
    for (const { name } of COUNTERS) {
      const now = metrics[name];
      if (now !== undefined && now !== null && now > (values[name] ?? -1)) values[name] = now;
    }
  }
}
