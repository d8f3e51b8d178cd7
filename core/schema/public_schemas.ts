/* The schemas as the library shows them: zod's own objects, with a type that stays the same when zod's change. */
import * as comparison from "./comparison_schema.ts";
import * as host from "./host_schema.ts";
import * as record from "./record.ts";
import * as task from "./task_message.ts";
import * as process from "./task_process.ts";
import type { Schema } from "./schema.ts";

/** Two or more sets of runs side by side; `run --repeat --summary json` prints it, too, with one set. */
export const comparisonSchema: Schema<comparison.Comparison> = comparison.comparisonSchema;
/** CPU times, and how busy the machine is. */
export const cpuUsageSchema: Schema<host.CpuUsage> = host.cpuUsageSchema;
/** Counters by block device. */
export const diskIoStatsSchema: Schema<host.DiskIoStats> = host.diskIoStatsSchema;
/** Space by mount point. */
export const diskUsageSchema: Schema<host.DiskUsage> = host.diskUsageSchema;
/** Load averages. */
export const loadAverageSchema: Schema<host.LoadAverage> = host.loadAverageSchema;
/** Memory and swap. */
export const memoryInfoSchema: Schema<host.MemoryInfo> = host.memoryInfoSchema;
/** Counters by network interface. */
export const networkStatsSchema: Schema<host.NetworkStats> = host.networkStatsSchema;
/** Pressure stall information. */
export const pressureSchema: Schema<host.Pressure> = host.pressureSchema;
/** Processes by state. */
export const processStatsSchema: Schema<host.ProcessStats> = host.processStatsSchema;
/** Temperatures. */
export const sensorsSchema: Schema<host.Sensors> = host.sensorsSchema;
/** The machine at a glance. */
export const sysMetricsSchema: Schema<host.SysMetrics> = host.sysMetricsSchema;
/** What the machine is. */
export const systemInfoSchema: Schema<host.SystemInfo> = host.systemInfoSchema;
/** Uptime and idle time. */
export const uptimeSchema: Schema<host.Uptime> = host.uptimeSchema;
/** A process of the tree that ended. */
export const processRecordSchema: Schema<record.ProcessRecord> = record.processRecordSchema;
/** Any line of a record stream; `kind` says which. */
export const recordSchema: Schema<record.ProctorRecord> = record.recordSchema;
/** A reading of the whole tree. */
export const sampleRecordSchema: Schema<record.SampleRecord> = record.sampleRecordSchema;
/** The first record of a run. */
export const startRecordSchema: Schema<record.StartRecord> = record.startRecordSchema;
/** The last record of a run: what it cost. */
export const summaryRecordSchema: Schema<record.SummaryRecord> = record.summaryRecordSchema;
/** The `aggregated` of a message. */
export const taskAggregateSchema: Schema<task.TaskAggregate> = task.taskAggregateSchema;
/** What is published of a task at every tick. */
export const taskMessageSchema: Schema<task.TaskMessage> = task.taskMessageSchema;
/** The `metrics` of a message, and one entry of a history. */
export const taskMetricsSchema: Schema<task.TaskMetrics> = task.taskMetricsSchema;
/** A process of a task that has ended. */
export const taskProcessRecordSchema: Schema<process.TaskProcessRecord> = process.taskProcessRecordSchema;
