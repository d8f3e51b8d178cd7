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
export { compareSets } from "./core/compare/comparison.ts";
export type { EndedRun, RunSet } from "./core/compare/comparison.ts";
export { comparisonJsonSchema } from "./core/schema/comparison_schema.ts";
export type {
  Comparison,
  Difference,
  Judgement,
  Measurement,
  RunSetFacts,
  Verdict,
} from "./core/schema/comparison_schema.ts";
export { ConditionError, parseCondition } from "./core/compare/condition.ts";
export { judge } from "./core/compare/judge.ts";
export type { Condition, Operator, Statistic } from "./core/compare/condition.ts";
export type { QuantityName } from "./core/compare/quantity.ts";
export { ERROR_KINDS, ProctorError } from "./core/error.ts";
export type { ErrorKind } from "./core/error.ts";
export {
  comparisonSchema,
  cpuUsageSchema,
  diskIoStatsSchema,
  diskUsageSchema,
  loadAverageSchema,
  memoryInfoSchema,
  networkStatsSchema,
  pressureSchema,
  processRecordSchema,
  processStatsSchema,
  recordSchema,
  sampleRecordSchema,
  sensorsSchema,
  startRecordSchema,
  summaryRecordSchema,
  sysMetricsSchema,
  systemInfoSchema,
  taskAggregateSchema,
  taskMessageSchema,
  taskMetricsSchema,
  taskProcessRecordSchema,
  uptimeSchema,
} from "./core/schema/public_schemas.ts";
export type {
  Schema,
  SchemaError,
  SchemaIssue,
  SchemaResult,
  StandardIssue,
  StandardResult,
  StandardSchema,
} from "./core/schema/schema.ts";
export type {
  CpuUsage,
  DiskIoStats,
  DiskSpace,
  DiskUsage,
  InterfaceStats,
  LoadAverage,
  MemoryInfo,
  MessageStats,
  NetworkStats,
  Pressure,
  ProcessStats,
  Sensors,
  SysMetrics,
  SystemInfo,
  Uptime,
} from "./core/schema/host_schema.ts";
export type { TickCounts } from "./core/measure/sampler.ts";
export type { Limits } from "./core/measure/limits.ts";
export type { MetricName } from "./core/measure/metrics.ts";
export { profiles } from "./core/measure/profile.ts";
export type { MonitoringProfile, ProfileName } from "./core/measure/profile.ts";
export { parseProfile } from "./core/schema/profile_schema.ts";
export { recordJsonSchema } from "./core/schema/record.ts";
export type {
  Account,
  Accounting,
  AppMetricRecord,
  AppSource,
  AppSummary,
  AppValues,
  Counters,
  Environment,
  ExporterReport,
  GpuSummary,
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
  Waiting,
} from "./core/schema/record.ts";
export { taskMessageJsonSchema } from "./core/schema/task_message.ts";
export type {
  DenserSampling,
  TaskAccounting,
  TaskAggregate,
  TaskMessage,
  TaskMetrics,
  TaskProcess,
  TaskState,
  WorkloadLabels,
} from "./core/schema/task_message.ts";
export { taskProcessJsonSchema } from "./core/schema/task_process.ts";
export type { TaskProcessRecord } from "./core/schema/task_process.ts";
export { openExporters } from "./exporters/open.ts";
export type { OpenOptions } from "./exporters/open.ts";
export type { ExporterSet } from "./exporters/exporter_set.ts";
export type { ControlReport, HealthMessage } from "./core/schema/health_message.ts";
export type {
  DeliveryCounters,
  LifecycleEvent,
  TaskDescription,
  TelemetryExporter,
} from "./exporters/telemetry.ts";
export { RunExport } from "./exporters/run_export.ts";
export type { ExportInput, ListenAddress } from "./exporters/settings.ts";
export { ProcessGroup } from "./group/process_group.ts";
export type { GroupOptions, OwnerDeath } from "./group/group_options.ts";
export type {
  CriticalPathRecord,
  DearProcess,
  ParallelismRecord,
  ProcessTableRecord,
  ProgramRow,
} from "./core/schema/process_table_schema.ts";
export type { SavedGroup } from "./core/schema/saved_group.ts";
export type { GroupCounters } from "./group/group_counters.ts";
export type { ProcessGroupStats, ProcessGroupUsage } from "./group/group_stats.ts";
export type { CommandOptions } from "./group/launch_spec.ts";
export type { CapturedOutput, OutputOptions } from "./group/output.ts";
export type { ExitStatus, RunningProcess, RunProfile } from "./group/running_process.ts";
export type { StartOptions, Stdio } from "./group/start_options.ts";
export type { SampleOptions } from "./group/stats_sampler.ts";
export type { Signalled, StopOptions, StopReport } from "./group/stop.ts";
export { Host, host } from "./host/host.ts";
export type { HostOptions, HostParts, HostWatchOptions } from "./host/host.ts";
export { RECORD_SCHEMA, VERSION } from "./core/schema/version.ts";
export { attach } from "./monitor/run/attach.ts";
export { Discovery, findProcesses } from "./monitor/discovery/discovery.ts";
export type { Findings, FoundProcess } from "./monitor/discovery/discovery.ts";
export type { FoundWorkload, Workload } from "./monitor/discovery/workload.ts";
export type { ProcessQuery } from "./monitor/discovery/process_query.ts";
export type { Pace } from "./monitor/pace.ts";
export type { AppReader } from "./monitor/tasks/task.ts";
export type { Variables } from "./core/measure/monitoring_environment.ts";
export type {
  CgroupIdentity,
  CgroupLayer,
  CgroupPlace,
  CounterSource,
  HostRoots,
  LayeredCgroup,
  ProcessEntry,
  ProcessIdentity,
  Resource,
  ResourceLimits,
  WorkloadKind,
} from "./platform/mod.ts";
export { MonitorManager } from "./monitor/tasks/manager.ts";
export type { TaskStatus } from "./monitor/tasks/manager.ts";
export type { ManagerOptions } from "./monitor/tasks/manager_options.ts";
export type { LineTaker, MetricsCallback, MetricsSubscription } from "./monitor/tasks/metrics_listener.ts";
export type { Timer, Timers } from "./io/still_timers.ts";
export type { ClockKeeper } from "./monitor/tasks/task_clock.ts";
export type { ProcessCallback, ProcessSubscription } from "./monitor/tasks/process_subscriber.ts";
export type { CgroupTarget, MonitorTarget, ProcessTarget } from "./monitor/targets/monitor_target.ts";
export type { AttachOptions, Leftovers, RunOptions, WatchOptions } from "./monitor/options.ts";
export { ProcessMonitor } from "./monitor/run/process_monitor.ts";
export { run } from "./monitor/run/run.ts";
export { repeat } from "./monitor/series/repeat.ts";
export type { RepeatedCommand, RepeatedRuns, RepeatOptions, SeriesRun } from "./monitor/series/repeat.ts";
export { reportPage } from "./render/page/report_page.ts";
export { readRuns } from "./records/read_runs.ts";
export type { ReadOptions } from "./records/read_options.ts";
export type { RecordedRun, UnendedProcess } from "./records/recorded_run.ts";
export type { AppColumn, ColumnName, SampleColumns } from "./records/sample_columns.ts";
export { serveSupervisor } from "./supervisor/api/open.ts";
export type { ServedApi } from "./supervisor/api/open.ts";
export type { ServeOptions } from "./supervisor/api/serve.ts";
export { ConfigError } from "./config/fault.ts";
export type { Fault, Place } from "./config/fault.ts";
export { ControlError, PROCESS_TYPES } from "./supervisor/control.ts";
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
export { EVENT_KINDS } from "./supervisor/events/event_kinds.ts";
export type { LineFilter, LogLine, LogQuery, LogStream } from "./supervisor/logs/log_line.ts";
export type { EngineOptions } from "./supervisor/engine_options.ts";
export type { ConfigInForce } from "./supervisor/config/load.ts";
export type { ManagerConfig } from "./supervisor/config/schema.ts";
export type { Display } from "./supervisor/logs/display.ts";
export type { OwnOutput } from "./supervisor/logs/own_stream.ts";
export type { Level } from "./supervisor/process/supervised.ts";
export { Supervisor } from "./supervisor/supervisor.ts";
export type { SupervisorOptions } from "./supervisor/supervisor.ts";
