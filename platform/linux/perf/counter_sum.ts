import type { CounterReading } from "./perf_event.ts";

/** Several counters of one event, added up. */
export interface CounterSum {
  /** NaN where none has run though it should have. */
  readonly value: number;
  readonly enabledNs: number;
  readonly runningNs: number;
}

/**
 * Add up what counters of one event say, on several CPUs or of several processes.
 *
 * A processor has few counters; where they do not suffice, they take turns. What one has counted stands for the whole
 * time then (perf_event_open(2), on PERF_FORMAT_TOTAL_TIME_RUNNING), and a CPU on which it had no turn is taken to be
 * like the others.
 */
export function addCounters(readings: readonly CounterReading[]): CounterSum {
  let scaled = 0;
  let enabledNs = 0;
  let runningNs = 0;
  let coveredNs = 0;
  for (const reading of readings) {
    enabledNs += reading.enabledNs;
    // Its two times are not noted at one instant.
    const ran = Math.min(reading.runningNs, reading.enabledNs);
    runningNs += ran;
    if (ran <= 0) continue;
    coveredNs += reading.enabledNs;
    scaled += reading.value * (reading.enabledNs / ran);
  }
  // Where nothing of the tree has run, nothing has happened.
  if (enabledNs === 0) return { value: 0, enabledNs, runningNs };
  return { value: scaled * (enabledNs / coveredNs), enabledNs, runningNs };
}
