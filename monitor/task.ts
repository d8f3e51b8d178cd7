import { Aggregate } from "../core/aggregate.ts";
import { History } from "../core/history.ts";
import { hasChanged, nextIntervalMs } from "../core/interval.ts";
import type { Capacity, Shape } from "../core/interval.ts";
import type { MetricName } from "../core/metric.ts";
import { profileMetrics } from "../core/profile.ts";
import type { MonitoringProfile } from "../core/profile.ts";
import { Total } from "../core/raw.ts";
import { cpuPercent, toSample } from "../core/sample.ts";
import { taskMetrics } from "../core/task_message.ts";
import type {
  TaskAggregate,
  TaskMessage,
  TaskMetrics,
  TaskProcess,
  TaskState,
} from "../core/task_message.ts";
import { firstDueMs } from "./timer_wheel.ts";
import type { Watched } from "./watched.ts";

/** A short task has ended before its first tick: these looks, in milliseconds, see its memory at least. */
const EARLY_LOOKS_MS = [4, 16, 48];
/** A last interval shorter than this says nothing of its own: it is taken together with the one before. */
const SHORTEST_LAST_MS = 10;

/** An end of an interval. */
interface Mark {
  readonly ms: number;
  readonly cpuSeconds: number;
}

/** One target under a name: when it is looked at, and what has been seen. Times are on the monotonic clock. */
export class Task {
  state: TaskState = "running";
  missedTickCount = 0;
  latest: TaskMessage | null = null;
  profile!: MonitoringProfile;
  #metrics: readonly MetricName[] = [];
  #history = new History(0, []);
  #nextTickMs = Infinity;
  #earlyLooks: number[];
  readonly #aggregate = new Aggregate();
  #marks: [Mark | undefined, Mark];
  #uptimeAtStart = NaN;
  #quietSinceMs: number;
  #reference: Shape | undefined;

  /**
   * @param number how many were started before: decides when the first tick falls
   * @param capacity what all of the machine is, or the target's share by its limits
   * @param process stands in its messages
   */
  constructor(
    readonly id: string,
    readonly propletId: string,
    readonly watched: Watched,
    profile: MonitoringProfile,
    readonly number: number,
    readonly startedMs: number,
    readonly capacity: Capacity,
    readonly process?: TaskProcess,
  ) {
    this.#quietSinceMs = startedMs;
    this.#earlyLooks = [];
    this.useProfile(profile, startedMs);
    this.look(startedMs);
    this.#earlyLooks = this.isSampled ? EARLY_LOOKS_MS.filter((ms) => ms < profile.interval_ms!) : [];
    this.#marks = [undefined, this.#markAt(startedMs)];
  }

  /** Whether the profile has it sampled at all. */
  get isSampled(): boolean {
    return this.profile.enabled && this.profile.interval_ms !== null;
  }

  /** When it wants to be looked at next; Infinity for never. */
  get dueMs(): number {
    return Math.min(this.#nextTickMs, this.startedMs + (this.#earlyLooks[0] ?? Infinity));
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
    this.#metrics = profile.enabled ? profileMetrics(profile) : [];
    const size = profile.enabled && profile.retain_history ? profile.history_size : 0;
    this.#history = this.#history.resized(size, this.#metrics);
    this.#earlyLooks = [];
    this.#nextTickMs = this.isSampled ? firstDueMs(this.number, nowMs, profile.interval_ms!) : Infinity;
  }

  /** Do what is due: a sample, which is returned, or a look. */
  tick(nowMs: number): TaskMessage | undefined {
    if (nowMs >= this.#nextTickMs) return this.sample(nowMs);
    this.#earlyLooks = this.#earlyLooks.filter((ms) => this.startedMs + ms > nowMs);
    this.look(nowMs);
    return undefined;
  }

  /** See how it is, without a sample. */
  look(nowMs: number): void {
    if (!this.isSampled) return;
    const { watched } = this;
    watched.look(nowMs);
    if (Number.isNaN(this.#uptimeAtStart)) {
      // NaN as long as nothing has begun.
      const age = Math.max(0, Date.now() - watched.startTimeMs()) / 1_000;
      this.#uptimeAtStart = age - (nowMs - this.startedMs) / 1_000;
    }
    this.#aggregate.look(watched.reading, (nowMs - this.startedMs) / 1_000);
  }

  /** Take a sample, keep it, and make the message of it. */
  sample(nowMs: number): TaskMessage {
    this.look(nowMs);
    const { reading } = this.watched;
    const from = this.#intervalStart(nowMs);
    const intervalSeconds = (nowMs - from.ms) / 1_000;
    const elapsedSeconds = (nowMs - this.startedMs) / 1_000;
    const sample = toSample(
      reading,
      {
        timestampMs: Date.now(),
        elapsedSeconds,
        intervalSeconds,
        uptimeSeconds: Math.max(0, (this.#uptimeAtStart || 0) + elapsedSeconds),
      },
      this.#metrics,
      from.cpuSeconds,
      this.capacity.memoryBytes,
    );
    this.#aggregate.sample(from.cpuSeconds, reading, intervalSeconds);
    this.#adapt(nowMs, cpuPercent(from.cpuSeconds, reading.totals[Total.cpuSeconds], intervalSeconds));
    this.#marks = [this.#marks[1], this.#markAt(nowMs)];
    const metrics = taskMetrics(sample);
    this.#history.push(metrics);
    return this.latest = {
      task_id: this.id,
      proplet_id: this.propletId,
      metrics,
      aggregated: this.aggregated,
      state: this.state,
      ...(this.process && { process: this.process }),
    };
  }

  /** Set the next tick; what was missed is skipped and counted, never made up. */
  schedule(nowMs: number): void {
    if (this.#nextTickMs > nowMs) return;
    const { interval_ms, max_interval_ms, adaptive } = this.profile;
    const rule = {
      baseMs: interval_ms!,
      maxMs: max_interval_ms ?? interval_ms!,
      adaptive,
      budgetPercent: 100,
    };
    const interval = nextIntervalMs(rule, { quietMs: nowMs - this.#quietSinceMs, tickCostMs: 0 });
    this.#nextTickMs += interval;
    if (this.#nextTickMs > nowMs) return;
    const missed = Math.floor((nowMs - this.#nextTickMs) / interval) + 1;
    this.missedTickCount += missed;
    this.#nextTickMs += missed * interval;
  }

  /** No more looks. */
  finish(): void {
    this.#nextTickMs = Infinity;
    this.#earlyLooks = [];
    this.watched.release();
  }

  #intervalStart(nowMs: number): Mark {
    const [before, last] = this.#marks;
    return this.state !== "running" && before && nowMs - last.ms < SHORTEST_LAST_MS ? before : last;
  }

  #markAt(ms: number): Mark {
    const { reading } = this.watched;
    const cpuSeconds = reading.totals[Total.cpuSeconds];
    // Nobody was there yet, so nobody has used anything.
    const nothing = Number.isNaN(cpuSeconds) && reading.processCount === 0;
    return { ms, cpuSeconds: nothing ? 0 : cpuSeconds };
  }

  #adapt(nowMs: number, percentNow: number): void {
    if (!this.profile.adaptive) return;
    const { processCount, threadCount, memoryBytes } = this.watched.reading;
    const shape = { processCount, threadCount, cpuPercent: percentNow, memoryBytes };
    if (this.#reference && !hasChanged(this.#reference, shape, this.capacity)) return;
    if (this.#reference) this.#quietSinceMs = nowMs;
    this.#reference = shape;
  }
}
