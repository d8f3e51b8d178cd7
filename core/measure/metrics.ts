import { Raw, Total, TOTAL_COLUMNS } from "./raw.ts";
import type { Reading } from "./reading.ts";
import type { MetricName } from "./metric_name.ts";
export type { MetricName } from "./metric_name.ts";

/** The unit of a figure is the last word of its name; what has no other is a count. */
export type Unit = "seconds" | "bytes" | "percent" | "count";

/** What metrics are about: how it is called wherever people read it, and what all its metrics have in common. */
interface Subject {
  readonly label: string;
  /** "minor page faults", but "disk read". */
  readonly partFirst?: true;
  /** The group of a profile that switches it; null: it is expensive, and collected where it is asked for by name. */
  readonly group: "cpu" | "memory" | "disk" | "network" | "threads" | "file_descriptors" | "gpu" | null;
  readonly chart:
    | "cpu"
    | "memory"
    | "disk"
    | "io"
    | "network"
    | "processes"
    | "descriptors"
    | "faults"
    | "switches"
    | "gpu"
    | "gpu_memory";
  /** What has to be read beyond CPU and memory; the last two are not read at every sample. */
  readonly needs?: "counters" | "io" | "file_descriptors" | "switches";
}

/** By the names that accounting has for them. */
export const SUBJECTS = {
  cpu: { label: "CPU", group: "cpu", chart: "cpu" },
  memory: { label: "memory", group: "memory", chart: "memory" },
  memory_pss: { label: "PSS", group: null, chart: "memory" },
  disk: { label: "disk", group: "disk", chart: "disk", needs: "io" },
  io: { label: "I/O", group: "disk", chart: "io", needs: "io" },
  network: { label: "network", group: "network", chart: "network" },
  network_loopback: { label: "loopback", group: null, chart: "network" },
  threads: { label: "threads", group: "threads", chart: "processes", needs: "counters" },
  file_descriptors: {
    label: "file descriptors",
    group: "file_descriptors",
    chart: "descriptors",
    needs: "file_descriptors",
  },
  faults: { label: "page faults", partFirst: true, group: "memory", chart: "faults", needs: "counters" },
  context_switches: {
    label: "context switches",
    partFirst: true,
    group: "threads",
    chart: "switches",
    needs: "switches",
  },
  gpu: { label: "GPU", group: "gpu", chart: "gpu" },
  gpu_memory: { label: "GPU memory", group: "gpu", chart: "gpu_memory" },
} as const satisfies Record<string, Subject>;

/** Where a metric comes from. */
interface Source {
  /** The column of a process's own row. */
  readonly raw?: number;
  /** Where a tree has it: a cumulative total, or a field of its reading, which a sample prefers. */
  readonly total?: number;
  readonly reading?: keyof Reading;
  /** What makes a percentage of it: the time since the sample before, or the memory that may be used. */
  readonly per?: "interval" | "memory_limit";
}

