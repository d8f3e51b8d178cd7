import { z } from "zod";
import { METRIC_NAMES } from "../measure/metrics.ts";
import type { MetricName } from "../measure/metrics.ts";
import { appValuesSchema } from "./app_schema.ts";
import { processTableSchema } from "./process_table_schema.ts";
import { accountingSchema, sampleRecordSchema } from "./record.ts";
import type { SampleRecord } from "./record.ts";
import type { TaskAggregate, TaskMetrics, TaskProcess } from "./types/tasks.ts";
export type {
  DenserSampling,
  TaskAccounting,
  TaskAggregate,
  TaskMessage,
  TaskMetrics,
  TaskProcess,
  TaskState,
} from "./types/tasks.ts";

/**
 * The `metrics` of a message: the names of docs/specification.md, and beside them the other metrics of the profile and
 * `process_count`. Left out when the profile does not collect it, null when it is not known.
 */
export const taskMetricsSchema = sampleRecordSchema.omit({
  kind: true,
  elapsed_seconds: true,
  interval_seconds: true,
  processes: true,
}).extend({
  app: appValuesSchema.nullable().optional().describe(
    "metrics that the watched program publishes itself, where these are collected; null where it cannot be",
  ),
});

const aggregate = z.number().min(0).nullable().optional();

/** The `aggregated` of a message: over the whole time a task was watched, whatever its history keeps. */
export const taskAggregateSchema = z.object({
  avg_cpu_usage: aggregate.describe("percent; CPU over time, not a mean of samples"),
  max_cpu_usage: aggregate.describe("percent; the highest of any sample"),
  avg_memory_usage: aggregate.describe("bytes, weighted by time"),
  max_memory_usage: aggregate.describe(
    "bytes; the highest seen, or the kernel's own count where there is one",
  ),
  total_disk_read: aggregate.describe("bytes"),
  total_disk_write: aggregate.describe("bytes"),
  total_network_rx: aggregate.describe("bytes"),
  total_network_tx: aggregate.describe("bytes"),
  sample_count: z.int().min(0),
});

/** Whether a task's target runs, has ended, or is no longer watched. */
const taskStateSchema = z.enum(["running", "ended", "stopped"]);

/** What a process is in, as far as its cgroup and the files of container runtimes tell. */
const workloadShape = {
  container_id: z.string().optional().describe("64 hexadecimal digits"),
  container_name: z.string().optional(),
  pod_uid: z.string().optional(),
  pod_name: z.string().optional(),
  pod_namespace: z.string().optional(),
  unit: z.string().optional().describe("of systemd, such as nginx.service"),
};

/** The process that a task stands for, where somebody else has started it; beside the message of the specification. */
const taskProcessSchema = z.object({
  target: z.string().describe("the target of proctor watch that has found it"),
  pid: z.int().positive(),
  name: z.string(),
  start_time: z.iso.datetime().describe("RFC 3339, UTC"),
  restart_count: z.int().min(0).describe(
    "processes that went before under the same task_id; with each of them metrics and aggregated start over",
  ),
  ...workloadShape,
});

/** Where figures come from: the cgroup of a whole container, pod or unit, its processes, or what the kernel told. */
const taskAccountingSchema = accountingSchema.pick({
  cpu: true,
  memory: true,
  peak_memory: true,
  disk: true,
});

/** How densely a task is sampled because its manager has asked for it, and until when. */
const denserSamplingSchema = z.object({
  interval_seconds: z.number().min(0),
  until: z.iso.datetime(),
});

/** What is told of a task at every tick: the message of docs/specification.md, and `timestamp` and `state` beside it. */
export const taskMessageSchema = z.object({
  task_id: z.string(),
  proplet_id: z.string(),
  timestamp: z.iso.datetime().describe("that of metrics, for readers that expect it here"),
  metrics: taskMetricsSchema,
  aggregated: taskAggregateSchema,
  state: taskStateSchema.describe("but for running: the last message of the task"),
  process: taskProcessSchema.optional(),
  processes: processTableSchema.optional().describe(
    "every process since the task began, where that was asked for; as long as it goes on ten executables, and those that used most alone at the end",
  ),
  accounting: taskAccountingSchema.optional().describe(
    "of a container, a pod or a unit that is watched whole, and where every process was asked for",
  ),
  denser: denserSamplingSchema.optional().describe("while a manager has asked for denser samples"),
});

/** What a process is in; of what is not known, nothing. */
export type WorkloadLabels = Omit<
  TaskProcess,
  "target" | "pid" | "name" | "start_time" | "restart_count"
>;

/** In the order of docs/specification.md; what it does not have comes last. */
const ORDER = [
  "cpu_percent",
  "memory_bytes",
  "memory_percent",
  "disk_read_bytes",
  "disk_write_bytes",
  "network_rx_bytes",
  "network_tx_bytes",
  "uptime_seconds",
  "thread_count",
  "file_descriptor_count",
  "timestamp",
  "process_count",
] as const satisfies readonly (keyof TaskMetrics)[];
const KEYS: readonly (keyof TaskMetrics)[] = [...new Set([...ORDER, ...METRIC_NAMES, "app" as const])];

/** The metrics of a message, from a sample that has those of the profile and no others. */
export function taskMetrics(sample: SampleRecord): TaskMetrics {
  const metrics: Record<string, unknown> = {};
  for (const key of KEYS) if (sample[key] !== undefined) metrics[key] = sample[key];
  return metrics as TaskMetrics;
}

/** The metric that stands behind each aggregated value: without the one there is not the other. */
export const AGGREGATE_METRICS = {
  avg_cpu_usage: "cpu_percent",
  max_cpu_usage: "cpu_percent",
  avg_memory_usage: "memory_bytes",
  max_memory_usage: "memory_bytes",
  total_disk_read: "disk_read_bytes",
  total_disk_write: "disk_write_bytes",
  total_network_rx: "network_rx_bytes",
  total_network_tx: "network_tx_bytes",
} as const satisfies Partial<Record<keyof TaskAggregate, MetricName>>;

/** The message format as JSON Schema (draft 2020-12). */
export function taskMessageJsonSchema(): Record<string, unknown> {
  return { title: "proctor task message", ...z.toJSONSchema(taskMessageSchema) };
}
