import { taskMetrics } from "../schema/task_message.ts";
import type { TaskMetrics } from "../schema/task_message.ts";
import type { MetricName } from "./metrics.ts";
import { seconds, timestamp } from "./numbers.ts";
import { unknownReading } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { setMetrics, toSample } from "./sample.ts";
import type { SampleTime } from "./sample.ts";

/** What the metrics of messages look like, by the list that they have. */
const SHAPES = new WeakMap<readonly MetricName[], TaskMetrics>();

/**
 * The metrics of a task's message, straight from a reading: what `taskMetrics` makes of a sample, without the sample.
 * Objects that begin as copies of one are made and filled much faster than those that grow.
 *
 * @param metrics which it has; the list is the same from message to message
 * @param cpuSecondsBefore CPU total at the sample before
 * @param memoryLimit bytes that "100 % of memory" means
 */
export function toTaskMetrics(
  reading: Reading,
  time: Omit<SampleTime, "elapsedSeconds">,
  metrics: readonly MetricName[],
  cpuSecondsBefore: number,
  memoryLimit: number,
): TaskMetrics {
  const told = { ...shapeOf(metrics) };
  told.timestamp = timestamp(time.timestampMs);
  told.uptime_seconds = seconds(time.uptimeSeconds)!;
  told.process_count = reading.processCount;
  setMetrics(told, reading, metrics, cpuSecondsBefore, time.intervalSeconds, memoryLimit);
  return told;
}

function shapeOf(metrics: readonly MetricName[]): TaskMetrics {
  let shape = SHAPES.get(metrics);
  if (!shape) {
    const time = { timestampMs: 0, elapsedSeconds: 0, intervalSeconds: 0, uptimeSeconds: 0 };
    SHAPES.set(metrics, shape = taskMetrics(toSample(unknownReading(), time, metrics, NaN, NaN)));
  }
  return shape;
}
