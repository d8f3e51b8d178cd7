/** The types of the library that are written from schemas, by the file that they are written to. */
import { QUANTITY_NAMES } from "../../core/compare/quantity.ts";
import { METRIC_NAMES } from "../../core/measure/metrics.ts";
import { appSummarySchema, appValuesSchema } from "../../core/schema/app_schema.ts";
import { comparisonSchema } from "../../core/schema/comparison_schema.ts";
import { countersSchema } from "../../core/schema/counters_schema.ts";
import { gpuSchema } from "../../core/schema/gpu_schema.ts";
import { healthMessageSchema } from "../../core/schema/health_message.ts";
import * as host from "../../core/schema/host_schema.ts";
import { processTableSchema } from "../../core/schema/process_table_schema.ts";
import * as record from "../../core/schema/record.ts";
import { savedGroupSchema } from "../../core/schema/saved_group.ts";
import { taskAggregateSchema, taskMessageSchema, taskMetricsSchema } from "../../core/schema/task_message.ts";
import { taskProcessRecordSchema } from "../../core/schema/task_process.ts";
import { waitingSchema } from "../../core/schema/waiting_schema.ts";
import { EXPORT_ALIASES, EXPORT_OPTIONS } from "../../exporters/export_options.ts";
import { exportSettingsSchema } from "../../exporters/settings.ts";
import { configSchema } from "../../supervisor/config/schema.ts";
import * as control from "../../supervisor/control.ts";
import { logLineSchema } from "../../supervisor/logs/log_line.ts";
import type { Described, DescribedFiles } from "./type_file.ts";

const type = (help: string, of: Described["of"], more: Partial<Described> = {}): Described => ({
  help,
  of,
  ...more,
});

const processRow = record.sampleRecordSchema.shape.processes.unwrap().element;
const appMetric = appSummarySchema.shape.metrics.element;
const quantity = comparisonSchema.shape.quantities.element;
const difference = quantity.shape.differences.element;
const { process, accounting, denser, state } = taskMessageSchema.shape;

/** What options of exporters become. */
const EXPORTED = {
  mqtt_qos: "0 | 1 | 2",
  mqtt_batch: "number",
  mqtt_batch_wait: "number",
  mqtt_queue: "number",
  mqtt_queue_size: "number",
  prometheus: "ListenAddress",
};

const HELPS = Object.fromEntries(
  Object.entries({ ...EXPORT_OPTIONS, ...EXPORT_ALIASES }).map((
    [key, { description }],
  ) => [key, description]),
);

