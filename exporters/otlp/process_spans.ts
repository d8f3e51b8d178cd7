import { SpanStatusCode } from "@opentelemetry/api";
import type { Attributes, HrTime } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { ProcessRecord } from "../../core/schema/record.ts";
import { endedSpan, spanContext } from "./span.ts";
import type { RunTrace } from "./span.ts";
import { childOf } from "./trace_context.ts";

/** So many processes get a span of their own: those that used most CPU. */
const MOST_SPANS = 500;
const NS_PER_SECOND = 1_000_000_000n;
const NS_PER_MS = 1_000_000n;
/** Longer attributes are cut off. */
const LONGEST_COMMAND = 1_024;

/** Keeps the processes of a run that are worth a span, in bounded memory. */
export class ProcessSpans {
  #kept: ProcessRecord[] = [];
  #count = 0;

  /** A process has ended. */
  add(process: ProcessRecord): void {
    this.#count++;
    this.#kept.push(process);
    if (this.#kept.length >= 2 * MOST_SPANS) this.#drop();
  }

  /** Processes that get none. */
  get omittedCount(): number {
    this.#drop();
    return this.#count - this.#kept.length;
  }

  /** A span for each, in the order in which they began. */
  spans(trace: RunTrace, resource: Resource): ReadableSpan[] {
    this.#drop();
    const offset = clockOffset(this.#kept);
    return this.#kept.map((process) => processSpan(process, trace, resource, offset))
      .sort((one, other) => one.startTime[0] - other.startTime[0] || one.startTime[1] - other.startTime[1]);
  }

  #drop(): void {
    if (this.#kept.length <= MOST_SPANS) return;
    this.#kept.sort((one, other) => (other.cpu_seconds ?? 0) - (one.cpu_seconds ?? 0));
    this.#kept.length = MOST_SPANS;
  }
}

/**
 * What the clock of the wall is ahead of the monotonic one, in nanoseconds: one for all, so that between processes each
 * nanosecond of the kernel's holds. undefined where the kernel has told no times.
 */
function clockOffset(processes: readonly ProcessRecord[]): bigint | undefined {
  const timed = processes.find(({ kernel }) => typeof kernel?.start_ns === "number");
  return timed && BigInt(Date.parse(timed.start_time)) * NS_PER_MS - BigInt(timed.kernel!.start_ns!);
}

function processSpan(
  process: ProcessRecord,
  { context, state }: RunTrace,
  resource: Resource,
  offset: bigint | undefined,
): ReadableSpan {
  const [startNs, endNs] = timesOf(process, offset);
  const own = childOf(context);
  const fault = faultOf(process);
  return endedSpan({
    name: process.name,
    spanContext: () => spanContext(own, state),
    parentSpanContext: spanContext(context, state),
    startTime: hrTime(startNs),
    endTime: hrTime(endNs),
    duration: hrTime(endNs - startNs),
    status: fault === null ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: fault },
    attributes: attributesOf(process),
    resource,
  });
}

/** By the kernel's own clock where it has told of the process, else as samples have seen it. */
function timesOf({ kernel, start_time, uptime_seconds }: ProcessRecord, offset: bigint | undefined) {
  const { start_ns, end_ns } = kernel ?? {};
  if (offset !== undefined && typeof start_ns === "number" && typeof end_ns === "number") {
    return [BigInt(start_ns) + offset, BigInt(end_ns) + offset];
  }
  const startNs = BigInt(Date.parse(start_time)) * NS_PER_MS;
  return [startNs, startNs + BigInt(Math.round(uptime_seconds * 1e9))];
}

function hrTime(ns: bigint): HrTime {
  return [Number(ns / NS_PER_SECOND), Number(ns % NS_PER_SECOND)];
}

function faultOf({ exit_code, signal, oom_killed }: ProcessRecord): string | null {
  if (oom_killed) return "killed: out of memory";
  if (signal !== null) return `ended by ${signal}`;
  return exit_code === null || exit_code === 0 ? null : `exit code ${exit_code}`;
}

function attributesOf(process: ProcessRecord): Attributes {
  const { kernel } = process;
  const all: Record<string, string | number | null | undefined> = {
    "process.pid": process.pid,
    "process.parent_pid": process.parent_pid,
    "process.executable.path": kernel?.executable,
    "process.command_line": process.command?.slice(0, LONGEST_COMMAND),
    "process.exit.code": process.exit_code,
    "proctor.signal": process.signal,
    "proctor.cpu_seconds": process.cpu_seconds,
    "proctor.peak_memory_bytes": process.peak_memory_bytes,
    "proctor.disk_read_bytes": kernel?.disk_read_bytes,
    "proctor.disk_write_bytes": kernel?.disk_write_bytes,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== null && value !== undefined),
  ) as Attributes;
}