/** The metrics, in record order: name, subject, what is its own beside others of the subject, source, help. */
const ROWS = [
  gauge("cpu_percent", "cpu", {
    raw: Raw.cpuSeconds,
    total: Total.cpuSeconds,
    per: "interval",
  }, "used over the interval before, as a share of one core"),
  counter("cpu_seconds", "cpu", null, Total.cpuSeconds, "user and system time since the start", {
    isDrawn: false,
  }),
  gauge("memory_bytes", "memory", { raw: Raw.memoryBytes, reading: "memoryBytes" }, "in use"),
  gauge(
    "memory_percent",
    "memory",
    { raw: Raw.memoryBytes, reading: "memoryBytes", per: "memory_limit" },
    "in use, of what may be used: the machine's memory, or the limit that binds",
    { isDrawn: false },
  ),
  gauge(
    "memory_pss_bytes",
    "memory_pss",
    { raw: Raw.pssBytes, reading: "pssBytes" },
    "proportional set size: shared pages are divided among those who share them; read at most once a second",
  ),
  counter("disk_read_bytes", "disk", "read", Total.diskReadBytes, "fetched from storage"),
  counter(
    "disk_write_bytes",
    "disk",
    "written",
    Total.diskWriteBytes,
    "sent to storage, or on the way there",
  ),
  counter(
    "disk_cancelled_write_bytes",
    "disk",
    "cancelled",
    Total.diskCancelledWriteBytes,
    "of what was written, deleted or overwritten before it reached storage",
    { isDrawn: false },
  ),
  counter("io_read_bytes", "io", "read", Total.ioReadBytes, "through read calls, pipes and caches included"),
  counter(
    "io_write_bytes",
    "io",
    "written",
    Total.ioWriteBytes,
    "through write calls, pipes and caches included",
  ),
  counter(
    "network_rx_bytes",
    "network",
    "received",
    null,
    "payload through network interfaces, the loopback left out",
    { reading: "networkRxBytes" },
  ),
  counter(
    "network_tx_bytes",
    "network",
    "sent",
    null,
    "payload through network interfaces, the loopback left out",
    { reading: "networkTxBytes" },
  ),
  counter("network_loopback_rx_bytes", "network_loopback", "received", null, "payload through the loopback", {
    reading: "loopbackRxBytes",
    isDrawn: false,
  }),
  counter("network_loopback_tx_bytes", "network_loopback", "sent", null, "payload through the loopback", {
    reading: "loopbackTxBytes",
    isDrawn: false,
  }),
  gauge("thread_count", "threads", {
    raw: Raw.threadCount,
    reading: "threadCount",
  }, "alive at the moment of the sample"),
  gauge("file_descriptor_count", "file_descriptors", {
    raw: Raw.fileDescriptorCount,
    reading: "fileDescriptorCount",
  }, "open files, pipes and sockets"),
  counter("minor_faults", "faults", "minor", Total.minorFaults, "resolved without storage"),
  counter("major_faults", "faults", "major", Total.majorFaults, "that waited for storage"),
  counter(
    "voluntary_context_switches",
    "context_switches",
    "voluntary",
    Total.voluntarySwitches,
    "times that the CPU was given up",
    { reading: "seenVoluntarySwitches" },
  ),
  counter(
    "involuntary_context_switches",
    "context_switches",
    "involuntary",
    Total.involuntarySwitches,
    "times that the CPU was taken away",
    { reading: "seenInvoluntarySwitches" },
  ),
  gauge(
    "gpu_percent",
    "gpu",
    { raw: Raw.gpuPercent, reading: "gpuPercent" },
    "how busy GPUs were since the previous sample; 100 is one of them",
  ),
  gauge(
    "gpu_memory_bytes",
    "gpu_memory",
    { raw: Raw.gpuMemoryBytes, reading: "gpuMemoryBytes" },
    "in use on GPUs; of those without memory of their own, the machine's",
  ),
];

interface More {
  /** Where a sample of a tree has it, if not in the total. */
  readonly reading?: keyof Reading;
  /** Whether the chart of its subject draws it. */
  readonly isDrawn?: boolean;
}

function gauge<const Name extends string>(
  name: Name,
  subject: keyof typeof SUBJECTS,
  source: Source,
  help: string,
  more: More = {},
) {
  return metric(name, "gauge", subject, null, help, source, more);
}

/** A counter only grows while its task lasts. One without a total is the tree's alone: no process has a part of it. */
function counter<const Name extends string>(
  name: Name,
  subject: keyof typeof SUBJECTS,
  part: string | null,
  total: number | null,
  help: string,
  more: More = {},
) {
  const source = total === null
    ? { reading: more.reading }
    : { raw: TOTAL_COLUMNS[total][0], total, reading: more.reading };
  return metric(name, "counter", subject, part, help, source, more);
}

