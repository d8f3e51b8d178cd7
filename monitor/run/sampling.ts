import { Fold } from "../../core/measure/fold.ts";
import { capacityOf, denserRule } from "../../core/measure/interval.ts";
import type { Environment, SampleRecord } from "../../core/schema/record.ts";
import { MOVING_IN_SAMPLES, MovingLine } from "../../core/measure/moving_line.ts";
import { seconds, timestamp } from "../../core/measure/numbers.ts";
import { toSample } from "../../core/measure/sample.ts";
import { LATE_SHARE, Sampler } from "../../core/measure/sampler.ts";
import type { TickCounts } from "../../core/measure/sampler.ts";
import { WallStamps } from "../../core/measure/wall_stamps.ts";
import { PssSampling } from "../../group/pss.ts";
import type { ProcessTree, Thoroughness } from "../../group/process_tree.ts";
import type { PassedTicks, StillTicks } from "../../platform/mod.ts";
import { DEFAULT_BUDGET_PERCENT } from "../sampling_plan.ts";
import type { SamplingPlan } from "../sampling_plan.ts";
import type { AppWatch } from "../app/app_watch.ts";
import { ProcessRows } from "./process_rows.ts";
import type { SampleLines } from "./stillness.ts";

/** So many ticks show what one costs. */
const TICKS_THAT_SHOW = 10;
/** Weight of the newest tick in the moving average of what a tick costs. */
const COST_WEIGHT = 0.1;
/** What ticks cost is asked for once in so many that were passed over: asking would be a good part of their cost. */
const PASSED_PER_COST = 16;

/** So many samples that need not be taken one by one are worth preparing for. */
const FEWEST_PASSED = 4;
/** Before others are gone through, so many have to be taken one by one; more where that was in vain. */
const FEWEST_TAKEN = 2;
const MOST_TAKEN = 256;
/** Samples that are gone through and then written together: of so many it is known when they were. */
const LINES_PASSED = 2;
/** None is written later than this after it was taken. */
const LONGEST_WAIT_MS = 200;
/** The runtime's event loop is to have a turn meanwhile. */
const LONGEST_PASSING_MS = 60_000;

/** Takes the samples of one run: what is read, written down, and what that costs. */
export class Sampling {
  readonly fold = new Fold();
  readonly #sampler: Sampler;
  readonly #rows: ProcessRows;
  /** Where proportional set sizes are wanted. */
  readonly pss: PssSampling | undefined;
  /** Where the program tells of itself. */
  app: AppWatch | undefined;
  #tickCostMs = 0;
  #ownCpuBefore: number;
  #ticksSinceCost = 0;
  #drawCountTaken = 0;
  /** Samples taken one by one of late, and how many have to be before others may be gone through. */
  #takenInRow = 0;
  #takenBefore = FEWEST_TAKEN;
  readonly #lines: SampleLines | undefined;
  readonly #stamps = new WallStamps();
  /** The last sample that was made, and lines like it, once there was one. */
  #sampleBefore: SampleRecord | undefined;
  #line: MovingLine<keyof typeof MOVING_IN_SAMPLES> | undefined;

  /**
   * @param startedMs when the run began, on the monotonic clock
   * @param ageAtStartSeconds how long the root process had been running by then
   * @param emit gets every sample; null where nobody reads them: then none is made, and they are but counted
   * @param lines gets those of a tree that stands still in its place
   */
  constructor(
    readonly group: ProcessTree,
    readonly plan: SamplingPlan,
    environment: Environment,
    startedMs: number,
    readonly ageAtStartSeconds: number,
    readonly emit: ((sample: SampleRecord) => void) | null,
    lines?: SampleLines,
  ) {
    // What stands in a sample beside the tree's figures moves by itself.
    if (lines?.areEnough && !plan.perProcess) this.#lines = lines;
    if (plan.metrics.includes("memory_pss_bytes")) this.pss = new PssSampling(group);
    this.#rows = new ProcessRows(plan.metrics, plan.threads);
    this.#sampler = new Sampler(startedMs, capacityOf(environment, group.request.limits), this.fold);
    this.#sampler.follow(plan.rule, startedMs + (plan.rule?.baseMs ?? Infinity));
    this.#ownCpuBefore = group.platform.ownCpuSeconds();
    this.#sampler.look(group.reading, startedMs);
  }

