import { basename, join } from "node:path";
import { ProctorError } from "../../core/error.ts";
import type { LimitEvents } from "../../core/limits.ts";
import type { Container, ContainerRequest, ContainerUsage, Guard, ProcessReader, Wanted } from "../types.ts";
import { nextInteger } from "./bytes.ts";
import { forEachPid, parseCpuStat, parseDescendants, parseIoStat } from "./cgroup_files.ts";
import { homeRestoration, isGroupDirectory, PREFIX, takeOverHome } from "./cgroup_home.ts";
import type { CgroupHome } from "./cgroup_home.ts";
import { imposeLimits, parseOomKills, readLimitEvents } from "./cgroup_limits.ts";
import { ownCgroup, parseMembership } from "./cgroup_path.ts";
import { listDirectory, makeDirectory, removeDirectory } from "./directory.ts";
import { describeErrno } from "./errno.ts";
import {
  closeFile,
  openFile,
  readFile,
  readOpen,
  readOpenWhole,
  readText,
  text,
  textAsString,
} from "./kernel_file.ts";
import { guardCgroup, NO_GUARD } from "./guard.ts";
import { processesBetween } from "./new_pids.ts";
import { lastPid } from "./proc_loadavg.ts";
import { LinuxProcessReader } from "./process_reader.ts";
import { writeFile } from "./write_file.ts";

let created = 0;
/** Whatever the fork counter says, the member list is read anew after this many refreshes. */
const REREAD_EVERY = 32;

/** Counters none of which is known. */
export function unknownUsage(): ContainerUsage {
  return {
    cpuSeconds: NaN,
    userSeconds: NaN,
    systemSeconds: NaN,
    diskReadBytes: NaN,
    diskWriteBytes: NaN,
    memoryBytes: NaN,
    peakMemoryBytes: NaN,
  };
}

/**
 * A cgroup v2 directory of our own below the one we are in: membership whatever forked or called setsid, CPU
 * with the dead included, and a kill that nothing escapes. Works without any controller enabled.
 */
export class CgroupContainer implements Container {
  readonly mechanism = "cgroup";
  readonly reason: string | null;
  readonly countsCpu = true;
  readonly countsDisk: boolean;
  readonly countsMemory: boolean;
  readonly countsPeakMemory: boolean;
  readonly wanted: Wanted;
  readonly usage = unknownUsage();
  /** A descriptor of the directory, for clone3. */
  readonly descriptor: number;
  readonly #files: Record<
    "cpuStat" | "procs" | "cgroupStat" | "memoryCurrent" | "memoryPeak" | "memoryEvents" | "ioStat",
    number
  >;
  readonly #guard: Guard;
  readonly #home: CgroupHome;
  #lastPid = NaN;
  #refreshes = 0;

