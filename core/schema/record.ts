import { z } from "zod";
import { ERROR_KINDS } from "../error.ts";
import { byName, METRICS, TOTALS } from "../measure/metrics.ts";
import { appSummarySchema, appValuesSchema } from "./app_schema.ts";
import { countersSchema } from "./counters_schema.ts";
import { gpuSchema } from "./gpu_schema.ts";
import { processFigures, processTableSchema, processTimes } from "./process_table_schema.ts";
import { RECORD_SCHEMA } from "./version.ts";
import { waitingSchema } from "./waiting_schema.ts";
export type { Account, Accounting, ExporterReport, Quality } from "./types/accounting.ts";
export type { ProcessRecord, ProcessRow, SampleRecord, ThreadRow } from "./types/samples.ts";
export type {
  Environment,
  Mechanism,
  ProctorRecord,
  RunLimits,
  StartRecord,
  SummaryRecord,
} from "./types/records.ts";

export type { AppMetricRecord, AppSource, AppSummary, AppValues } from "./app_schema.ts";
export type { Counters } from "./counters_schema.ts";
export type { GpuSummary } from "./gpu_schema.ts";
export type { Verdict, Waiting } from "./waiting_schema.ts";

const count = z.int().min(0);
const seconds = z.number().min(0);
const percent = z.number().min(0);
const timestamp = z.iso.datetime({ precision: 3 }).describe("RFC 3339, UTC, milliseconds");

/** A metric: left out when the profile does not collect it, null when it cannot be read. */
const metric = <T extends z.ZodType>(type: T) => type.nullable().optional();

const TYPES = { count, bytes: count, seconds, percent };
const metrics = byName(
  METRICS,
  ({ unit, kind, help }) =>
    metric<z.ZodNumber>(TYPES[unit]).describe(kind === "counter" ? `${help}; cumulative` : help),
);

const identity = {
  pid: count,
  parent_pid: count.nullable(),
  start_time: timestamp,
  name: z.string(),
  command: z.string().nullable().describe(
    "arguments joined by spaces; null for a kernel thread, or when it was first seen as a zombie",
  ),
};

/** One thread of a process in a sample. */
const threadRowSchema = z.object({
  thread_id: count,
  name: z.string(),
  cpu_percent: percent.nullable(),
  cpu_seconds: seconds.nullable(),
});

/** One process of the tree in a sample. */
const processRowSchema = z.object({
  ...identity,
  uptime_seconds: seconds,
  ...metrics,
  threads: z.array(threadRowSchema).optional(),
});

/** How good a figure is. */
export const qualitySchema = z.enum(["exact", "sampled", "upper_bound", "lower_bound", "unavailable"]);
/** Where a figure comes from, and how good it is. */
const accountSchema = z.object({
  source: z.string(),
  quality: qualitySchema,
  note: z.string().optional().describe(
    "why it is not better, where that does not follow from the source alone",
  ),
});
/** The quantities a summary accounts for. */
export const accountingSchema = z.object({
  cpu: accountSchema,
  memory: accountSchema,
  peak_memory: accountSchema,
  peak_process_memory: accountSchema.optional().describe("left out by older versions"),
  memory_pss: accountSchema.optional().describe("where it was asked for"),
  disk: accountSchema,
  io: accountSchema,
  network: accountSchema,
  network_loopback: accountSchema.optional().describe("where it was asked for"),
  faults: accountSchema,
  context_switches: accountSchema,
  threads: accountSchema,
  file_descriptors: accountSchema,
  gpu: accountSchema.optional().describe("where it was asked for"),
  gpu_memory: accountSchema.optional().describe("where it was asked for"),
  processes: accountSchema,
  // Of what kept a run waiting; a summary's alone.
  pressure: accountSchema.optional(),
  run_queue: accountSchema.optional(),
  block_io: accountSchema.optional(),
  memory_wait: accountSchema.optional(),
  throttling: accountSchema.optional(),
  steal: accountSchema.optional(),
  // Where events were asked for.
  counters: accountSchema.optional(),
  hardware_counters: accountSchema.optional(),
  machine_energy: accountSchema.optional(),
});

/** What the run may use at most, by its own limits; what is not limited is left out. */
export const limitsSchema = z.object({
  memory_bytes: count.optional(),
  cpu_cores: z.number().positive().optional(),
  process_count: count.optional().describe("threads count, too"),
});

