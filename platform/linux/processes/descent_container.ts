import type { TreeNews } from "../../../core/measure/member_news.ts";
import type { Mechanism } from "../../../core/schema/record.ts";
import { unknownUsage } from "../../contract/containment.ts";
import type { Container, ContainerRequest, Guard, Sources } from "../../contract/containment.ts";
import { InertContainer } from "../../contract/inert_container.ts";
import type { Launched, LaunchFailure, LaunchSpec } from "../../contract/launch.ts";
import type { ProcessReader, Wanted } from "../../contract/processes.ts";
import { uncountedTraffic } from "../../contract/traffic.ts";
import type { TreeTraffic } from "../../contract/traffic.ts";
import { howToGetCgroup } from "../cgroup/advice.ts";
import { guardMarked, NO_GUARD } from "../launch/guard.ts";
import { LinuxTreeTraffic } from "../sockets/tree_traffic.ts";
import { launch } from "../launch/launch.ts";
import { PerfCounters } from "../perf/perf_counters.ts";
import { Descent } from "./descent.ts";
import { openNewborns } from "./newborns.ts";
import { becomeSubreaper } from "./shared_children.ts";
import { SharedDescent } from "./shared_descent.ts";

/**
 * A tree held together by descent alone. With `subreaper`, orphans become our children and leave their final
 * accounts with us; with `none` (a tree that was running before us) what ends unseen is lost.
 */
export class DescentContainer extends InertContainer implements Container {
  readonly countsCpu = false;
  readonly countsDisk = false;
  readonly countsMemory = false;
  readonly countsPeakMemory = false;
  readonly ownsMembers: boolean;
  readonly listsMembers = false;
  readonly sources: Sources = { container: "none", memory: "proc", members: "proc", exits: "wait4" };
  readonly directory = null;
  readonly leavers: ReadonlySet<number> = new Set();
  readonly usage = unknownUsage();
  readonly traffic: TreeTraffic;
  readonly #traffic: LinuxTreeTraffic | null;
  readonly counters: PerfCounters | null;
  readonly wanted: Wanted;
  readonly #descent: Pick<Descent, "discover" | "hasUnopened">;
  readonly #guard: Guard;
  readonly #returnOrphans: () => void;

  constructor(readonly mechanism: Mechanism, readonly reason: string | null, request: ContainerRequest) {
    super();
    this.#guard = request.guarded ? guardMarked(request.marker) : NO_GUARD;
    this.ownsMembers = mechanism !== "none";
    const isRunning = request.adopted === true || !this.ownsMembers;
    this.#traffic = request.traffic ? new LinuxTreeTraffic(reason ?? "", isRunning) : null;
    this.traffic = this.#traffic ?? uncountedTraffic();
    this.counters = request.counters
      ? PerfCounters.open({
        reason: `the tree has no cgroup to be counted by: ${reason}`,
        advice: howToGetCgroup(),
      })
      : null;
    this.#returnOrphans = this.ownsMembers ? becomeSubreaper() : () => {};
    // The bill is drawn up from the members alone, so their counters are needed, wanted or not.
    this.wanted = { ...request.wanted, counters: true };
    const reading = { ...request, wanted: this.wanted };
    this.#descent = this.ownsMembers ? new Descent(reading, true) : new SharedDescent(reading);
  }

  /** Start a command as one of the tree. */
  launch(spec: LaunchSpec): Launched | LaunchFailure {
    return launch(spec, { onBirth: this.counters?.attach });
  }

  discover(
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
    thorough: boolean,
  ): void {
    this.#descent.discover(known, found, thorough);
    // Those that were found just now are known.
    this.#traffic?.look(known.keys(), thorough);
  }

  admit(
    { born }: TreeNews,
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
  ): boolean {
    const { readers, hasUnopened, hasStrangers } = openNewborns(born, known, this.wanted);
    for (const reader of readers) found(reader);
    const isWhole = !hasUnopened && !hasStrangers;
    if (isWhole) this.#traffic?.look(known.keys(), false);
    return isWhole;
  }

  get hasUnopened(): boolean {
    return this.#descent.hasUnopened;
  }

  refresh(): boolean {
    return true;
  }

  release(): void {
    this.#traffic?.close();
    this.counters?.close();
    this.#guard.dismiss();
    this.#returnOrphans();
  }
}
