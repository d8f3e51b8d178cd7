import { basename, join } from "../../../core/posix_path.ts";
import { ProctorError } from "../../../core/error.ts";
import type { LimitEvents } from "../../../core/measure/limits.ts";
import type { TreeNews } from "../../../core/measure/member_news.ts";
import type {
  Container,
  ContainerRequest,
  ContainerUsage,
  Guard,
  Sources,
} from "../../contract/containment.ts";
import type { PressureReading } from "../../contract/host.ts";
import type { Launched, LaunchFailure, LaunchSpec } from "../../contract/launch.ts";
import type { ProcessReader, Wanted } from "../../contract/processes.ts";
import type { StillFile } from "../../contract/stand_still.ts";
import { uncountedTraffic } from "../../contract/traffic.ts";
import type { TreeTraffic } from "../../contract/traffic.ts";
import { LinuxTreeTraffic } from "../sockets/tree_traffic.ts";
import { CgroupCounters } from "./cgroup_counters.ts";
import { foreignHome, homeRestoration, PREFIX, takeOverHome } from "./cgroup_home.ts";
import type { CgroupHome } from "./cgroup_home.ts";
import { demandGroupCgroup, markCgroup } from "./cgroup_identity.ts";
import { imposeLimits, limitsWithout, readLimitEvents } from "./cgroup_limits.ts";
import { CgroupMembers, isOfGoneGroup } from "./cgroup_members.ts";
import { openClaimed } from "../sys/directory_claim.ts";
import { describeErrno, EAGAIN } from "../sys/errno.ts";
import {
  expectAbandoned,
  makeGroup,
  removeAnyAbandoned,
  removeGroup,
  unmakeGroup,
} from "./group_directories.ts";
import { perfPlace } from "./perf_place.ts";
import { closeFile, readFile, textAsString } from "../proc/kernel_file.ts";
import { readPressure } from "../proc/proc_pressure.ts";
import { PerfCounters } from "../perf/perf_counters.ts";
import { guardCgroup, NO_GUARD } from "../launch/guard.ts";
import { launch } from "../launch/launch.ts";
import { wasKilledAtBirth } from "../launch/launch_steps.ts";
import { becomeSubreaper, nextNumber } from "../processes/shared_children.ts";
import { openToJoin, V1Groups } from "./v1_groups.ts";
import { findV1, planV1, removeLeftV1, unique } from "./v1_places.ts";
import type { V1Controller } from "./v1_places.ts";
import { writeFile } from "../sys/write_file.ts";

/**
 * A cgroup v2 directory of our own below the one we are in: membership whatever forked or called setsid, CPU
 * with the dead included, and a kill that nothing escapes. Works without any controller enabled; where a limit or an
 * exact peak is asked for that needs one which v2 lacks, directories in the hierarchies of cgroup v1 stand beside it.
 */
export class CgroupContainer implements Container {
  readonly mechanism = "cgroup";
  readonly reason: string | null;
  readonly countsCpu = true;
  readonly ownsMembers = true;
  readonly listsMembers = true;
  readonly sources: Sources;
  readonly wanted: Wanted;
  /** A descriptor of the directory, for clone3; it claims the directory, too. */
  readonly descriptor: number;
  readonly #counters: CgroupCounters;
  readonly #members: CgroupMembers;
  readonly #guard: Guard;
  readonly #home: CgroupHome;
  readonly #v1: V1Groups | null;
  readonly traffic: TreeTraffic;
  readonly #traffic: LinuxTreeTraffic | null;
  readonly counters: PerfCounters | null;
  readonly #returnOrphans = becomeSubreaper();
  /** `cgroup.procs`, to be entered by whoever is started; undefined as long as one can be born inside. */
  #entry: number | undefined;