/** All of them. */
export const DESCRIBED: DescribedFiles = {
  "core/measure/metric_name.ts": {
    MetricName: type("the name of one metric", METRIC_NAMES),
  },
  "core/compare/quantity_name.ts": {
    QuantityName: type("a total that runs are compared by", QUANTITY_NAMES),
  },
  "core/schema/types/parts.ts": {
    AppValues: type("metrics that the watched program publishes itself, by name", appValuesSchema),
    AppSource: type("how the program's metrics get here", appMetric.shape.source),
    AppMetricRecord: type("what one of the program's metrics came to", appMetric),
    AppSummary: type("all that the program has published", appSummarySchema),
    Counters: type("what the kernel and the processor have counted of a run", countersSchema),
    GpuSummary: type("what a tree did with GPUs", gpuSchema),
    Waiting: type("what kept a run waiting", waitingSchema),
  },
  "core/schema/types/processes.ts": {
    ProgramRow: type("all processes that ran one program", processTableSchema.shape.by_executable.element),
    DearProcess: type("one process of those that used most", processTableSchema.shape.dearest.element),
    CriticalPathRecord: type(
      "the chain of processes that set the wall time",
      processTableSchema.shape.critical_path.unwrap(),
    ),
    ParallelismRecord: type(
      "how many processes were at work",
      processTableSchema.shape.parallelism.unwrap(),
    ),
    ProcessTableRecord: type("every process of a run that asked for them", processTableSchema),
  },
  "core/schema/types/accounting.ts": {
    Quality: type("how good a figure is", record.qualitySchema),
    Account: type("where a figure comes from, and how good it is", record.accountingSchema.shape.cpu),
    Accounting: type("source and quality of every quantity", record.accountingSchema),
    ExporterReport: type(
      "what became of the messages that an exporter was handed",
      record.exporterReportSchema,
    ),
  },
  "core/schema/types/samples.ts": {
    ThreadRow: type("one thread of a process in a sample", processRow.shape.threads.unwrap().element),
    ProcessRow: type("one process of the tree in a sample", processRow),
    SampleRecord: type("a reading of the whole tree", record.sampleRecordSchema),
    ProcessRecord: type("a process of the tree that ended", record.processRecordSchema),
  },
  "core/schema/types/records.ts": {
    Mechanism: type(
      "how a tree is held together",
      record.startRecordSchema.shape.containment.shape.mechanism,
    ),
    RunLimits: type("what a run may use at most", record.limitsSchema),
    Environment: type("the machine and the limits a run found itself in", record.environmentSchema),
    StartRecord: type("the first record of a run", record.startRecordSchema),
    SummaryRecord: type("the last record of a run: what it cost", record.summaryRecordSchema),
    ProctorRecord: type("any record; `kind` says which", record.recordSchema),
  },
  "core/schema/types/comparison.ts": {
    RunSetFacts: type("the runs of one set", comparisonSchema.shape.sets.element),
    Measurement: type("one quantity over the runs of one set", quantity.shape.measurements.element),
    Verdict: type("what came of comparing a set with the first one", difference.shape.verdict),
    Difference: type("the difference between a set and the first one", difference),
    Judgement: type("a condition, judged", comparisonSchema.shape.judgements.element),
    Comparison: type("sets of runs side by side", comparisonSchema),
  },
  "core/schema/types/tasks.ts": {
    TaskMetrics: type("the `metrics` of a message, and one entry of a history", taskMetricsSchema),
    TaskAggregate: type("the `aggregated` of a message", taskAggregateSchema),
    TaskState: type("whether a task's target runs, has ended, or is no longer watched", state),
    TaskProcess: type(
      "the process that a task stands for, where another program has started it",
      process.unwrap(),
    ),
    TaskAccounting: type("where figures come from", accounting.unwrap()),
    DenserSampling: type(
      "how densely a task is sampled because its manager has asked for it, and until when",
      denser.unwrap(),
    ),
    TaskMessage: type("what is published of a task at every tick", taskMessageSchema),
    TaskProcessRecord: type("a process of a task that has ended", taskProcessRecordSchema),
  },
  "core/schema/types/states.ts": {
    SavedGroup: type("what another process needs to take a group up again", savedGroupSchema),
    ControlReport: type(
      "how an agent follows the orders of its manager",
      healthMessageSchema.shape.agent.shape.control.unwrap(),
    ),
    HealthMessage: type("how the agent itself is, and the machine it is on", healthMessageSchema),
  },
  "core/schema/types/host.ts": {
    CpuUsage: type("CPU times, and how busy the machine is", host.cpuUsageSchema),
    MemoryInfo: type("memory and swap", host.memoryInfoSchema),
    LoadAverage: type("load averages", host.loadAverageSchema),
    Uptime: type("uptime and idle time", host.uptimeSchema),
    DiskSpace: type("the space of one file system", host.diskUsageSchema.shape.disk.valueType),
    DiskUsage: type("space by mount point", host.diskUsageSchema),
    InterfaceStats: type(
      "the counters of one network interface",
      host.networkStatsSchema.shape.network.valueType,
    ),
    NetworkStats: type("counters by network interface", host.networkStatsSchema),
    ProcessStats: type("processes by state", host.processStatsSchema),
    SystemInfo: type("what the machine is", host.systemInfoSchema),
    Pressure: type("pressure stall information", host.pressureSchema),
    DiskIoStats: type("counters by block device", host.diskIoStatsSchema),
    Sensors: type("temperatures", host.sensorsSchema),
    MessageStats: type("the service's message counts", host.sysMetricsSchema.shape.message_stats.unwrap()),
    SysMetrics: type("the machine at a glance", host.sysMetricsSchema),
  },
  "exporters/export_input.ts": {
    ExportInput: type("the settings of all exporters, as they are written", exportSettingsSchema, {
      io: "input",
      helps: HELPS,
    }),
  },
  "supervisor/config/manager_config.ts": {
    ManagerConfig: type(
      "the `process_manager` of a configuration, checked, with its defaults",
      configSchema.shape.process_manager.unwrap(),
      {
        helps: HELPS,
        transformed: { ...EXPORTED, web: "ListenAddress" },
        imports: { ListenAddress: "exporters/settings.ts" },
      },
    ),
  },
  "supervisor/control_types.ts": {
    ProcessState: type("a state of a managed process", control.processStatusSchema.shape.state),
    ProcessStatus: type("one managed process at a glance", control.processStatusSchema),
    SupervisorEvent: type(
      "something that has happened to a managed process, or to the supervisor",
      control.supervisorEventSchema,
    ),
    ProcessDescription: type(
      "all there is to say about one managed process",
      control.processDescriptionSchema,
    ),
    ReloadReport: type("what a reload has done, by id of process", control.reloadReportSchema),
    SupervisorInfo: type("the supervisor itself", control.supervisorInfoSchema),
  },
  "supervisor/logs/log_line_type.ts": {
    LogLine: type("one line that a process wrote, as it is read back", logLineSchema),
  },
};