  /** How ticks went so far. */
  get ticks(): TickCounts {
    return this.#sampler;
  }

  /**
   * Of one core, what ticks at an interval that was asked for have used of late, in percent, where that is more than
   * the default budget would have allowed; undefined else, and before enough ticks have shown it.
   */
  get excessPercent(): number | undefined {
    const { rule } = this.plan;
    if (rule?.budgetPercent !== Infinity || this.fold.sampleCount < TICKS_THAT_SHOW) return undefined;
    const used = (this.#tickCostMs / rule.baseMs) * 100;
    return used > DEFAULT_BUDGET_PERCENT ? used : undefined;
  }

  /** How long the loop may sleep from now on. */
  sleepMs(nowMs: number): number {
    return Math.max(0, this.#sampler.dueMs - nowMs);
  }

  /** Events have told of something in the tree: it is worth a sample before its time. */
  stir(nowMs: number): void {
    this.#sampler.stir(nowMs);
  }

  /** Samples that need not be taken one by one, as far as nothing comes about meanwhile; null where each has to be. */
  stillTicks(nowMs: number, untilMs: number): StillTicks | null {
    if (this.#takenInRow < this.#takenBefore || this.app || this.pss) return null;
    if (this.emit && !this.#line) return null;
    const passing = this.#sampler.passing(nowMs, this.#tickCostMs);
    const still = passing && this.group.stillFiles(nowMs);
    if (!still) return null;
    const endMs = Math.min(untilMs, still.untilMs, nowMs + LONGEST_PASSING_MS);
    const most = Math.floor((endMs - passing.dueMs) / passing.intervalMs);
    const ticks = { ...passing, lateShare: LATE_SHARE, files: still.files };
    if (!this.emit) return most < FEWEST_PASSED ? null : { ...ticks, most };
    const mayPass = most >= LINES_PASSED && (LINES_PASSED - 1) * passing.intervalMs <= LONGEST_WAIT_MS;
    return mayPass ? { ...ticks, most: LINES_PASSED } : null;
  }

  /** They were gone through, as far as that went. */
  passed(ticks: PassedTicks): void {
    const { count, lastMs, beforeMs } = ticks;
    this.#sampler.passed(ticks);
    this.#ticksSinceCost += count;
    if (this.emit) this.#writePassed([beforeMs, lastMs].slice(LINES_PASSED - count));
    const isWhole = count >= (this.emit ? LINES_PASSED : FEWEST_PASSED);
    // Where something comes about all the time, preparing for it costs more than it saves.
    this.#takenBefore = isWhole ? FEWEST_TAKEN : Math.min(MOST_TAKEN, this.#takenBefore * 2);
    // Those that were written show as much as any that are taken.
    this.#takenInRow = this.emit && isWhole ? FEWEST_TAKEN : 0;
  }

  /** Sample at least so often from now on (ms); undefined: as was planned. */
  repace(intervalMs: number | undefined, nowMs: number): void {
    const { rule } = this.plan;
    if (!rule) return;
    const followed = denserRule(rule, intervalMs);
    this.#sampler.follow(followed, nowMs + followed.baseMs);
  }

  /** Do what is due: a sample, a look, or nothing. */
  tick(nowMs: number): void {
    const due = this.#sampler.due(nowMs);
    if (due === "sample") this.#sample(nowMs);
    else if (due === "look") this.look(nowMs);
  }

  /** Read the group for the summary's sake, without a sample. */
  look(nowMs: number, thoroughness?: Thoroughness): void {
    this.#refresh(nowMs, thoroughness);
    this.#take(nowMs);
  }

  #refresh(nowMs: number, thoroughness?: Thoroughness): void {
    this.group.refresh(nowMs, thoroughness);
    this.pss?.look(nowMs);
  }

  /**
   * Whether the reading may differ from the last one taken; proportional set sizes move with those of others, and GPUs
   * by themselves.
   */
  get #hasMoved(): boolean {
    const { group, pss } = this;
    return group.drawCount !== this.#drawCountTaken || pss !== undefined || group.gpu !== undefined;
  }

  #take(nowMs: number): void {
    this.#sampler.look(this.group.reading, nowMs, this.#hasMoved);
    this.#drawCountTaken = this.group.drawCount;
  }

  #sample(nowMs: number): void {
    this.#refresh(nowMs, "sample");
    this.#ticksSinceCost++;
    this.#takenInRow++;
    const isPassedOver = this.emit === null && !this.#hasMoved &&
      this.#sampler.passOver(this.group.reading, nowMs);
    if (!isPassedOver && !this.#writeLine(nowMs)) {
      this.#take(nowMs);
      this.#record(nowMs);
    }
    if (!isPassedOver || this.#ticksSinceCost >= PASSED_PER_COST) this.#weighCost();
    // Who reads samples gets them as often as the profile says.
    const mayCalm = this.emit === null && this.group.search.isTold;
    this.#sampler.schedule(performance.now(), this.#tickCostMs, mayCalm);
  }

  /** End the interval, and make a record of it if anybody reads it. */
  #record(nowMs: number): void {
    const { group, plan, emit } = this;
    const { memoryBytes } = this.#sampler.capacity;
    const timestampMs = this.#stamps.now();
    const interval = this.#sampler.sample(group.reading, nowMs);
    if (!emit) return;
    const uptimeSeconds = this.ageAtStartSeconds + interval.elapsedSeconds;
    const time = { ...interval, timestampMs, uptimeSeconds };
    const sample = toSample(group.reading, time, plan.metrics, interval.cpuSecondsBefore, memoryBytes);
    this.#sampleBefore = sample;
    this.#line = undefined;
    if (plan.perProcess) {
      sample.processes = this.#rows.rows(group.members, timestampMs, interval.intervalSeconds, memoryBytes);
    }
    if (this.app) sample.app = this.app.sample(interval.intervalSeconds);
    emit(sample);
  }