  /** Around a directory that is there; use {@link create} or {@link adopt}. */
  private constructor(
    readonly directory: string,
    home: CgroupHome,
    guard: Guard,
    request: ContainerRequest,
    v1: V1Groups | null,
  ) {
    this.#home = home;
    this.#guard = guard;
    this.#v1 = v1;
    this.wanted = request.wanted;
    this.descriptor = openClaimed(directory);
    const v1Memory = v1?.directories.get("memory");
    this.#counters = new CgroupCounters(directory, v1Memory);
    this.#members = new CgroupMembers(directory, request);
    this.#traffic = request.traffic ? new LinuxTreeTraffic(this, request.adopted === true) : null;
    this.traffic = this.#traffic ?? uncountedTraffic();
    this.counters = request.counters ? PerfCounters.open(perfPlace(directory, v1?.directories)) : null;
    const memory = !this.countsMemory ? "proc" : v1Memory === undefined ? "cgroup" : "cgroup_v1";
    this.sources = { container: "cgroup", memory, members: "proc", exits: "wait4" };
    const obstacle = home.obstacle("memory") ?? "no memory.current";
    this.reason = this.countsMemory ? null : `memory comes from the members' own figures: ${obstacle}`;
  }

  /**
   * Make a directory, and hold the home for as long as it is there.
   * @param v1Controllers those that cgroup v1 is to serve
   * @throws ProctorError of kind `system` when it cannot be made, or a limit is refused
   */
  static create(
    home: CgroupHome,
    request: ContainerRequest,
    v1Controllers: readonly V1Controller[] = [],
  ): CgroupContainer {
    removeLeftV1(removeAnyAbandoned(home.directory));
    const name = `${PREFIX}${process.pid}-${nextNumber()}`;
    const directory = join(home.directory, name);
    const planned = planV1(name, v1Controllers);
    // The guard comes first: between the two, we could die and leave the directory.
    const guard = request.guarded ? guardCgroup(directory, unique(planned), homeRestoration()) : NO_GUARD;
    let v1: V1Groups | null = null;
    try {
      const made = makeGroup(directory);
      if (made < 0) throw new ProctorError("system", describeErrno(-made));
      markCgroup(directory, request.marker);
      const { limits = {} } = request;
      imposeLimits(directory, limitsWithout(limits, v1Controllers));
      if (planned.size > 0) v1 = V1Groups.make(planned, limits);
    } catch (error) {
      unmakeGroup(directory);
      guard.dismiss();
      throw error;
    }
    return new CgroupContainer(directory, home, guard, request, v1);
  }

  /**
   * Take over a directory that another process has made.
   * @throws ProctorError of kind `system` when it is gone, or none of a group with this mark
   */
  static adopt(directory: string, request: ContainerRequest): CgroupContainer {
    demandGroupCgroup(directory, request.marker);
    if (!readFile(join(directory, "cgroup.procs"))) {
      removeLeftV1([basename(directory)]);
      throw new ProctorError("system", `the cgroup of the group is gone (${directory})`);
    }
    const found = findV1(directory);
    const v1 = V1Groups.adopt(found);
    const guard = request.guarded ? guardCgroup(directory, unique(found), homeRestoration()) : NO_GUARD;
    const isOurs = basename(directory).startsWith(`${PREFIX}${process.pid}-`);
    return new CgroupContainer(
      directory,
      takeOverHome(join(directory, ".."), isOurs) ?? foreignHome(directory),
      guard,
      request,
      v1,
    );
  }