/** How the tree is held together. */
const mechanismSchema = z.enum(["cgroup", "subreaper", "job_object", "process_group", "none"]);

/** A profile as it stands in a record. */
export const profileSchema = z.object({
  enabled: z.boolean(),
  interval_ms: z.number().positive().nullable(),
  adaptive: z.boolean(),
  max_interval_ms: z.number().positive().nullable(),
  collect_cpu: z.boolean(),
  collect_memory: z.boolean(),
  collect_disk_io: z.boolean(),
  collect_network_io: z.boolean(),
  collect_threads: z.boolean(),
  collect_file_descriptors: z.boolean(),
  collect_gpu: z.boolean().optional().describe("left out: no"),
  export_to_mqtt: z.boolean(),
  retain_history: z.boolean(),
  history_size: count,
});

/** The machine and the limits a run found itself in. */
export const environmentSchema = z.object({
  host_name: z.string(),
  kernel: z.string(),
  cpu_model: z.string().nullable(),
  online_cpu_count: count,
  cpu_quota_cores: z.number().positive().nullable().describe(
    "the least quota of all cgroups above; null: none",
  ),
  memory_total_bytes: count.nullable(),
  memory_limit_bytes: count.nullable().describe("the least limit of all cgroups above; null: none"),
});

/** The first record of a run. */
export const startRecordSchema = z.object({
  kind: z.literal("start"),
  schema: z.literal(RECORD_SCHEMA),
  name: z.string().optional(),
  command: z.array(z.string()),
  pid: count.nullable().describe("null when the command could not be started"),
  timestamp,
  profile: profileSchema,
  containment: z.object({
    mechanism: mechanismSchema,
    reason: z.string().nullable().describe("why no stronger mechanism could be had"),
  }),
  limits: limitsSchema.optional().describe("the limits that the kernel enforced on this run"),
  capabilities: accountingSchema.describe("what can be expected of each quantity"),
  environment: environmentSchema,
});

/** A reading of the whole tree. */
export const sampleRecordSchema = z.object({
  kind: z.literal("sample"),
  timestamp,
  elapsed_seconds: seconds,
  interval_seconds: seconds,
  uptime_seconds: seconds,
  process_count: count,
  ...metrics,
  app: appValuesSchema.optional().describe(
    "metrics that the watched program publishes itself, where these are collected",
  ),
  processes: z.array(processRowSchema).optional(),
});

/** A process of the tree ended: what is known of it. */
export const processRecordSchema = z.object({
  kind: z.literal("process"),
  timestamp,
  elapsed_seconds: seconds,
  ...identity,
  uptime_seconds: seconds,
  exit_code: z.int().nullable().describe("null when unknown or ended by a signal"),
  signal: z.string().nullable(),
  oom_killed: z.literal(true).optional().describe("the kernel killed it: out of memory"),
  cpu_seconds: seconds.nullable().describe("its own, without its children"),
  peak_memory_bytes: count.nullable().describe(
    "its own, without its children: exact where it had none and was waited for, else the highest seen",
  ),
  quality: qualitySchema.describe(
    "of cpu_seconds; exact: its final counters were read; lower_bound: the last that were seen",
  ),
  kernel: z.object({ executable: z.string().nullable(), ...processTimes, ...processFigures })
    .omit({ cpu_seconds: true, peak_memory_bytes: true }).optional()
    .describe("what else the kernel reported of it, where every process was asked for"),
});

const total = <T extends z.ZodType>(type: T) => type.nullable().optional();

/** What became of the messages that an exporter was handed. */
export const exporterReportSchema = z.object({
  exporter: z.enum(["mqtt", "prometheus", "prometheus_textfile", "otlp"]),
  destination: z.string(),
  sent_count: count.describe(
    "delivered: acknowledged where the protocol has it, served where it is asked for",
  ),
  dropped_count: count.describe("because the queue was full, or the time at the end too short"),
  failed_count: count.describe("attempts that failed, each to be repeated"),
  queued_count: count.describe("waiting"),
});