  #writePassed(timesMs: readonly number[]): void {
    this.#lines!.begin();
    for (const ms of timesMs) this.#writeLine(ms);
    this.#lines!.end();
  }

  /** Write a sample that is like the one before in all but its time; false where there is more to it. */
  #writeLine(atMs: number): boolean {
    if (!this.#lines || !this.emit || this.app || this.#hasMoved) return false;
    const interval = this.#sampler.stand(this.group.reading, atMs);
    if (!interval) return false;
    this.#line ??= new MovingLine(this.#sampleBefore!, MOVING_IN_SAMPLES);
    this.#lines.take(this.#line.at({
      timestamp: timestamp(this.#stamps.at(atMs)),
      elapsed_seconds: seconds(interval.elapsedSeconds),
      interval_seconds: seconds(interval.intervalSeconds),
      uptime_seconds: seconds(this.ageAtStartSeconds + interval.elapsedSeconds),
    }));
    return true;
  }

  #weighCost(): void {
    const ownCpu = this.group.platform.ownCpuSeconds();
    const costMs = (ownCpu - this.#ownCpuBefore) * 1_000;
    this.#ownCpuBefore = ownCpu;
    // As if each of the ticks since then had cost the same.
    const weight = 1 - (1 - COST_WEIGHT) ** this.#ticksSinceCost;
    this.#tickCostMs += (costMs / this.#ticksSinceCost - this.#tickCostMs) * weight;
    this.#ticksSinceCost = 0;
  }
}
