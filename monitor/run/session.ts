import { Total } from "../../core/measure/raw.ts";
import type { Environment, ProcessRecord, ProctorRecord, SummaryRecord } from "../../core/schema/record.ts";
import { onChildEnd } from "../../group/child_ends.ts";
import type { EndedMember } from "../../group/ended_member.ts";
import type { ProcessTree } from "../../group/process_tree.ts";
import { stopTree } from "../../group/stop.ts";
import type { StopOptions, StopReport } from "../../group/stop.ts";
import { Wake } from "../../group/wake.ts";
import type { ProcessIdentity, ProcessReader } from "../../platform/mod.ts";
import { Callbacks } from "../callbacks.ts";
import type { WatchOptions } from "../options.ts";
import type { SamplingPlan } from "../sampling_plan.ts";
import type { AppWatch } from "../app/app_watch.ts";
import { beside, LONGEST_SLEEP_MS } from "./beside.ts";
import type { lifeRecord } from "../../group/process_table_record.ts";
import type { ProcessWatch } from "../../group/process_watch.ts";
import { processRecord, startRecord, summaryRecord } from "./records.ts";
import type { Ending } from "./records.ts";
import { Sampling } from "./sampling.ts";
import { WaitsAtStart } from "./waits_at_start.ts";
import type { drawUpWaiting } from "./waiting.ts";
import type { drawUpCounters } from "./counters.ts";
import type { RunEnergy } from "./run_energy.ts";
import { Stillness } from "./stillness.ts";
import type { OwnThread } from "./stillness.ts";

/** A tree that is not ours tells nobody when it ends: it is looked at this often. */
const LOOK_EVERY_MS = 200;
/** Where nobody is listed and the container still has somebody, that is over in a moment. */
const LOOK_SOON_MS = 5;

/** One tree, watched from start to summary: what `run` and `attach` have in common. */
export class Session {
  readonly wake = new Wake();
  /** How the root ended, once it has. */
  rootEnd: EndedMember | undefined;
  /** Where counters were asked for. */
  energy: RunEnergy | undefined;
  readonly sampling: Sampling;
  readonly #callbacks: Callbacks;
  readonly #emit: (record: ProctorRecord) => void;
  readonly #stopListening: () => void;
  readonly #stillness: Stillness;
  readonly #waits: WaitsAtStart;
  #childEnded = false;
  /** Pauses that have ended. */
  #wakeUpCount = 0;
  /** Records of processes that ended before the start record was out; null from then on. */
  #early: ProctorRecord[] | null = [];

