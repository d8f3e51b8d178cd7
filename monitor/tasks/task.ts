import { Aggregate } from "../../core/measure/aggregate.ts";
import { History } from "../../core/measure/history.ts";
import type { Capacity, IntervalRule } from "../../core/measure/interval.ts";
import { MOVING_IN_MESSAGES, MovingLine } from "../../core/measure/moving_line.ts";
import { isOfNetwork, METRIC_NAMES } from "../../core/measure/metrics.ts";
import type { MetricName } from "../../core/measure/metrics.ts";
import { seconds, timestamp } from "../../core/measure/numbers.ts";
import { profileMetrics } from "../../core/measure/profile.ts";
import type { MonitoringProfile } from "../../core/measure/profile.ts";
import { Sampler } from "../../core/measure/sampler.ts";
import type { TickCounts } from "../../core/measure/sampler.ts";
import { toTaskMetrics } from "../../core/measure/task_sample.ts";
import type { AppValues } from "../../core/schema/app_schema.ts";
import type {
  TaskAggregate,
  TaskMessage,
  TaskMetrics,
  TaskProcess,
  TaskState,
} from "../../core/schema/task_message.ts";
import type { ProcessReader } from "../../platform/mod.ts";
import type { Watched } from "../targets/watched.ts";
import { firstDueMs } from "./timer_wheel.ts";

type MovingInMessages = typeof MOVING_IN_MESSAGES[keyof typeof MOVING_IN_MESSAGES];

/** What the program of a task tells of itself. */
export interface AppReader {
  /** The task has begun. */
  begin(): void;
  /** The values of an interval of so many seconds, which is over; null where it cannot tell any. */
  sample(intervalSeconds: number): AppValues | null;
  /** The task is over. */
  close(): void;
}

/** One target under a name: when it is looked at, and what has been seen. Times are on the monotonic clock. */
export class Task {
  state: TaskState = "running";
  profile!: MonitoringProfile;
  #metrics: readonly MetricName[] = [];
  #history = new History(0, []);
  readonly #aggregate = new Aggregate();
  readonly #sampler: Sampler;
  #uptimeAtStart = NaN;
  #latest: TaskMessage | null = null;
  /** Whether the latest was made as a line, and is no object yet. */
  #isLatestLine = false;
  /** Messages at rest, once there was one; null where the latest message does not tell what they are like. */
  #line: MovingLine<MovingInMessages> | null | undefined = null;

  /**
   * @param number how many were started before: decides when the first tick falls
   * @param capacity what all of the machine is, or the target's share by its limits
   * @param process stands in its messages
   * @param app where the program tells of itself; closed at the end
   */
  constructor(
    readonly id: string,
    readonly propletId: string,
    readonly watched: Watched,
    profile: MonitoringProfile,
    readonly number: number,
    startedMs: number,
    capacity: Capacity,
    readonly process?: TaskProcess,
    readonly app?: AppReader,
  ) {
    this.#sampler = new Sampler(startedMs, capacity, this.#aggregate);
    this.useProfile(profile, startedMs);
    this.look(startedMs);
    this.#sampler.begin(watched.reading);
  }

  /** The last message, whether it was a line or not; null before the first. */
  get latest(): TaskMessage | null {
    if (this.#isLatestLine) this.#latest = JSON.parse(new TextDecoder().decode(this.#line!.last));
    this.#isLatestLine = false;
    return this.#latest;
  }

  get sampleCount(): number {
    return this.#aggregate.sampleCount;
  }

  /** How ticks went so far. */
  get ticks(): TickCounts {
    return this.#sampler;
  }

  /** Whether the profile has it sampled at all. */
  get isSampled(): boolean {
    return this.profile.enabled && this.profile.interval_ms !== null;
  }

  /** When it wants to be looked at next; Infinity for never. */
  get dueMs(): number {
    return this.#sampler.dueMs;
  }

  /** The samples that are kept, the oldest first. */
  get history(): TaskMetrics[] {
    return this.#history.toArray();
  }

  /** Over the whole time watched. */
  get aggregated(): TaskAggregate {
    return this.#aggregate.values(this.#metrics);
  }

  /** Be sampled by another profile from now on; what is kept of the history stays, as far as it fits. */
  useProfile(profile: MonitoringProfile, nowMs: number): void {
    this.profile = profile;
    // What the latest message says is not what the next will say.
    void this.latest;
    this.#line = null;
    this.#metrics = profile.enabled ? this.#metricsOf(profile) : [];
    const size = profile.enabled && profile.retain_history ? profile.history_size : 0;
    this.#history = this.#history.resized(size, this.#metrics);
    const rule = this.isSampled ? ruleOf(profile) : null;
    this.#sampler.follow(rule, rule ? firstDueMs(this.number, nowMs, rule.baseMs) : Infinity);
  }

  #metricsOf(profile: MonitoringProfile): MetricName[] {
    const chosen = profileMetrics(profile);
    if (!this.watched.countsNetwork) return chosen;
    return METRIC_NAMES.filter((name) => chosen.includes(name) || isOfNetwork(name));
  }

