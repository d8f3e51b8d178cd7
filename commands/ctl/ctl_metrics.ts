import { METRICS } from "../../core/measure/metrics.ts";
import type { Metric } from "../../core/measure/metrics.ts";
import type { TaskMessage } from "../../core/schema/task_message.ts";
import { printable } from "../../core/printable.ts";
import { humanBytes, humanCount, humanNumber, humanPercent, humanSeconds } from "../../render/words/units.ts";

const WORDS = { bytes: humanBytes, percent: humanPercent, seconds: humanSeconds, count: humanCount };

/** The latest sample of a process, in lines for a person: what its profile collects, by the names of the metrics. */
export function sampleLines({ task_id: id, metrics, aggregated, state }: TaskMessage): string[] {
  const rows: [string, string][] = [
    ["id", printable(id)],
    ["sampled", `${metrics.timestamp}${state === "running" ? "" : `: the last, since it has ${state}`}`],
  ];
  for (const metric of METRICS) {
    const value = metrics[metric.name];
    if (value !== undefined) rows.push([nameOf(metric), WORDS[metric.unit](value)]);
  }
  if (metrics.process_count !== undefined) rows.push(["processes", humanCount(metrics.process_count)]);
  const { avg_cpu_usage: meanCpu, max_cpu_usage: mostCpu, max_memory_usage: mostMemory } = aggregated;
  if (meanCpu !== undefined) rows.push(["CPU on average", humanPercent(meanCpu)]);
  if (mostCpu !== undefined) rows.push(["CPU at most", humanPercent(mostCpu)]);
  if (mostMemory !== undefined) rows.push(["memory at most", humanBytes(mostMemory)]);
  for (const [name, value] of Object.entries(metrics.app ?? {})) {
    rows.push([printable(name), humanNumber(value)]);
  }
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}

/** A label that two metrics have is told apart by what is special of one. */
function nameOf({ name, label }: Metric): string {
  if (name === "cpu_seconds") return `${label} time`;
  return name === "memory_percent" ? `${label}, share` : label;
}