  /**
   * @param startedMs when the run began, on the monotonic clock
   * @param root the root process
   * @param ageAtStartSeconds how long the root had been running by then
   * @param thread where this program does nothing else meanwhile
   * @param processes where every process was asked for
   */
  constructor(
    readonly group: ProcessTree,
    readonly plan: SamplingPlan,
    readonly options: WatchOptions,
    readonly root: ProcessIdentity,
    environment: Environment,
    readonly startedMs: number,
    ageAtStartSeconds: number,
    thread?: OwnThread,
    readonly processes?: ProcessWatch,
  ) {
    this.#callbacks = new Callbacks(options, this.wake.now);
    this.#emit = this.#callbacks.onRecord;
    this.sampling = new Sampling(
      group,
      plan,
      environment,
      startedMs,
      ageAtStartSeconds,
      readsSamples(options) ? this.#emit : null,
      thread?.lines,
    );
    const { pace } = options;
    pace?.onChange(() => {
      this.sampling.repace(pace.intervalMs, performance.now());
      this.wake.now();
    });
    // It may have been asked for before anything ran.
    if (pace?.intervalMs !== undefined) this.sampling.repace(pace.intervalMs, startedMs);
    group.onEnded = (member) => this.#memberEnded(member);
    group.onLeft = (member) => this.notice(describeLeaver(member));
    this.#waits = new WaitsAtStart(group, environment);
    this.#stillness = new Stillness(group, this.wake, thread);
    this.#stopListening = onChildEnd(group.platform, () => {
      this.#childEnded = true;
      this.wake.now();
    });
  }

  /** Have every process that ends told as events know it. */
  tellEnds(processes: ProcessWatch, toRecord: typeof lifeRecord): void {
    const { signalName } = this.group.platform;
    processes.endListeners.add({
      told: (life, clock) => this.#emitEnd(toRecord(life, clock, this.elapsedSeconds(), signalName)),
    });
  }

  /** Have what the program tells of itself in samples and in the summary. */
  take(app: AppWatch): void {
    this.sampling.app = app;
    app.tell(this.notice);
  }

  /** A line worth telling a user. */
  get notice(): (line: string) => void {
    return this.#callbacks.onNotice;
  }

  /** Whether a callback has failed: then the watching is to end. */
  get hasFailed(): boolean {
    return this.#callbacks.hasFailed;
  }

  /** Seconds since the run began. */
  elapsedSeconds(nowMs = performance.now()): number {
    return (nowMs - this.startedMs) / 1_000;
  }

  /** Whether the root has ended, as far as can be told without waiting for it. */
  get rootEnded(): boolean {
    return this.rootEnd !== undefined;
  }

  get #lookMs(): number {
    return this.group.members.length === 0 ? LOOK_SOON_MS : LOOK_EVERY_MS;
  }

  /**
   * Sample until `isOver`, asked after every wake-up.
   * @param deadlineMs on the monotonic clock; isOver is asked then, too
   * @param watched whether to look out for the end of processes that are no children of ours
   */
  async watch(isOver: () => boolean, deadlineMs: () => number, watched: boolean): Promise<void> {
    for (;;) {
      if (this.#childEnded) {
        this.#childEnded = false;
        this.group.reapEnded();
      }
      if (isOver()) return;
      const now = performance.now();
      const isWoken = this.processes !== undefined && this.#stillness.hearsBell();
      const others = Math.min(
        deadlineMs() - now,
        watched && !this.#stillness.noticesEnd() ? this.#lookMs : Infinity,
        this.#toldSleepMs(now, isWoken),
      );
      const sleep = Math.min(this.sampling.sleepMs(now), others, LONGEST_SLEEP_MS);
      const mayPass = !this.processes && sleep > 0 && this.#stillness.mayPass();
      const ticks = mayPass ? this.sampling.stillTicks(now, now + others) : null;
      const pausing = this.#stillness.pause(sleep, this.processes?.bell, ticks);
      const { passed } = this.#stillness;
      if (passed) {
        this.sampling.passed(passed);
        this.#wakeUpCount += passed.count;
      }
      // Even a promise that is kept already is work for a tick that has next to none.
      if (pausing) await pausing;
      this.#wakeUpCount++;
      // One that has ended already is not asked after.
      if (!this.#childEnded) this.#waits.look();
      this.#hearProcesses();
      this.sampling.tick(performance.now());
      this.#takeTold();
    }
  }

  /** Take what is told of processes; what concerns the tree is a reason to look at it. */
  #hearProcesses(): void {
    const { processes } = this;
    if (!processes) return;
    processes.tick(performance.now(), this.#stillness.hasRung);
    if (processes.hasNews) this.sampling.stir(performance.now());
  }

  /**
   * How long {@link #hearProcesses} and {@link #takeTold} may wait from now on.
   * @param isWoken whether a bell ends the wait
   */
  #toldSleepMs(nowMs: number, isWoken = false): number {
    return Math.min(
      this.processes?.sleepMs(nowMs, isWoken) ?? Infinity,
      this.sampling.app?.sleepMs(nowMs) ?? Infinity,
      this.energy?.sleepMs(nowMs) ?? Infinity,
    );
  }

  /** Take what waits elsewhere, where there is room for so much only. */
  #takeTold(): void {
    this.sampling.app?.tick(performance.now());
    this.energy?.tick(performance.now());
  }

  /** Whether anything of the tree is left; looks everywhere before it says no. */
  isTreeAlive(): boolean {
    if (this.group.isAlive()) return true;
    this.group.refresh(performance.now(), "everything");
    return this.group.members.length > 0 || this.group.mayHideMembers();
  }

  /**
   * Stop the whole tree. What it tells meanwhile is taken: a program that finds no room for its last words would wait
   * for as long as the grace is, and be killed.
   */
  stop(options: StopOptions): Promise<StopReport> {
    const tick = () => {
      this.#hearProcesses();
      this.#takeTold();
    };
    const taking = { sleepMs: (nowMs: number) => this.#toldSleepMs(nowMs), tick };
    return beside(taking, () => stopTree(this.group, options, this.wake));
  }

  /**
   * Take the final accounts, let go of the tree, and give the summary.
   * @throws what a callback has thrown, be it asynchronously; the tree is let go of all the same
   */
  async finish(ending: Ending): Promise<SummaryRecord> {
    const now = performance.now();
    // Only what is over needs it: no run waits for it to start.
    const { drawUpWaiting } = await import("./waiting.ts");
    const counting = this.energy && (await import("./counters.ts")).drawUpCounters;
    const summary = this.#finish(ending, now, drawUpWaiting, counting);
    await this.#callbacks.settle();
    return summary;
  }

  #finish(
    ending: Ending,
    now: number,
    drawUp: typeof drawUpWaiting,
    counting: typeof drawUpCounters | undefined,
  ): SummaryRecord {
    this.sampling.look(now, "everything");
    this.#stopListening();
    this.#stillness.close();
    this.#noticeGaps();
    this.#noticeGpu();
    const processes = this.processes?.finish(this.group, this.group.reading.totals[Total.cpuSeconds]);
    if (processes?.told) this.group.takeTold(processes.told);
    const summary = summaryRecord(this.group, this.plan, this.sampling.fold, ending, {
      name: this.options.name,
      timestampMs: Date.now(),
      wallSeconds: this.elapsedSeconds(now),
      ticks: this.sampling.ticks,
      wakeUpCount: this.#wakeUpCount,
      ownSecondsBefore: this.options.ownSecondsBefore,
      ownSwitchesBefore: this.options.ownSwitchesBefore,
      pss: this.sampling.pss,
      samplingPercent: this.sampling.excessPercent,
      processes,
      app: this.sampling.app?.finish(this.elapsedSeconds(now)),
    });
    const { waiting, accounting } = drawUp(this.group, this.#waits, summary);
    summary.waiting = waiting;
    Object.assign(summary.accounting, accounting);
    const { counters } = this.group.container;
    if (counting && counters) {
      const told = counting(this.group, counters, this.energy!);
      summary.counters = told.counters;
      Object.assign(summary.accounting, told.accounting);
    }
    this.group.release();
    this.#emit(summary);
    return summary;
  }

  /** Write the start record, then those of processes that have ended already. */
  begin(command: readonly string[], environment: Environment, timestampMs: number): void {
    const { name } = this.options;
    // A first look tells which quantities can be read at all.
    this.sampling.look(performance.now());
    this.#emit(
      startRecord(this.group, this.plan, { name, command, pid: this.root.pid, timestampMs, environment }),
    );
    this.#early?.forEach(this.#emit);
    this.#early = null;
    // Where nothing else will look, and where there is no start to be quick about.
    if (this.plan.rule === null || !this.group.container.ownsMembers) this.#waits.look();
  }

  #noticeGaps(): void {
    const { blindLookCount } = this.group;
    if (blindLookCount === 0 || this.group.platform.blindness() !== null) return;
    this.notice(
      `some processes could not be read in ${blindLookCount} samples (too few descriptors or too little memory): ` +
        "what samples say of memory and threads then is what was seen before (ulimit -n raises the limit on descriptors)",
    );
  }

  /** One line, where nobody has told what was asked for, or somebody has failed to. */
  #noticeGpu(): void {
    const obstacle = this.group.gpu?.obstacle;
    if (obstacle) this.notice(`gpu: ${obstacle}`);
  }

  #memberEnded(member: EndedMember): void {
    if (member.pid === this.root.pid && !this.rootEnd) this.rootEnd = member;
    this.processes?.seen(member);
    if (this.processes?.tellsEnds) return;
    this.#emitEnd(processRecord(this.group.platform, member, Date.now(), this.elapsedSeconds()));
  }

  #emitEnd(record: ProcessRecord): void {
    if (this.#early) this.#early.push(record);
    else this.#emit(record);
  }
}

/** Whether anybody is there for samples: the summary needs none. */
function readsSamples({ onRecord, samples }: WatchOptions): boolean {
  return onRecord !== undefined && samples !== false;
}

function describeLeaver({ name, pid }: ProcessReader): string {
  return `${name} (PID ${pid}) has left the cgroup of the run; it is still watched and ended with the rest, ` +
    "but only its own clock counts it now";
}
