import type { Container, ContainerRequest, ContainerUsage, Sources } from "../../contract/containment.ts";
import { InertContainer } from "../../contract/inert_container.ts";
import { uncountedTraffic } from "../../contract/traffic.ts";
import type { TreeTraffic } from "../../contract/traffic.ts";
import type { CgroupPlace } from "../../contract/workloads.ts";
import type { ProcessReader, Wanted } from "../../contract/processes.ts";
import { closeFile, isMissing, openFile } from "../proc/kernel_file.ts";
import { LinuxProcessReader } from "../processes/process_reader.ts";
import { LinuxTreeTraffic } from "../sockets/tree_traffic.ts";
import { ObservedCounters } from "./observed_counters.ts";
import { AskedMembers, isInside, ListedMembers } from "./observed_members.ts";
import type { ObservedMembers } from "./observed_members.ts";
import { observedDirectories } from "./observed_places.ts";

/**
 * A cgroup that others have made, with all below it: a container, a pod, a unit. Nothing is written there. It is over
 * when it is removed, though there may be another at its path.
 */
export class ObservedCgroup extends InertContainer implements Container {
  readonly mechanism = "none";
  readonly reason: string | null;
  readonly ownsMembers = false;
  readonly listsMembers = true;
  readonly wanted: Wanted;
  readonly sources: Sources;
  readonly leavers = new Set<number>();
  readonly traffic: TreeTraffic;
  readonly #traffic: LinuxTreeTraffic | null;
  readonly counters = null;
  readonly directory: string | null;
  readonly #counters: ObservedCounters;
  readonly #members: ObservedMembers;
  #isGone = false;
  #hasUnopened = false;

  /** @param places its paths as /proc/PID/cgroup shows them, one for each hierarchy that has it */
  constructor(request: ContainerRequest, readonly places: readonly CgroupPlace[]) {
    super();
    // Faults and I/O of processes are theirs alone.
    this.wanted = { ...request.wanted, counters: true };
    const directories = observedDirectories(places);
    this.directory = directories.list;
    // Nothing is loaded into the kernel for a cgroup of others unless it is asked for.
    this.#traffic = request.traffic ? openTraffic(directories.v2) : null;
    this.traffic = this.#traffic ?? uncountedTraffic();
    this.reason = this.directory === null ? "no cgroup file system is mounted that shows the cgroup" : null;
    this.#members = this.directory === null ? new AskedMembers(places) : new ListedMembers(this.directory);
    this.#counters = new ObservedCounters(directories);
    const { cpu, memory } = this.#counters;
    this.sources = { container: cpu ?? "none", memory: memory ?? "proc", members: "proc", exits: "proc" };
  }

  get usage(): ContainerUsage {
    return this.#counters.usage;
  }

  get countsCpu(): boolean {
    return this.#counters.cpu !== null;
  }

  get countsDisk(): boolean {
    return this.#counters.countsDisk;
  }

  get countsMemory(): boolean {
    return this.#counters.memory !== null;
  }

  get countsPeakMemory(): boolean {
    return this.#counters.countsPeakMemory;
  }

  get hasUnopened(): boolean {
    return this.#hasUnopened;
  }

  refresh(): boolean {
    if (!this.isPopulated()) return true;
    this.#counters.refresh();
    this.#traffic?.refresh();
    // Whoever walks in has used nothing there yet.
    return true;
  }

  discover(
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
    thorough: boolean,
  ): void {
    if (!this.isPopulated()) return;
    const inside = this.#members.list(thorough);
    if (!inside) return;
    this.leavers.clear();
    for (const [pid, { isZombie }] of known) if (!isZombie && !inside.has(pid)) this.leavers.add(pid);
    this.#hasUnopened = false;
    const readers: ProcessReader[] = [];
    for (const pid of inside) {
      if (known.has(pid)) continue;
      const reader = LinuxProcessReader.open(pid, this.wanted);
      if (reader) readers.push(reader);
      else if (!isMissing()) this.#hasUnopened = true;
    }
    // Parents were started before their children; reading in this order never counts a child twice.
    readers.sort((a, b) => a.birth - b.birth || a.pid - b.pid);
    readers.forEach(found);
    this.#traffic?.look(inside.keys(), thorough);
  }

  /** Whether it is there: one that is made anew is another's. */
  override isPopulated(): boolean {
    this.#isGone ||= !this.#members.isSame();
    return !this.#isGone;
  }

  /** What it had waited for before it was watched is in its figures. */
  override pressure(): null {
    return null;
  }

  override owns(pid: number): boolean {
    return isInside(pid, this.places);
  }

  release(): void {
    this.#counters.close();
    this.#traffic?.close();
  }
}

/** @param directory of the cgroup in the hierarchy of version 2, where a mount shows it */
function openTraffic(directory: string | null): LinuxTreeTraffic {
  const descriptor = directory === null ? -1 : openFile(directory);
  if (directory === null || descriptor < 0) {
    return new LinuxTreeTraffic("the hierarchy of cgroup v2 does not show it", true);
  }
  const traffic = new LinuxTreeTraffic({ directory, descriptor }, true);
  closeFile(descriptor);
  return traffic;
}
