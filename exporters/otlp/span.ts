import { basename } from "node:path";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { Attributes, SpanStatus, TraceState } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { SummaryRecord } from "../../core/schema/record.ts";
import type { TaskDescription } from "../telemetry.ts";
import { hrTimeOfMs } from "./instruments.ts";
import { SCOPE } from "./resource.ts";
import type { TraceContext } from "./trace_context.ts";

/** Where a run stands in a trace. */
export interface RunTrace {
  readonly context: TraceContext;
  readonly parent: TraceContext | undefined;
  readonly state: string | undefined;
}

/** A run as a span. @param more attributes beside those of the summary */
export function runSpan(
  task: TaskDescription,
  summary: SummaryRecord,
  { context, parent, state }: RunTrace,
  resource: Resource,
  more: Attributes = {},
): ReadableSpan {
  const startMs = Date.parse(task.start_time);
  // By its own length: the wall clock may have been set meanwhile.
  const endMs = startMs + summary.wall_seconds * 1_000;
  return endedSpan({
    name: (task.name ?? basename(task.command[0] ?? "")) || "run",
    spanContext: () => spanContext(context, state),
    parentSpanContext: parent && { ...spanContext(parent, state), isRemote: true },
    startTime: hrTimeOfMs(startMs),
    endTime: hrTimeOfMs(endMs),
    duration: hrTimeOfMs(endMs - startMs),
    status: status(summary),
    attributes: { ...attributes(summary), ...more },
    resource,
  });
}

type OwnParts =
  | "name"
  | "spanContext"
  | "parentSpanContext"
  | "startTime"
  | "endTime"
  | "duration"
  | "status"
  | "attributes"
  | "resource";

/** A span that is over, of something that ran on this machine, with what all of ours have in common. */
export function endedSpan(own: Pick<ReadableSpan, OwnParts>): ReadableSpan {
  return {
    ...own,
    kind: SpanKind.INTERNAL,
    ended: true,
    links: [],
    events: [],
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** A span's place, as the library has it. */
export function spanContext({ traceId, spanId, flags }: TraceContext, state: string | undefined) {
  return { traceId, spanId, traceFlags: flags, traceState: state === undefined ? undefined : carried(state) };
}

/** Passed on, never changed. */
function carried(text: string): TraceState {
  const state: TraceState = {
    get: () => undefined,
    set: () => state,
    unset: () => state,
    serialize: () => text,
  };
  return state;
}

/** What went as it should has no status: to call it OK is the user's. */
function status({ outcome, exit_code, signal, error }: SummaryRecord): SpanStatus {
  const fault = outcome === "exited"
    ? exit_code === 0 || exit_code === null ? undefined : `exit code ${exit_code}`
    : outcome === "signaled"
    ? `ended by ${signal ?? "a signal"}`
    : outcome === "oom_killed"
    ? "killed: out of memory"
    : outcome === "timed_out"
    ? "timed out"
    : outcome === "failed_to_start"
    ? error ?? "failed to start"
    : undefined;
  return fault === undefined
    ? { code: SpanStatusCode.UNSET }
    : { code: SpanStatusCode.ERROR, message: fault };
}

function attributes(summary: SummaryRecord): Attributes {
  const all: Record<string, string | number | null | undefined> = {
    "process.exit.code": summary.exit_code,
    "proctor.outcome": summary.outcome,
    "proctor.signal": summary.signal,
    "proctor.wall_seconds": summary.wall_seconds,
    "proctor.cpu_seconds": summary.cpu_seconds,
    "proctor.cpu_user_seconds": summary.cpu_user_seconds,
    "proctor.cpu_system_seconds": summary.cpu_system_seconds,
    "proctor.avg_cpu_percent": summary.avg_cpu_percent,
    "proctor.peak_memory_bytes": summary.peak_memory_bytes,
    "proctor.peak_process_memory_bytes": summary.peak_process_memory_bytes,
    "proctor.avg_memory_bytes": summary.avg_memory_bytes,
    "proctor.disk_read_bytes": summary.disk_read_bytes,
    "proctor.disk_write_bytes": summary.disk_write_bytes,
    "proctor.disk_cancelled_write_bytes": summary.disk_cancelled_write_bytes,
    "proctor.network_rx_bytes": summary.network_rx_bytes,
    "proctor.network_tx_bytes": summary.network_tx_bytes,
    "proctor.total_process_count": summary.total_process_count,
    "proctor.oom_kill_count": summary.oom_kill_count,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== null && value !== undefined),
  ) as Attributes;
}