/** The last record of a run: what it cost. */
export const summaryRecordSchema = z.object({
  kind: z.literal("summary"),
  timestamp,
  name: z.string().optional(),
  outcome: z.enum(["exited", "signaled", "oom_killed", "timed_out", "interrupted", "failed_to_start"])
    .describe(
      "oom_killed: the kernel killed a process of the tree: out of memory; others may have gone on",
    ),
  exit_code: z.int().nullable(),
  signal: z.string().nullable(),
  error: z.string().optional().describe("why the command could not be started"),
  error_kind: z.enum(ERROR_KINDS).optional().describe("of what kind that is, as the exit code of proctor is"),
  wall_seconds: seconds,
  cpu_seconds: total(seconds),
  cpu_user_seconds: total(seconds),
  cpu_system_seconds: total(seconds),
  avg_cpu_percent: total(percent).describe("CPU over wall time, not a mean of samples"),
  max_cpu_percent: total(percent),
  avg_cpu_cores: total(z.number().min(0)),
  peak_memory_bytes: total(count).describe("of the whole tree at once"),
  peak_process_memory_bytes: total(count).describe("the most that any one process of the tree had resident"),
  peak_resident_bytes: total(count).describe(
    "highest sum of resident memory seen: no page cache, but shared pages once for each process",
  ),
  peak_memory_pss_bytes: total(count),
  avg_memory_bytes: total(count).describe("weighted by time"),
  ...byName(TOTALS, () => total(count)),
  network_packets: z.object({
    rx_packet_count: count,
    tx_packet_count: count,
    rx_wire_bytes: count.describe("with the headers of IP, TCP and UDP; those of the link left out"),
    tx_wire_bytes: count,
  }).optional().describe("where they were counted; the loopback left out"),
  counters: countersSchema.optional().describe("what perf has counted, where it was asked for"),
  peak_process_count: count,
  peak_thread_count: total(count),
  total_process_count: count.describe("processes seen; those that lived between two samples may be missing"),
  leftover_process_count: count.describe("still running when the record was written"),
  oom_kill_count: count.nullable().describe("processes that the kernel killed: out of memory"),
  memory_limit_hit_count: count.nullable().describe("how often memory had to be taken back at the limit"),
  process_limit_hit_count: count.nullable().describe("how often a fork was refused at the limit"),
  cpu_throttled_seconds: seconds.nullable().describe("how long the limit on CPU made the run wait"),
  waiting: waitingSchema.optional().describe("what kept it waiting; left out by older versions"),
  sample_count: count,
  missed_tick_count: count,
  cpu_seconds_sampled: total(seconds).describe("what the samples alone would have given"),
  accounting: accountingSchema,
  processes: processTableSchema.optional().describe("every process, where it was asked for"),
  app: appSummarySchema.optional().describe(
    "metrics that the program published itself, where these were collected",
  ),
  gpu: gpuSchema.optional().describe("what it did with GPUs, where that was asked for"),
  monitor: z.object({
    cpu_seconds: seconds,
    cpu_percent: percent.describe("of one core, over the wall time of the run"),
    memory_bytes: count.nullable().describe("resident at the end"),
    peak_memory_bytes: total(count).describe("the most it has ever had resident"),
    tick_count: count.optional().describe("samples, and measurements between them, that it took"),
    late_tick_count: count.optional().describe(
      "samples that came late by a tenth of their interval or more; missed_tick_count has those that were skipped",
    ),
    wake_up_count: count.optional().describe("how often the loop that watches was woken"),
    voluntary_context_switches: total(count).describe("how often one of its threads went to sleep"),
    discovery: z.enum(["events", "search"]).optional().describe(
      "how new processes of the tree were found: by the kernel's events, or by searching",
    ),
    search_count: count.optional().describe("how often processes of the tree were searched for"),
    sampling_percent: percent.optional().describe(
      "of one core: what sampling at the interval that was asked for took, where the default budget would not have allowed it",
    ),
    exporters: z.array(exporterReportSchema).optional().describe("where there are any"),
  }).describe("proctor's own use, from its own start"),
});

/** Any line of a record stream, told apart by `kind`. */
export const recordSchema = z.discriminatedUnion("kind", [
  startRecordSchema,
  sampleRecordSchema,
  processRecordSchema,
  summaryRecordSchema,
]);

/** The record format as JSON Schema (draft 2020-12). */
export function recordJsonSchema(): Record<string, unknown> {
  return { title: "proctor record", $id: `urn:${RECORD_SCHEMA}`, ...z.toJSONSchema(recordSchema) };
}
