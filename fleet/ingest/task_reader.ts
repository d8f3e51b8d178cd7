import type { TaskFacts, TaskSample } from "../model/arrival.ts";
import { COLUMN_AT, noFigures } from "../model/column.ts";
import type { Figures } from "../model/column.ts";
import { ColumnPlaces } from "./column_places.ts";
import { CustomFigures } from "./custom_figures.ts";
import { isFields, isName, labelsOf, NO_LABELS, textOf } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { Reading } from "./reading.ts";
import { parseRfc3339 } from "./rfc3339.ts";
import { timeOf } from "./sample_time.ts";

/** Names that others have for our columns. */
const ALIASES: ReadonlyMap<string, number> = new Map([
  ["cpu_usage_percent", COLUMN_AT.get("cpu_percent")!],
  ["memory_usage_bytes", COLUMN_AT.get("memory_bytes")!],
  ["memory_usage_percent", COLUMN_AT.get("memory_percent")!],
]);
const PROCESS_COUNT = COLUMN_AT.get("process_count")!;
/** Where the restarts of a process stand, which are beside its metrics. */
export const RESTART_COUNT = COLUMN_AT.get("restart_count")!;
/** What an embedded worker node sends 0 for, since it does not know. */
const UNKNOWN_TO_EMBEDDED = ["disk_read_bytes", "disk_write_bytes", "file_descriptor_count"]
  .map((name) => COLUMN_AT.get(name)!);
/** Objects of figures that stand beside `metrics`, or in it. */
const GROUPS = ["waiting", "cgroup", "gpu"] as const;
/** Labels that a process may have. */
export const WORKLOAD = ["container_id", "container_name", "pod_uid", "pod_name", "pod_namespace", "unit"];
const TRACE = ["trace_id", "span_id"];
const places = new ColumnPlaces();
/** So many quantities are accounted for at most. */
const MOST_QUALITIES = 32;

/**
 * Reads the message of a task, ours or another's of the specification. By hand, since the schema takes several times
 * as long as JSON.parse: what the schema takes, this takes with the same figures, and more of what others send.
 */
export function readTask(message: Fields, reading: Reading): void {
  const sender = reading.senderOf(message);
  if (sender === null) return;
  const { task_id: taskId, metrics, state = "running" } = message;
  const refuse = (detail: string) => reading.refuseForm(detail, message, sender.propletId);
  if (!isName(taskId)) return refuse("task_id: is not a name of at most 256 bytes");
  if (!isFields(metrics)) return refuse("metrics: is not an object");
  if (state !== "running" && state !== "ended" && state !== "stopped") return refuse("state: is none");
  const figures = noFigures();
  const custom = new CustomFigures(reading.limits.customNames);
  const fault = readMetrics(metrics, figures, custom);
  if (fault !== null) return refuse(fault);
  for (const group of GROUPS) {
    const values = message[group];
    if (values !== undefined && isFields(values)) custom.addAll(group, values);
  }
  const isEmbedded = isOfEmbedded(message, metrics, figures);
  if (isEmbedded) { for (const at of UNKNOWN_TO_EMBEDDED) figures[at] = NaN; }
  const when = reading.timeOf(timeOf(message, metrics, isEmbedded), sender);
  if (when === null) return;
  if (custom.leftOutCount > 0) {
    const detail = `${custom.leftOutCount} of task ${taskId}, first ${custom.firstLeftOut}`;
    reading.refusePart("custom_names", detail, sender.propletId);
  }
  reading.arrivals.push(
    {
      kind: "sample",
      sender,
      taskId,
      time: when.time,
      isApproximate: when.isApproximate,
      figures,
      custom: custom.figures,
      state,
      facts: factsOf(message, figures),
      quality: qualityOf(message.accounting),
      isEmbedded,
    } satisfies TaskSample,
  );
}

/** @returns what is wrong with them, if anything */
function readMetrics(metrics: Fields, figures: Figures, custom: CustomFigures): string | null {
  let turn = 0;
  // Of what JSON.parse makes, these are its own properties only.
  for (const key in metrics) {
    const value = metrics[key];
    const at = places.find(turn++, key);
    if (at >= 0) {
      if (value === null) continue;
      if (!isAmount(value)) return `metrics.${key}: is not a number of at least 0`;
      figures[at] = value + 0;
    } else if (typeof value === "number") {
      const of = ALIASES.get(key);
      if (of === undefined) {
        if (key !== "timestamp") custom.add(key, value);
      } else if (!isAmount(value)) return `metrics.${key}: is not a number of at least 0`;
      else if (Number.isNaN(figures[of])) figures[of] = value + 0;
    } else if (typeof value === "object" && value !== null && isGroup(key) && isFields(value)) {
      custom.addAll(key, value);
    }
  }
  return null;
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < Infinity;
}

function isGroup(key: string): boolean {
  return key === "app" || (GROUPS as readonly string[]).includes(key);
}

/** Its clock begins at boot, it knows neither disks nor descriptors, and nobody counts processes there. */
function isOfEmbedded({ timestamp }: Fields, metrics: Fields, figures: Figures): boolean {
  return (typeof timestamp === "number" || timestamp === undefined) && metrics.timestamp === undefined &&
    Number.isNaN(figures[PROCESS_COUNT]) && UNKNOWN_TO_EMBEDDED.every((at) => figures[at] === 0);
}

function factsOf({ process, trace }: Fields, figures: Figures): TaskFacts | null {
  const traceLabels = isFields(trace) ? labelsOf(trace, TRACE) : NO_LABELS;
  if (!isFields(process)) {
    return traceLabels === NO_LABELS
      ? null
      : { target: null, name: null, pid: null, startedAt: null, labels: traceLabels };
  }
  const { target, name, pid, start_time: start, restart_count: restarts } = process;
  if (isAmount(restarts)) figures[RESTART_COUNT] = restarts + 0;
  const startedAt = typeof start === "string" ? parseRfc3339(start) : NaN;
  const workload = labelsOf(process, WORKLOAD);
  return {
    target: textOf(target),
    name: textOf(name),
    pid: Number.isSafeInteger(pid) && (pid as number) > 0 ? pid as number : null,
    startedAt: Number.isNaN(startedAt) ? null : startedAt,
    labels: traceLabels === NO_LABELS ? workload : { ...workload, ...traceLabels },
  };
}

/** How good the figures are, of what is told of them. */
export function qualityOf(accounting: unknown): TaskSample["quality"] {
  if (!isFields(accounting)) return null;
  const qualities: Record<string, string> = {};
  let count = 0;
  for (const key in accounting) {
    const account = accounting[key];
    const quality = isFields(account) ? textOf(account.quality) : null;
    if (quality === null || !/^[a-z][a-z_]{0,31}$/.test(key)) continue;
    if (++count > MOST_QUALITIES) break;
    qualities[key] = quality;
  }
  return count === 0 ? null : qualities;
}
