import { performance } from "node:perf_hooks";
import type { Environment, ProctorRecord, SummaryRecord } from "../core/record.ts";
import { onChildEnd } from "../group/child_signal.ts";
import type { EndedMember } from "../group/ended_member.ts";
import type { ProcessTree } from "../group/process_tree.ts";
import { stopTree } from "../group/stop.ts";
import type { StopOptions, StopReport } from "../group/stop.ts";
import { Wake } from "../group/wake.ts";
import type { ProcessIdentity } from "../platform/mod.ts";
import type { SamplingPlan, WatchOptions } from "./options.ts";
import { processRecord, startRecord, summaryRecord } from "./records.ts";
import type { Ending } from "./records.ts";
import { Sampling } from "./sampling.ts";

/** setTimeout counts in 31 bits; waking up once an hour costs nothing. */
const LONGEST_SLEEP_MS = 3_600_000;
/** A tree that is not ours tells nobody when it ends: it is looked at this often. */
const LOOK_EVERY_MS = 200;

/** One tree, watched from start to summary: what `run` and `attach` have in common. */
export class Session {
  readonly wake = new Wake();
  /** How the root ended, once it has. */
  rootEnd: EndedMember | undefined;
  readonly sampling: Sampling;
  readonly #emit: (record: ProctorRecord) => void;
  readonly #stopListening: () => void;
  #childEnded = false;
  /** Records of processes that ended before the start record was out; null from then on. */
  #early: ProctorRecord[] | null = [];

  /**
   * @param startedMs when the run began, on the monotonic clock
   * @param root the root process
   * @param ageAtStartSeconds how long the root had been running by then
   */
  constructor(
    readonly group: ProcessTree,
    readonly plan: SamplingPlan,
    readonly options: WatchOptions,
    readonly root: ProcessIdentity,
    environment: Environment,
    readonly startedMs: number,
    ageAtStartSeconds: number,
  ) {
    this.#emit = options.onRecord ?? (() => {});
    this.sampling = new Sampling(group, plan, environment, startedMs, ageAtStartSeconds, this.#emit);
    group.onEnded = (member) => this.#memberEnded(member);
    this.#stopListening = onChildEnd(() => {
      this.#childEnded = true;
      this.wake.now();
    });
  }

  /** Seconds since the run began. */
  elapsedSeconds(nowMs = performance.now()): number {
    return (nowMs - this.startedMs) / 1_000;
  }

  /** Whether the root has ended, as far as can be told without waiting for it. */
  get rootEnded(): boolean {
    return this.rootEnd !== undefined;
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
      const sleep = Math.min(
        this.sampling.sleepMs(now),
        deadlineMs() - now,
        watched ? LOOK_EVERY_MS : Infinity,
      );
      await this.wake.sleep(Math.min(sleep, LONGEST_SLEEP_MS));
      this.sampling.tick(performance.now());
    }
  }

  /** Whether anything of the tree is left; looks everywhere before it says no. */
  isTreeAlive(): boolean {
    if (this.group.isAlive()) return true;
    this.group.refresh(performance.now(), "everything");
    return this.group.members.length > 0 || this.group.mayHideMembers();
  }

  /** Stop the whole tree. */
  stop(options: StopOptions): Promise<StopReport> {
    return stopTree(this.group, options, this.wake);
  }

  /** Take the final accounts, let go of the tree, and give the summary. */
  finish(ending: Ending): SummaryRecord {
    const now = performance.now();
    this.sampling.look(now, "everything");
    this.#stopListening();
    const summary = summaryRecord(this.group, this.plan, this.sampling.fold, ending, {
      name: this.options.name,
      timestampMs: Date.now(),
      wallSeconds: this.elapsedSeconds(now),
      missedTickCount: this.sampling.missedTickCount,
      ownSecondsBefore: this.options.ownSecondsBefore,
      pss: this.sampling.pss,
    });
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
  }

  #memberEnded(member: EndedMember): void {
    if (member.pid === this.root.pid && !this.rootEnd) this.rootEnd = member;
    const record = processRecord(this.group.platform, member, Date.now(), this.elapsedSeconds());
    if (this.#early) this.#early.push(record);
    else this.#emit(record);
  }
}