/** Every program evaluates this as it starts: nothing is copied twice. */
function metric<const Name extends string, const Kind extends "gauge" | "counter">(
  name: Name,
  kind: Kind,
  subject: keyof typeof SUBJECTS,
  part: string | null,
  help: string,
  { raw, total, reading, per }: Source,
  { isDrawn = true }: More,
) {
  const { label, partFirst, group, chart, needs }: Subject = SUBJECTS[subject];
  return {
    name,
    kind,
    unit: unitOf(name),
    subject,
    group,
    needs,
    chart: isDrawn ? chart : undefined,
    label: part === null ? label : partFirst ? `${part} ${label}` : `${label} ${part}`,
    part: part ?? undefined,
    help,
    raw,
    total,
    reading,
    per,
  };
}

type AnyRow = (typeof ROWS)[number];
/** A group of metrics that a profile switches as one. */
export type MetricGroup = NonNullable<Subject["group"]>;
/** The name of a metric that only grows. */
export type CounterName = Extract<AnyRow, { kind: "counter" }>["name"];
/** A counter of which the summary has the total under the same name; CPU is told in more detail there. */
export type TotalName = Exclude<CounterName, "cpu_seconds">;
/** A chart of metrics. */
export type ChartName = Subject["chart"];
/** One metric: what it is, where it comes from, and how it is called. */
export interface Metric<Name extends MetricName = MetricName>
  extends Omit<Subject, "chart" | "partFirst">, Source {
  readonly name: Name;
  readonly kind: "gauge" | "counter";
  readonly unit: Unit;
  readonly subject: keyof typeof SUBJECTS;
  /** The word of the label that is left beside the subject's name. */
  readonly part: string | undefined;
  /** What the label does not say. */
  readonly help: string;
  /** The chart that draws it; undefined: none. */
  readonly chart: ChartName | undefined;
}

/**
 * Every metric, in record order; names follow docs/specification.md. Whatever is told of metrics follows from this
 * table: profiles, records and their schema, CSV, messages, Prometheus, charts and words. OpenTelemetry's names for
 * them are in `exporters/otlp/task_metrics.ts`, Python's types in `python/proctor/_records.py`; a test compares both
 * with it.
 */
export const METRICS: readonly Metric[] = ROWS;

/** The metrics by name. */
export const METRIC = byName(METRICS);

/** The names of all metrics, in record order. */
export const METRIC_NAMES: readonly MetricName[] = METRICS.map(({ name }) => name);

/** The metrics that only grow. */
export const COUNTERS = METRICS.filter(({ kind }) => kind === "counter") as readonly Metric<CounterName>[];

/** The counters of which the summary has the total under the same name. */
export const TOTALS = COUNTERS.filter(({ name }) => name !== "cpu_seconds") as readonly Metric<TotalName>[];

const groups: Partial<Record<MetricGroup, MetricName[]>> = {};
for (const { name, group } of METRICS) if (group !== null) (groups[group] ??= []).push(name);
/** The groups of metrics that a profile switches. */
export const METRIC_GROUPS = groups as Readonly<Record<MetricGroup, readonly MetricName[]>>;

/** The metrics of some groups, in record order. */
export function metricsOf(groups: readonly MetricGroup[]): MetricName[] {
  return METRICS.filter(({ group }) => group !== null && groups.includes(group)).map(({ name }) => name);
}

/** What is told of some metrics, by their names. */
export function byName<Name extends MetricName, Value = Metric<Name>>(
  metrics: readonly Metric<Name>[],
  valueOf: (metric: Metric<Name>) => Value = (metric) => metric as Value,
): Record<Name, Value> {
  const values: Partial<Record<Name, Value>> = {};
  for (const metric of metrics) values[metric.name] = valueOf(metric);
  return values as Record<Name, Value>;
}

/** The unit of a figure, by its name. */
export function unitOf(name: string): Unit {
  const unit = name.slice(name.lastIndexOf("_") + 1);
  return unit === "seconds" || unit === "bytes" || unit === "percent" ? unit : "count";
}

/** A label as a title, or at the beginning of a sentence. */
export function capitalized(label: string): string {
  return `${label[0].toUpperCase()}${label.slice(1)}`;
}

/** Whether a metric is of what sockets receive and send, the loopback included. */
export function isOfNetwork(name: MetricName): boolean {
  return METRIC[name].chart === "network" || METRIC[name].subject === "network_loopback";
}