  /** Around a directory that is there; use {@link create} or {@link adopt}. */
  private constructor(
    readonly directory: string,
    home: CgroupHome,
    guard: Guard,
    { wanted }: ContainerRequest,
  ) {
    this.#home = home;
    this.#guard = guard;
    this.wanted = wanted;
    this.descriptor = openFile(directory);
    const open = (name: string) => openFile(join(directory, name));
    this.#files = {
      cpuStat: open("cpu.stat"),
      procs: open("cgroup.procs"),
      cgroupStat: open("cgroup.stat"),
      memoryCurrent: open("memory.current"),
      memoryPeak: open("memory.peak"),
      memoryEvents: open("memory.events"),
      ioStat: open("io.stat"),
    };
    this.countsMemory = this.#files.memoryCurrent >= 0;
    this.countsPeakMemory = this.#files.memoryPeak >= 0; // since Linux 5.19
    this.countsDisk = this.#files.ioStat >= 0;
    const obstacle = home.obstacle("memory") ?? "no memory.current";
    this.reason = this.countsMemory ? null : `memory comes from the members' own figures: ${obstacle}`;
  }

  /**
   * Make a directory, and hold the home for as long as it is there.
   * @throws ProctorError of kind `system` when it cannot be made, or a limit is refused
   */
  static create(home: CgroupHome, request: ContainerRequest): CgroupContainer {
    removeAbandoned(home.directory);
    const directory = join(home.directory, `${PREFIX}${process.pid}-${++created}`);
    // The guard comes first: between the two, we could die and leave the directory.
    const guard = request.guarded ? guardCgroup(directory, homeRestoration()) : NO_GUARD;
    try {
      const made = makeDirectory(directory);
      if (made < 0) throw new ProctorError("system", describeErrno(-made));
      if (request.limits) imposeLimits(directory, request.limits);
    } catch (error) {
      removeDirectory(directory);
      guard.dismiss();
      throw error;
    }
    return new CgroupContainer(directory, home, guard, request);
  }

  /**
   * Take over a directory that another process has made.
   * @throws ProctorError of kind `system` when it is gone
   */
  static adopt(directory: string, request: ContainerRequest): CgroupContainer {
    if (!isGroupDirectory(directory)) {
      throw new ProctorError("system", `${directory} is no cgroup of a group`);
    }
    if (!readFile(join(directory, "cgroup.procs"))) {
      throw new ProctorError("system", `the cgroup of the group is gone (${directory})`);
    }
    const guard = request.guarded ? guardCgroup(directory, homeRestoration()) : NO_GUARD;
    const isOurs = basename(directory).startsWith(`${PREFIX}${process.pid}-`);
    return new CgroupContainer(
      directory,
      takeOverHome(join(directory, ".."), isOurs) ?? foreignHome(directory),
      guard,
      request,
    );
  }

  refresh(): boolean {
    const before = this.usage.cpuSeconds;
    if (readOpen(this.#files.cpuStat)) parseCpuStat(text.bytes, text.length, this.usage);
    this.#refreshes++;
    const moved = this.usage.cpuSeconds !== before;
    if (this.countsMemory) {
      this.usage.memoryBytes = this.#integer(this.#files.memoryCurrent);
      if (this.countsPeakMemory) this.usage.peakMemoryBytes = this.#integer(this.#files.memoryPeak);
    }
    if (this.countsDisk && moved && readOpenWhole(this.#files.ioStat)) {
      Object.assign(this.usage, parseIoStat(textAsString()));
    }
    return moved;
  }

  discover(
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
    thorough: boolean,
  ): void {
    const last = lastPid();
    const before = this.#lastPid;
    const nothingForked = !thorough && last === this.#lastPid && this.#refreshes % REREAD_EVERY !== 0;
    this.#lastPid = last;
    if (nothingForked || !readOpenWhole(this.#files.procs)) return;
    const fresh: number[] = [];
    const collect = (pid: number) => {
      if (!known.has(pid)) fresh.push(pid);
    };
    forEachPid(text.bytes, text.length, collect);
    for (const directory of this.#hasSubdirectories() ? subdirectories(this.directory) : []) {
      if (readFile(join(directory, "cgroup.procs"))) forEachPid(text.bytes, text.length, collect);
    }
    const readers: ProcessReader[] = [...new Set(fresh)].flatMap((pid) =>
      LinuxProcessReader.open(pid, this.wanted) ?? []
    );
    readers.push(...this.#newZombies(before, last, known, readers));
    // Parents were started before their children; reading in this order never counts a child twice.
    readers.sort((a, b) => a.birth - b.birth || a.pid - b.pid);
    readers.forEach(found);
  }

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
    return readOpen(this.#files.memoryEvents) ? parseOomKills(text.bytes, text.length) : NaN;
  }

  limitEvents(): LimitEvents {
    return readLimitEvents(this.directory);
  }

  owns(pid: number): boolean {
    const path = parseMembership(readText(`/proc/${pid}/cgroup`) ?? "") ?? "";
    const own = basename(this.directory);
    return path.endsWith(`/${own}`) || path.includes(`/${own}/`);
  }

  /** The home stays as it is, too: the limits of the group stand on its controllers. */
  abandon(): void {
    this.#close();
    this.#guard.dismiss();
  }

  release(): void {
    this.#close();
    const directories = [...subdirectories(this.directory).reverse(), this.directory];
    for (const directory of directories) {
      moveMembers(directory, this.#home.refuge);
      removeDirectory(directory);
    }
    // Not before: until the directory is gone, somebody has to see to it should we die.
    this.#guard.dismiss();
    this.#home.leave();
  }

  /** What ended before it was seen, and was not waited for: `cgroup.procs` leaves zombies out. */
  #newZombies(
    before: number,
    last: number,
    known: ReadonlyMap<number, ProcessReader>,
    fresh: readonly ProcessReader[],
  ): ProcessReader[] {
    // A zombie of ours has a parent here: where nobody lives there is none, and others need not be looked at.
    if (known.size === 0 && fresh.length === 0) return [];
    const living = new Set(fresh.map((reader) => reader.pid));
    const zombies: ProcessReader[] = [];
    for (const pid of processesBetween(before, last) ?? []) {
      if (known.has(pid) || living.has(pid)) continue;
      const reader = LinuxProcessReader.open(pid, this.wanted);
      if (reader?.isZombie && (known.has(reader.parentPid) || living.has(reader.parentPid))) {
        zombies.push(reader);
      } else reader?.close();
    }
    return zombies;
  }

  /** A member may have made cgroups of its own below ours: one read tells, a listing would cost ten. */
  #hasSubdirectories(): boolean {
    return readOpen(this.#files.cgroupStat) && parseDescendants(text.bytes, text.length) !== 0;
  }

  #close(): void {
    for (const descriptor of Object.values(this.#files)) if (descriptor >= 0) closeFile(descriptor);
    closeFile(this.descriptor);
  }

  /** Whether `cgroup.events` has this line. */
  #says(line: string): boolean {
    return readFile(join(this.directory, "cgroup.events")) && textAsString().split("\n").includes(line);
  }

  #integer(descriptor: number): number {
    return readOpen(descriptor) ? nextInteger(text.bytes, 0, text.length) : NaN;
  }
}

/** The place of a group that another process has made: we are not there, and change nothing about it. */
function foreignHome(directory: string): CgroupHome {
  const own = ownCgroup();
  const parent = join(directory, "..");
  const refuge = "directory" in own ? own.directory : parent;
  return { directory: parent, refuge, obstacle: () => null, leave: () => {} };
}

/** Every directory below, parents before children; usually none. */
function subdirectories(directory: string): string[] {
  return listDirectory(directory).filter((entry) => entry.isDirectory).flatMap(({ name }) => {
    const path = join(directory, name);
    return [path, ...subdirectories(path)];
  });
}

/** Members that outlive their container go on where they would have been without us. */
function moveMembers(from: string, to: string): void {
  if (!readFile(join(from, "cgroup.procs"))) return;
  // One that ended meanwhile cannot be moved, and need not be.
  forEachPid(
    text.bytes.slice(0, text.length),
    text.length,
    (pid) => writeFile(join(to, "cgroup.procs"), String(pid)),
  );
}

const OWNER = new RegExp(`^${PREFIX}(\\d+)-\\d+$`);

/** Directories of proctors that were killed before they could tidy up; one still populated stays. */
function removeAbandoned(parent: string): void {
  // One owner may have made hundreds.
  const alive = new Map([[String(process.pid), true]]);
  const isAlive = (pid: string) => {
    if (!alive.has(pid)) alive.set(pid, readText(`/proc/${pid}/stat`) !== undefined);
    return alive.get(pid)!;
  };
  for (const { name } of listDirectory(parent)) {
    const owner = OWNER.exec(name)?.[1];
    if (!owner || isAlive(owner)) continue;
    const directory = join(parent, name);
    [...subdirectories(directory).reverse(), directory].forEach(removeDirectory);
  }
}
