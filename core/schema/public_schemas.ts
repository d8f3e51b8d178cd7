/* The schemas as the library shows them: zod's own objects, with a type that stays the same when zod's change. */
import * as comparison from "./comparison_schema.ts";
import * as host from "./host_schema.ts";
import * as record from "./record.ts";
import * as task from "./task_message.ts";
import * as process from "./task_process.ts";
import type { Comparison } from "./comparison_schema.ts";
import type {
  CpuUsage,
  DiskIoStats,
  DiskUsage,
  LoadAverage,
  MemoryInfo,
  NetworkStats,
  Pressure,
  ProcessStats,
  Sensors,
  SysMetrics,
  SystemInfo,
  Uptime,
} from "./host_schema.ts";
import type { ProcessRecord, ProctorRecord, SampleRecord, StartRecord, SummaryRecord } from "./record.ts";
import type { TaskAggregate, TaskMessage, TaskMetrics } from "./task_message.ts";
import type { TaskProcessRecord } from "./task_process.ts";
import type { Schema } from "./schema.ts";

/** Two or more sets of runs side by side; `run --repeat --summary json` prints it, too, with one set. */
export const comparisonSchema: Schema<Comparison> = comparison.comparisonSchema;
/** CPU times, and how busy the machine is. */
export const cpuUsageSchema: Schema<CpuUsage> = host.cpuUsageSchema;
/** Counters by block device. */
export const diskIoStatsSchema: Schema<DiskIoStats> = host.diskIoStatsSchema;
/** Space by mount point. */
export const diskUsageSchema: Schema<DiskUsage> = host.diskUsageSchema;
/** Load averages. */
export const loadAverageSchema: Schema<LoadAverage> = host.loadAverageSchema;
/** Memory and swap. */
export const memoryInfoSchema: Schema<MemoryInfo> = host.memoryInfoSchema;
/** Counters by network interface. */
export const networkStatsSchema: Schema<NetworkStats> = host.networkStatsSchema;
/** Pressure stall information. */
export const pressureSchema: Schema<Pressure> = host.pressureSchema;
/** Processes by state. */
export const processStatsSchema: Schema<ProcessStats> = host.processStatsSchema;
/** Temperatures. */
export const sensorsSchema: Schema<Sensors> = host.sensorsSchema;
/** The machine at a glance. */
export const sysMetricsSchema: Schema<SysMetrics> = host.sysMetricsSchema;
/** What the machine is. */
export const systemInfoSchema: Schema<SystemInfo> = host.systemInfoSchema;
/** Uptime and idle time. */
export const uptimeSchema: Schema<Uptime> = host.uptimeSchema;
/** A process of the tree that ended. */
export const processRecordSchema: Schema<ProcessRecord> = record.processRecordSchema;
/** Any line of a record stream; `kind` says which. */
export const recordSchema: Schema<ProctorRecord> = record.recordSchema;
/** A reading of the whole tree. */
export const sampleRecordSchema: Schema<SampleRecord> = record.sampleRecordSchema;
/** The first record of a run. */
export const startRecordSchema: Schema<StartRecord> = record.startRecordSchema;
/** The last record of a run: what it cost. */
export const summaryRecordSchema: Schema<SummaryRecord> = record.summaryRecordSchema;
/** The `aggregated` of a message. */
export const taskAggregateSchema: Schema<TaskAggregate> = task.taskAggregateSchema;
/** What is published of a task at every tick. */
export const taskMessageSchema: Schema<TaskMessage> = task.taskMessageSchema;
/** The `metrics` of a message, and one entry of a history. */
export const taskMetricsSchema: Schema<TaskMetrics> = task.taskMetricsSchema;
/** A process of a task that has ended. */
export const taskProcessRecordSchema: Schema<TaskProcessRecord> = process.taskProcessRecordSchema;
