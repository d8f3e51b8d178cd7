import { performance } from "node:perf_hooks";
import { Fold } from "../core/fold.ts";
import { hasChanged, nextIntervalMs } from "../core/interval.ts";
import type { Capacity, IntervalRule, Shape } from "../core/interval.ts";
import { Total } from "../core/raw.ts";
import type { Environment, SampleRecord } from "../core/record.ts";
import { cpuPercent, toSample } from "../core/sample.ts";
import { PssSampling } from "../group/pss.ts";
import type { ProcessTree, Thoroughness } from "../group/process_tree.ts";
import type { SamplingPlan } from "./options.ts";
import { ProcessRows } from "./process_rows.ts";

/** A short command has ended before the first sample: these looks, in milliseconds, see its memory at least. */
const EARLY_LOOKS_MS = [4, 16, 48];
/** Weight of the newest tick in the moving average of what a tick costs. */
const COST_WEIGHT = 0.1;

/** Takes the samples of one group: when, what, and how dear. */
export class Sampling {
  readonly fold = new Fold();
  missedTickCount = 0;
  /** When the next tick is due, on the monotonic clock; Infinity when nothing is sampled. */
  dueMs: number;
  readonly #rows: ProcessRows;
  /** Where proportional set sizes are wanted. */
  readonly pss: PssSampling | undefined;
  readonly #capacity: Capacity;
  #earlyLooks: number[];
  #lastTickMs: number;
  #cpuSecondsBefore = 0;
  #tickCostMs = 0;
  #ownCpuBefore: number;
  #quietSinceMs: number;
  #reference: Shape | undefined;

  /**
   * @param startedMs when the run began, on the monotonic clock
   * @param ageAtStartSeconds how long the root process had been running by then
   */
  constructor(
    readonly group: ProcessTree,
    readonly plan: SamplingPlan,
    environment: Environment,
    readonly startedMs: number,
    readonly ageAtStartSeconds: number,
    readonly emit: (sample: SampleRecord) => void,
  ) {
    if (plan.metrics.includes("memory_pss_bytes")) this.pss = new PssSampling(group);
    this.#rows = new ProcessRows(plan.metrics, plan.threads);
    this.#capacity = {
      cpus: Math.min(
        environment.cpu_quota_cores ?? environment.online_cpu_count,
        group.request.limits?.cpuCores ?? Infinity,
      ),
      memoryBytes: Math.min(
        environment.memory_limit_bytes ?? environment.memory_total_bytes ?? Infinity,
        group.request.limits?.memoryBytes ?? Infinity,
      ),
    };
    this.#lastTickMs = this.#quietSinceMs = startedMs;
    this.#ownCpuBefore = group.platform.ownCpuSeconds();
    this.#earlyLooks = plan.rule ? EARLY_LOOKS_MS.filter((ms) => ms < plan.rule!.baseMs) : [];
    this.dueMs = plan.rule ? startedMs + plan.rule.baseMs : Infinity;
    this.fold.observe(group.reading, 0);
  }

  /** How long the loop may sleep from now on. */
  sleepMs(nowMs: number): number {
    const next = Math.min(this.dueMs, this.startedMs + (this.#earlyLooks[0] ?? Infinity));
    return Math.max(0, next - nowMs);
  }

  /** Do what is due: a tick, an early look, or nothing. */
  tick(nowMs: number): void {
    if (nowMs >= this.dueMs) this.#sample(nowMs);
    else if (nowMs - this.startedMs >= this.#earlyLooks[0]) {
      this.#earlyLooks = this.#earlyLooks.filter((ms) => ms > nowMs - this.startedMs);
      this.look(nowMs);
    }
  }

  /** Read the group for the summary's sake, without a sample. */
  look(nowMs: number, thoroughness?: Thoroughness): void {
    this.group.refresh(nowMs, thoroughness);
    this.pss?.look(nowMs);
    this.fold.observe(this.group.reading, (nowMs - this.startedMs) / 1_000);
  }

  #sample(nowMs: number): void {
    this.look(nowMs);
    const { group, plan } = this;
    const intervalSeconds = (nowMs - this.#lastTickMs) / 1_000;
    const wallMs = Date.now();
    const sample = toSample(
      group.reading,
      {
        timestampMs: wallMs,
        elapsedSeconds: (nowMs - this.startedMs) / 1_000,
        intervalSeconds,
        uptimeSeconds: this.ageAtStartSeconds + (nowMs - this.startedMs) / 1_000,
      },
      plan.metrics,
      this.#cpuSecondsBefore,
      this.#capacity.memoryBytes,
    );
    if (plan.perProcess) {
      sample.processes = this.#rows.rows(group.members, wallMs, intervalSeconds, this.#capacity.memoryBytes);
    }
    this.fold.observeRate(this.#cpuSecondsBefore, group.reading, intervalSeconds);
    this.#adapt(
      nowMs,
      cpuPercent(this.#cpuSecondsBefore, group.reading.totals[Total.cpuSeconds], intervalSeconds),
    );
    this.#cpuSecondsBefore = group.reading.totals[Total.cpuSeconds];
    this.#lastTickMs = nowMs;
    this.emit(sample);
    this.#schedule(nowMs, plan.rule!);
  }

  #adapt(nowMs: number, cpuPercentNow: number): void {
    const { reading } = this.group;
    const shape = {
      processCount: reading.processCount,
      threadCount: reading.threadCount,
      cpuPercent: cpuPercentNow,
      memoryBytes: reading.memoryBytes,
    };
    if (this.#reference && !hasChanged(this.#reference, shape, this.#capacity)) return;
    // The first sample is a reference and no change: the run is young anyway.
    if (this.#reference) this.#quietSinceMs = nowMs;
    this.#reference = shape;
  }

  #schedule(nowMs: number, rule: IntervalRule): void {
    const ownCpu = this.group.platform.ownCpuSeconds();
    const costMs = (ownCpu - this.#ownCpuBefore) * 1_000;
    this.#ownCpuBefore = ownCpu;
    this.#tickCostMs += (costMs - this.#tickCostMs) * COST_WEIGHT;
    const interval = nextIntervalMs(rule, {
      quietMs: nowMs - this.#quietSinceMs,
      tickCostMs: this.#tickCostMs,
    });
    this.dueMs += interval;
    const now = performance.now();
    if (this.dueMs > now) return;
    // Late by a whole interval or more: what was missed is skipped and counted, never made up.
    const missed = Math.floor((now - this.dueMs) / interval) + 1;
    this.missedTickCount += missed;
    this.dueMs += missed * interval;
  }
}
