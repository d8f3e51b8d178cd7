/**
 * proctor as a library: run or attach to a process tree, and know exactly what it costs; and how the machine is.
 *
 * ```ts
 * import { run } from "proctor";
 * const summary = await run(["make", "-j4"]);
 * console.log(summary.cpu_seconds, summary.peak_memory_bytes);
 * ```
 *
 * @module
 */
export { compareSets } from "./core/comparison.ts";
export type { EndedRun, RunSet } from "./core/comparison.ts";
export { comparisonJsonSchema, comparisonSchema } from "./core/comparison_schema.ts";
export type {
  Comparison,
  Difference,
  Judgement,
  Measurement,
  RunSetFacts,
  Verdict,
} from "./core/comparison_schema.ts";
export { ConditionError, parseCondition } from "./core/condition.ts";
export { judge } from "./core/judge.ts";
export type { Condition, Operator, Statistic } from "./core/condition.ts";
export type { QuantityName } from "./core/quantity.ts";
export { ProctorError } from "./core/error.ts";
export type { ErrorKind } from "./core/error.ts";
export {
  cpuUsageSchema,
  diskIoStatsSchema,
  diskUsageSchema,
  loadAverageSchema,
  memoryInfoSchema,
  networkStatsSchema,
  pressureSchema,
  processStatsSchema,
  sensorsSchema,
  sysMetricsSchema,
  systemInfoSchema,
  uptimeSchema,
} from "./core/host_schema.ts";
export type {
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
} from "./core/host_schema.ts";
export type { Limits } from "./core/limits.ts";
export type { MetricName } from "./core/metric.ts";
export { profiles } from "./core/profile.ts";
export type { MonitoringProfile, ProfileName } from "./core/profile.ts";
export { parseProfile } from "./core/profile_schema.ts";
export {
  processRecordSchema,
  recordJsonSchema,
  recordSchema,
  sampleRecordSchema,
  startRecordSchema,
  summaryRecordSchema,
} from "./core/record.ts";
export type {
  Account,
  Accounting,
  Environment,
  Mechanism,
  ProcessRecord,
  ProcessRow,
  ProctorRecord,
  Quality,
  RunLimits,
  SampleRecord,
  StartRecord,
  SummaryRecord,
  ThreadRow,
} from "./core/record.ts";
export {
  taskAggregateSchema,
  taskMessageJsonSchema,
  taskMessageSchema,
  taskMetricsSchema,
} from "./core/task_message.ts";
export type { TaskAggregate, TaskMessage, TaskMetrics, TaskProcess, TaskState } from "./core/task_message.ts";
export { openExporters } from "./exporters/open.ts";
export type { OpenOptions } from "./exporters/open.ts";
export type { ExporterSet } from "./exporters/exporter_set.ts";
export type { LifecycleEvent } from "./exporters/telemetry.ts";
export { RunExport } from "./exporters/run_export.ts";
export type { ExportInput } from "./exporters/settings.ts";
export { ProcessGroup } from "./group/process_group.ts";
export type { GroupOptions, OwnerDeath } from "./group/group_state.ts";
export type { SavedGroup } from "./core/saved_group.ts";
export type { ProcessGroupStats } from "./group/group_stats.ts";
export type { CapturedOutput, OutputOptions } from "./group/output.ts";
export type { ExitStatus, RunningProcess, RunProfile } from "./group/running_process.ts";
export type { StartOptions, Stdio } from "./group/start_options.ts";
export type { SampleOptions } from "./group/stats_sampler.ts";
export type { Signalled, StopOptions, StopReport } from "./group/stop.ts";
export { Host, host } from "./host/host.ts";
export type { HostOptions, HostWatchOptions } from "./host/host.ts";
export { RECORD_SCHEMA, VERSION } from "./core/version.ts";
export { attach } from "./monitor/attach.ts";
export { Discovery, findProcesses } from "./monitor/discovery.ts";
export type { Findings, FoundProcess } from "./monitor/discovery.ts";
export type { ProcessQuery } from "./monitor/process_query.ts";
export { MonitorManager } from "./monitor/manager.ts";
export type { ManagerOptions, TaskStatus } from "./monitor/manager.ts";
export type { MetricsCallback, MetricsSubscription } from "./monitor/metrics_listener.ts";
export type { MonitorTarget, ProcessTarget } from "./monitor/monitor_target.ts";
export type { AttachOptions, Leftovers, RunOptions, WatchOptions } from "./monitor/options.ts";
export { ProcessMonitor } from "./monitor/process_monitor.ts";
export { run } from "./monitor/run.ts";
export { reportPage } from "./pictures/report_page.ts";
export { readRuns } from "./records/read_runs.ts";
export type { ReadOptions } from "./records/read_options.ts";
export type { RecordedRun, UnendedProcess } from "./records/recorded_run.ts";
export type { ColumnName, SampleColumns } from "./records/sample_columns.ts";
export { serveSupervisor } from "./supervisor/api/open.ts";
export type { ServedApi } from "./supervisor/api/open.ts";
export type { ServeOptions } from "./supervisor/api/serve.ts";
export { ConfigError } from "./supervisor/config/fault.ts";
export type { Fault, Place } from "./supervisor/config/fault.ts";
export { ControlError } from "./supervisor/control.ts";
export type {
  EventKind,
  ProcessDescription,
  ProcessState,
  ProcessStatus,
  ProcessType,
  RefusalKind,
  ReloadReport,
  SupervisorControl,
  SupervisorEvent,
  SupervisorInfo,
} from "./supervisor/control.ts";
export type { LogLine, LogQuery, LogStream } from "./supervisor/logs/log_line.ts";
export { Supervisor } from "./supervisor/supervisor.ts";
export type { SupervisorOptions } from "./supervisor/supervisor.ts";