  /**
   * Do what is due: a sample, which is returned, a look, or nothing.
   * @param isAtRest whether a look would find what the last one has
   * @param asLine whether the message will do as a line of JSON, which is returned where it comes cheaper; it is
   *   good until the next one
   */
  tick(nowMs: number, isAtRest = false, asLine = false): TaskMessage | Uint8Array | undefined {
    const due = this.#sampler.due(nowMs);
    if (due === "sample") return (asLine ? this.#lineAt(nowMs) : null) ?? this.sample(nowMs, isAtRest);
    if (due === "look") this.look(nowMs, isAtRest);
    return undefined;
  }

  /** The only process of its target, as far as that tells how the target is. */
  get only(): ProcessReader | undefined {
    return this.#wantsGpu ? undefined : this.watched.only?.();
  }

  /** See {@link Watched.isAtRest}. */
  isAtRest(isStill: () => boolean): boolean {
    return !this.#wantsGpu && this.state === "running" && this.watched.isAtRest!(isStill);
  }

  get #wantsGpu(): boolean {
    return this.profile.collect_gpu === true;
  }

  /** See how it is, without a sample. */
  look(nowMs: number, isAtRest = false): void {
    if (!this.isSampled) return;
    const { watched } = this;
    if (!isAtRest) watched.look(nowMs, this.#wantsGpu, this.state !== "running");
    if (Number.isNaN(this.#uptimeAtStart)) {
      // NaN as long as nothing has begun.
      const age = Math.max(0, Date.now() - watched.startTimeMs()) / 1_000;
      this.#uptimeAtStart = age - (nowMs - this.#sampler.startedMs) / 1_000;
    }
    this.#sampler.look(watched.reading, nowMs, !isAtRest);
  }

  /** The message of a target at rest as a line; null where there is more to it than the time that has passed. */
  #lineAt(nowMs: number): Uint8Array | null {
    const { watched } = this;
    if (
      this.#line === null || this.#history.size > 0 || this.app || watched.processes || watched.accounting
    ) {
      return null;
    }
    const interval = this.#sampler.stand(watched.reading, nowMs);
    if (!interval) return null;
    this.#line ??= new MovingLine(this.latest!, MOVING_IN_MESSAGES);
    const { avgCpuUsage, avgMemoryUsage, sampleCount } = this.#aggregate;
    this.#isLatestLine = true;
    return this.#line.at({
      timestamp: timestamp(Date.now()),
      uptime_seconds: seconds(Math.max(0, this.#uptimeAtStart + interval.elapsedSeconds)),
      avg_cpu_usage: avgCpuUsage,
      avg_memory_usage: avgMemoryUsage,
      sample_count: sampleCount,
    });
  }

  /** Take a sample, keep it, and make the message of it. */
  sample(nowMs: number, isAtRest = false): TaskMessage {
    this.look(nowMs, isAtRest);
    const { reading } = this.watched;
    const interval = this.#sampler.sample(reading, nowMs, this.state !== "running");
    const uptimeSeconds = Math.max(0, (this.#uptimeAtStart || 0) + interval.elapsedSeconds);
    const { intervalSeconds, cpuSecondsBefore } = interval;
    const timestampMs = Date.now();
    const metrics = toTaskMetrics(
      reading,
      { timestampMs, intervalSeconds, uptimeSeconds },
      this.#metrics,
      cpuSecondsBefore,
      this.#sampler.capacity.memoryBytes,
    );
    if (this.app) metrics.app = this.app.sample(intervalSeconds);
    this.#history.push(metrics, timestampMs);
    const message: TaskMessage = {
      task_id: this.id,
      proplet_id: this.propletId,
      timestamp: metrics.timestamp,
      metrics,
      aggregated: this.aggregated,
      state: this.state,
    };
    if (this.process) message.process = this.process;
    if (this.watched.processes) message.processes = this.watched.processes();
    if (this.watched.accounting) message.accounting = this.watched.accounting();
    this.#isLatestLine = false;
    this.#line = Number.isNaN(this.#uptimeAtStart) ? null : undefined;
    return this.#latest = message;
  }

  /** Something has happened in it: where the interval adapts that is worth a sample before its time. */
  stir(nowMs: number): void {
    this.#sampler.stir(nowMs);
  }

  /** Set the next tick. */
  schedule(nowMs: number): void {
    this.#sampler.schedule(nowMs, 0);
  }

  /** No more looks. */
  finish(): void {
    this.#sampler.finish();
    this.app?.close();
    this.watched.release();
  }
}

function ruleOf({ interval_ms, max_interval_ms, adaptive }: MonitoringProfile): IntervalRule {
  return { baseMs: interval_ms!, maxMs: max_interval_ms ?? interval_ms!, adaptive, budgetPercent: 100 };
}
