import type { HrTime } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import type { HealthMessage } from "../../core/schema/health_message.ts";
import type { ProcessRecord, SummaryRecord } from "../../core/schema/record.ts";
import type { TaskMessage } from "../../core/schema/task_message.ts";
import { Counters } from "../counters.ts";
import type { DeliveryCounters, ExportContext, TaskDescription, TelemetryExporter } from "../telemetry.ts";
import { agentMeasurements } from "./agent_metrics.ts";
import type { OtlpConfig } from "./config.ts";
import { encodeMetrics, encodeSpans, metricsEncoding, traceEncoding } from "./encoding.ts";
import { hrTime, hrTimeOfMs, resourceMetrics } from "./instruments.ts";
import { ProcessSpans } from "./process_spans.ts";
import { agentResource, taskResource } from "./resource.ts";
import { Sender } from "./sender.ts";
import { runSpan } from "./span.ts";
import type { RunTrace } from "./span.ts";
import { taskMeasurements } from "./task_metrics.ts";
import { childOf, formatTraceparent, isSampled, parseTraceparent, parseTracestate } from "./trace_context.ts";

/** Collectors bound what they take at a time. */
const SPANS_PER_MESSAGE = 100;

/** What is kept of a task while it lasts. */
interface OtlpTask {
  readonly resource: Resource;
  readonly startTime: HrTime;
  readonly description: TaskDescription | undefined;
  readonly counters: Counters;
  /** Where each is to have a span. */
  readonly processes: ProcessSpans | undefined;
}

/** Sends the messages of tasks as metrics, and runs as spans. */
export class OtlpExporter implements TelemetryExporter {
  readonly exporter = "otlp";
  readonly destination: string;
  readonly #metrics: Sender | undefined;
  readonly #traces: Sender | undefined;
  readonly #tasks = new Map<string, OtlpTask>();
  readonly #runs = new Map<string, RunTrace>();

  /**
   * @param propagates whether commands inherit their trace context
   * @param tellsProcesses whether each process of a run has a span
   */
  constructor(
    readonly config: OtlpConfig,
    readonly context: ExportContext,
    readonly propagates: boolean,
    readonly tellsProcesses = false,
  ) {
    const { metrics, traces } = config.endpoints;
    this.#metrics = metrics && new Sender(metrics, metricsEncoding(metrics.protocol), context.notice);
    // A run ends once: before that there is nothing to try it with.
    this.#traces = traces && new Sender(traces, traceEncoding(traces.protocol), context.notice, !metrics);
    this.destination = shownDestination(config);
  }

  get counters(): DeliveryCounters {
    const all = { sent_count: 0, dropped_count: 0, failed_count: 0, queued_count: 0 };
    for (const sender of [this.#metrics, this.#traces]) {
      for (const key of Object.keys(all) as (keyof DeliveryCounters)[]) {
        all[key] += sender?.counters[key] ?? 0;
      }
    }
    return all;
  }

  environment(taskId: string): Record<string, string> {
    if (!this.propagates || !this.#traces) return {};
    return { TRACEPARENT: formatTraceparent(this.#trace(taskId).context) };
  }

  begin(description: TaskDescription): void {
    this.#put(description.task_id, description, hrTime(description.counted_from ?? description.start_time));
  }

  message(message: TaskMessage): void {
    const { task_id: taskId, metrics, state } = message;
    const endpoint = this.config.endpoints.metrics;
    if (!endpoint || !this.#metrics) return;
    const ageMs = metrics.uptime_seconds * 1_000;
    const task = this.#tasks.get(taskId) ??
      this.#put(taskId, undefined, hrTimeOfMs(Date.parse(metrics.timestamp) - ageMs));
    task.counters.take(metrics);
    const measured = taskMeasurements(message, task.counters.values);
    const encoded = resourceMetrics(task.resource, measured, task.startTime, hrTime(metrics.timestamp));
    this.#metrics.push(encodeMetrics(endpoint.protocol, encoded));
    // Its description waits for the end of the run, if there is one: end() follows at once.
    if (state !== "running") setImmediate(() => this.#forget(taskId, task));
  }

  process(taskId: string, process: ProcessRecord): void {
    this.#tasks.get(taskId)?.processes?.add(process);
  }

  end(taskId: string, summary: SummaryRecord): void {
    const task = this.#tasks.get(taskId);
    const trace = this.#trace(taskId);
    this.#runs.delete(taskId);
    const { traces } = this.config.endpoints;
    if (!traces || !task?.description || !isSampled(trace.context)) return;
    const { description, resource, processes } = task;
    const omittedCount = processes?.omittedCount ?? 0;
    const more = omittedCount > 0 ? { "proctor.omitted_span_count": omittedCount } : {};
    const spans = [
      runSpan(description, summary, trace, resource, more),
      ...(processes?.spans(trace, resource) ?? []),
    ];
    for (let at = 0; at < spans.length; at += SPANS_PER_MESSAGE) {
      this.#traces?.push(encodeSpans(traces.protocol, spans.slice(at, at + SPANS_PER_MESSAGE)));
    }
  }

  health(message: HealthMessage): void {
    const endpoint = this.config.endpoints.metrics;
    if (!endpoint) return;
    const { agent, timestamp } = message;
    const startTime = hrTimeOfMs(Date.parse(timestamp) - agent.uptime_seconds * 1_000);
    const resource = agentResource(this.config, this.context, agent.pid);
    const encoded = resourceMetrics(resource, agentMeasurements(message), startTime, hrTime(timestamp));
    this.#metrics?.push(encodeMetrics(endpoint.protocol, encoded));
  }

  async close(withinMs: number): Promise<void> {
    await Promise.all([this.#metrics?.close(withinMs), this.#traces?.close(withinMs)]);
  }

  #put(taskId: string, description: TaskDescription | undefined, startTime: HrTime): OtlpTask {
    const resource = taskResource(this.config, this.context, taskId, description);
    const processes = this.tellsProcesses ? new ProcessSpans() : undefined;
    const task = { resource, startTime, description, counters: new Counters(), processes };
    this.#tasks.set(taskId, task);
    return task;
  }

  #forget(taskId: string, task: OtlpTask): void {
    if (this.#tasks.get(taskId) === task) this.#tasks.delete(taskId);
  }

  /** The span of a run is known before the run is. */
  #trace(taskId: string): RunTrace {
    const known = this.#runs.get(taskId);
    if (known) return known;
    const { TRACEPARENT, TRACESTATE } = this.context.variables;
    const parent = parseTraceparent(TRACEPARENT);
    const trace = {
      parent,
      context: childOf(parent),
      // Without its parent it means nothing.
      state: parent && parseTracestate(TRACESTATE),
    };
    this.#runs.set(taskId, trace);
    return trace;
  }
}

/** One place for both signals where they go to the same server. */
function shownDestination({ endpoints: { metrics, traces } }: OtlpConfig): string {
  const places = [metrics, traces].flatMap((endpoint) =>
    endpoint ? [`${endpoint.url.origin}${endpoint.url.pathname}`] : []
  );
  const bases = new Set(places.map((place) => place.replace(/\/v1\/(metrics|traces)$/, "")));
  return bases.size === 1 ? [...bases][0] : places.join(", ") || "nowhere";
}