  /** Start a command inside, from its very first instruction. */
  launch(spec: LaunchSpec): Launched | LaunchFailure {
    this.#members.beforeLaunch();
    if (this.#v1?.isFull()) return { stage: "spawn", errno: EAGAIN, message: describeErrno(EAGAIN) };
    const { joins = [] } = this.#v1 ?? {};
    const onBirth = this.counters?.attach;
    if (this.#entry === undefined) {
      const launched = launch(spec, { cgroup: this.descriptor, joins, onBirth });
      if (!wasKilledAtBirth(launched)) return launched;
    }
    const entry = this.#entry ??= openToJoin(this.directory);
    return launch(spec, { joins: [entry, ...joins], onBirth });
  }

  get usage(): ContainerUsage {
    return this.#counters.usage;
  }

  get countsDisk(): boolean {
    return this.#counters.countsDisk;
  }

  get countsMemory(): boolean {
    return this.#counters.countsMemory;
  }

  get countsPeakMemory(): boolean {
    return this.#counters.countsPeakMemory;
  }

  get hasUnopened(): boolean {
    return this.#members.hasUnopened;
  }

  get leavers(): ReadonlySet<number> {
    return this.#members.leavers;
  }

  refresh(isTold = false): boolean {
    // What arrives for a process that waits costs it nothing yet.
    const hasTraffic = this.#traffic?.refresh() ?? false;
    return this.#counters.refresh() || hasTraffic || (!isTold && this.#members.isListNew());
  }

  stillFiles(): readonly StillFile[] | null {
    if (this.#traffic || this.counters) return null;
    const files = [this.#counters.stillFile(), this.#members.stillFile()];
    return files.every((file) => file !== null) ? files : null;
  }

  discover(
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
    thorough: boolean,
  ): void {
    this.#members.discover(known, found, thorough);
    this.#traffic?.look(known.keys(), thorough);
  }

  admit(
    news: TreeNews,
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
  ): boolean {
    const isWhole = this.#members.admit(news, known, found);
    if (isWhole) this.#traffic?.look(known.keys(), false);
    return isWhole;
  }

  /**
   * Whoever is born into a cgroup that was killed before is killed with his first step, for ever: clone3 compares how
   * often its caller's cgroup was killed with how often the new one was (`kill_seq` in kernel/cgroup/cgroup.c).
   * Whoever walks in is not.
   */
  kill(): boolean {
    return writeFile(join(this.directory, "cgroup.kill"), "1") === 0; // since Linux 5.14
  }

  freeze(frozen: boolean): boolean {
    return writeFile(join(this.directory, "cgroup.freeze"), frozen ? "1" : "0") === 0; // since Linux 5.2
  }

  isPopulated(): boolean {
    return this.#says("populated 1");
  }

  isFrozen(): boolean {
    return this.#says("frozen 1");
  }

  oomKillCount(): number {
    return this.#counters.oomKillCount();
  }

  limitEvents(): LimitEvents {
    return { ...readLimitEvents(this.directory), ...this.#v1?.limitEvents() };
  }

  /** A cgroup of our own has counted nothing before it was made, with the controllers of v2 or without. */
  pressure(): PressureReading | null {
    return readPressure((resource) => join(this.directory, `${resource}.pressure`));
  }

  owns(pid: number): boolean {
    return this.#members.owns(pid);
  }

  isOfAnother(pid: number): boolean {
    return this.#members.isOfAnother(pid);
  }

  isOfGone(pid: number): boolean {
    return isOfGoneGroup(pid);
  }

  /** The home stays as it is, too: the limits of the group stand on its controllers. */
  abandon(): void {
    this.#close();
    expectAbandoned(this.directory);
    this.#v1?.close();
    this.#guard.dismiss();
  }

  release(): void {
    this.#close();
    removeGroup(this.directory, this.#home.refuge);
    this.#v1?.release();
    // Not before: until the directory is gone, somebody has to see to it should we die.
    this.#guard.dismiss();
    this.#home.leave();
  }

  #close(): void {
    this.#counters.close();
    this.#traffic?.close();
    this.counters?.close();
    this.#members.close();
    if (this.descriptor >= 0) closeFile(this.descriptor);
    if (this.#entry !== undefined) closeFile(this.#entry);
    this.#entry = undefined;
    this.#returnOrphans();
  }

  /** Whether `cgroup.events` has this line. */
  #says(line: string): boolean {
    return readFile(join(this.directory, "cgroup.events")) && textAsString().split("\n").includes(line);
  }
}
