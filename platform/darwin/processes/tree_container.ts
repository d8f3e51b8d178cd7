import type { Container, ContainerRequest, Gaps, Sources } from "../../contract/containment.ts";
import { unknownUsage } from "../../contract/containment.ts";
import { InertContainer } from "../../contract/inert_container.ts";
import type { Launched, LaunchFailure, LaunchSpec } from "../../contract/launch.ts";
import type { ProcessReader, Wanted } from "../../contract/processes.ts";
import { uncountedTraffic } from "../../contract/traffic.ts";
import type { TreeTraffic } from "../../contract/traffic.ts";
import type { MemberGuard } from "../launch/guard.ts";
import { signalNumber } from "../layout/signals.ts";
import { allPids, bsdInfo, isDead, uniqueInfo } from "../sys/libproc.ts";
import type { LibSystem } from "../sys/libsystem.ts";
import { Descent } from "./descent.ts";
import { MemberCounters } from "./event_counts.ts";
import type { ProcessWatch } from "./process_watch.ts";

export const NO_TRAFFIC = "macOS counts what processes send for its own programs only";
export const ORPHANS_LEAVE =
  "orphans go to launchd: they are billed as last seen, and one whose parent ended unseen is not found";
export const FOOTPRINTS =
  "footprints added up: what is charged to each process, compressed memory included, without pages of files";
/** A scan that finds somebody is repeated: whoever was killed last may have started another. */
const MOST_SCANS = 100;

/** What a container needs of the rest. */
export interface TreeMeans {
  readonly system: LibSystem;
  readonly watch: ProcessWatch;
  /** Starts a command that stands still. */
  launchSuspended(spec: LaunchSpec): Launched | LaunchFailure;
}

/**
 * A tree held together by descent alone. With `process_group` its commands are ours to wait for, and whoever leads a
 * session of its own is killed with its group; with `none` (a tree that was running before us) nobody is.
 */
export class TreeContainer extends InertContainer implements Container {
  readonly countsCpu = false;
  readonly countsDisk = false;
  readonly countsMemory = false;
  readonly countsPeakMemory = false;
  readonly listsMembers = false;
  readonly sources: Sources = {
    uncounted: ["io"],
    container: "none",
    memory: "libproc",
    members: "libproc",
    exits: "wait4",
  };
  readonly directory = null;
  readonly leavers: ReadonlySet<number> = new Set();
  readonly hasUnopened = false;
  readonly gaps: Gaps = { memory: FOOTPRINTS };
  readonly usage = unknownUsage();
  readonly traffic: TreeTraffic;
  readonly counters: MemberCounters | null;
  readonly ownsMembers: boolean;
  readonly wanted: Wanted;
  readonly #descent: Descent;
  readonly #leaders = new Set<number>();
  #hasLaunched = false;

  constructor(
    readonly mechanism: "process_group" | "none",
    readonly reason: string | null,
    request: ContainerRequest,
    readonly means: TreeMeans,
    readonly guard: MemberGuard,
  ) {
    super();
    this.ownsMembers = mechanism !== "none";
    this.wanted = { ...request.wanted, counters: true };
    this.traffic = request.traffic ? { ...uncountedTraffic(), obstacle: NO_TRAFFIC } : uncountedTraffic();
    this.#descent = new Descent(means.system, means.watch, { ...request, wanted: this.wanted });
    const isOurs = this.ownsMembers && request.adopted !== true;
    this.counters = request.counters ? new MemberCounters(means.system, isOurs) : null;
    this.#descent.onFound = (uniqueId) => {
      guard.tell(uniqueId);
      this.counters?.add(uniqueId);
    };
    this.#descent.onForgotten = (uniqueId) => {
      guard.forget(uniqueId);
      this.counters?.settle(uniqueId);
    };
    this.#descent.hasForked = request.adopted === true || !this.ownsMembers;
  }

  get billGap(): string | null {
    // Of a tree that is one process, and has never forked, nobody is missing.
    return this.#hasLaunched && !this.#descent.hasForked ? null : ORPHANS_LEAVE;
  }

  /** Start a command as one of the tree: it stands still until its forks are told. */
  launch(spec: LaunchSpec): Launched | LaunchFailure {
    const launched = this.means.launchSuspended(spec);
    if ("stage" in launched) return launched;
    this.#hasLaunched = true;
    this.#descent.note({ pid: launched.pid, ...uniqueInfo(this.means.system, launched.pid) });
    if (spec.ownSession) this.#leaders.add(launched.pid);
    this.means.system.c.kill(launched.pid, signalNumber("SIGCONT"));
    return launched;
  }

  discover(
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
    thorough: boolean,
  ): void {
    this.#descent.discover(known, found, thorough);
  }

  refresh(): boolean {
    return true;
  }

  /** Kill who leads a group with it, then whoever is found by descent, until nobody is. */
  override kill(): boolean {
    if (!this.ownsMembers) return false;
    const { c } = this.means.system;
    for (const leader of this.#leaders) {
      // The number is its own as long as we have not waited for it, and its group's as long as anybody is in that.
      if (this.#descent.isMember(leader)) c.kill(-leader, signalNumber("SIGKILL"));
    }
    for (let scan = 0; scan < MOST_SCANS; scan++) {
      const living = this.#living();
      if (living.length === 0) return true;
      for (const pid of living) c.kill(pid, signalNumber("SIGKILL"));
    }
    return true;
  }

  override isPopulated(): boolean {
    return this.#living().length > 0;
  }

  /** Whoever lives and was started by a member, or is one. */
  #living(): number[] {
    const { system } = this.means;
    return allPids(system).filter((pid) => {
      if (pid === process.pid || !this.#descent.isMember(pid)) return false;
      const who = bsdInfo(system, pid);
      return who === null || !isDead(who.status);
    });
  }

  override oomKillCount(): number {
    return this.#descent.memoryKillCount();
  }

  override owns(pid: number): boolean {
    return this.#descent.isMember(pid);
  }

  release(): void {
    this.guard.dismiss();
    this.counters?.close();
    this.#descent.close();
  }
}
