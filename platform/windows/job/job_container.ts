import { unknownUsage } from "../../contract/containment.ts";
import type { Container, ContainerRequest, Sources } from "../../contract/containment.ts";
import type { TreeCounters } from "../../contract/counters.ts";
import { InertContainer } from "../../contract/inert_container.ts";
import type { ProcessReader, Wanted } from "../../contract/processes.ts";
import type { TreeTraffic } from "../../contract/traffic.ts";
import { exitCodeFor } from "../processes/children.ts";
import { heldProcess } from "../processes/held.ts";
import { WindowsProcessReader } from "../processes/process_reader.ts";
import { processSnapshot } from "../processes/snapshot.ts";
import { tellsTimes, timesGap } from "../processes/told_times.ts";
import { signalNumber } from "../signals.ts";
import { Job } from "./job.ts";
import { imposeLimits, liftLimits } from "./limits.ts";
import { noCounters, noTraffic } from "./uncounted.ts";

const UNSEEN = "came and went between two samples, and left no accounts";

/**
 * A tree in a job object: each member is in it from its first instruction, and neither it nor what it starts can leave,
 * whatever becomes of parents. When the last handle is closed, as by our own end, all of it is killed.
 */
export class JobContainer extends InertContainer implements Container {
  readonly mechanism = "job_object";
  readonly reason = null;
  readonly ownsMembers = true;
  readonly listsMembers = true;
  readonly countsDisk = false;
  /** What a job counts of memory is what is committed, not what is resident. */
  readonly countsMemory = false;
  readonly countsPeakMemory = false;
  readonly sources: Sources = {
    container: "job",
    memory: "ntdll",
    members: "ntdll",
    exits: "ntdll",
    // Storage is not told from other I/O, nor whether a thread went to sleep or was taken off its processor.
    uncounted: ["disk", "context_switches"],
  };
  readonly directory = null;
  readonly counters: TreeCounters | null;
  readonly leavers: ReadonlySet<number> = new Set();
  readonly traffic: TreeTraffic;
  readonly usage = unknownUsage();
  readonly wanted: Wanted;
  readonly job: Job;
  hasUnopened = false;
  readonly #isGuarded: boolean;
  #seenCount = 0;
  #totalCount = 0;

  /** @throws ProctorError of kind `system` when a limit cannot be enforced */
  constructor(request: ContainerRequest) {
    super();
    this.wanted = request.wanted;
    this.#isGuarded = request.guarded;
    this.traffic = noTraffic(request);
    this.counters = noCounters(request);
    this.job = new Job();
    try {
      imposeLimits(this.job, request.limits ?? {}, request.guarded);
    } catch (error) {
      this.job.close();
      throw error;
    }
  }

  get countsCpu(): boolean {
    return tellsTimes();
  }

  /** The job counts the CPU time of all; what else they use is in the accounts of each, which go with them. */
  get billGap(): string | null {
    if (!tellsTimes()) return timesGap();
    const missed = this.#totalCount - this.#seenCount;
    if (missed > 0) return `${missed} of ${this.#totalCount} processes ${UNSEEN}`;
    return this.#totalCount === 0 ? `whatever ${UNSEEN}` : null;
  }

  /** A command of the tree's was started: whoever has started it looks at it. */
  noteLaunch(): void {
    this.#seenCount++;
  }

  discover(known: ReadonlyMap<number, ProcessReader>, found: (reader: ProcessReader) => void): void {
    const fresh: WindowsProcessReader[] = [];
    this.hasUnopened = false;
    for (const pid of this.job.processIds()) {
      if (known.has(pid)) continue;
      const reader = WindowsProcessReader.open(pid);
      if (reader) fresh.push(reader);
      else this.hasUnopened = true;
    }
    this.#seenCount += fresh.length;
    fresh.sort((one, other) => one.birth - other.birth).forEach(found);
  }

  refresh(): boolean {
    processSnapshot.expire();
    const { usage } = this;
    const accounting = this.job.accounting();
    if (accounting) {
      this.#totalCount = accounting.totalProcesses;
      usage.userSeconds = accounting.userSeconds;
      usage.systemSeconds = accounting.systemSeconds;
      usage.cpuSeconds = accounting.userSeconds + accounting.systemSeconds;
    }
    // The clock of CPU time moves in steps: who has run for less than one has run all the same.
    return true;
  }

  override kill(): boolean {
    const number = signalNumber("SIGKILL");
    for (const pid of this.job.processIds()) {
      const process = heldProcess(pid);
      if (process) process.endedBySignal = number;
    }
    return this.job.terminate(exitCodeFor(number));
  }

  override isPopulated(): boolean {
    return (this.job.accounting()?.activeProcesses ?? 1) > 0;
  }

  override owns(pid: number): boolean {
    return this.job.processIds().includes(pid);
  }

  release(): void {
    // Else the last handle would take the members with it.
    if (this.#isGuarded && this.isPopulated()) liftLimits(this.job);
    this.job.close();
  }
}
