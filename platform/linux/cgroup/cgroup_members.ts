import { basename, join } from "../../../core/posix_path.ts";
import type { TreeNews } from "../../../core/measure/member_news.ts";
import type { ContainerRequest } from "../../contract/containment.ts";
import type { ProcessReader } from "../../contract/processes.ts";
import type { StillFile } from "../../contract/stand_still.ts";
import { isGuard } from "../launch/guards.ts";
import { isStartedByUs } from "../launch/inherited_peak.ts";
import { KeptFile } from "../proc/kept_file.ts";
import { isMissing, readFile, readPiece, readText, text } from "../proc/kernel_file.ts";
import { ownProc } from "../proc/own_proc.ts";
import { birthNow } from "../proc/boot_time.ts";
import { lastPid } from "../proc/proc_loadavg.ts";
import { isOrphanOf } from "../processes/descent.ts";
import { processesBetween } from "../processes/new_pids.ts";
import { openNewborns } from "../processes/newborns.ts";
import { parseStatIdentity } from "../processes/process_entry.ts";
import { LinuxProcessReader } from "../processes/process_reader.ts";
import { ownChildren, possibleOrphans } from "../processes/wait.ts";
import { forEachPid, parseDescendants } from "./cgroup_files.ts";
import { isGroupName, PREFIX } from "./cgroup_home.ts";
import { parseMembership } from "./cgroup_path.ts";
import { groupPathOf, notedNewborn, noteNewborn } from "./group_children.ts";
import { subdirectories } from "./group_directories.ts";

/** Stands behind the path of a cgroup that is no more (cgroups(7)). */
const REMOVED = " (deleted)";
/**
 * Who leaves forks nobody and may leave an idle cgroup behind: whatever the hints say, the list is read after so long
 * for each member that stands in it, within bounds.
 */
const LIST_EVERY_MS = { perMember: 1, least: 50, most: 1_000 };

/** So many newborns are asked for their parents before the list is read. */
const STRANGERS_AT_MOST = 16;
/** A longer list is handed out piecewise: the kernel fills no more than a page at a time. */
const ONE_PIECE = 4_000;

/**
 * Finds the members of a tree that a cgroup v2 directory holds: those that it lists, their zombies, which it leaves
 * out, and those who have left it.
 */
export class CgroupMembers {
  /** Whether there were members in the last look that could not be opened: they are looked at again in the next. */
  hasUnopened = false;
  readonly #directory: string;
  readonly #request: ContainerRequest;
  readonly #procs: KeptFile;
  readonly #stat: KeptFile;
  readonly #leavers = new Set<number>();
  /** Given out last when members were last looked for. */
  #lastPid = lastPid();
  /** Whether nothing has been started or found in it. */
  #isUntouched: boolean;
  /** Before this nobody of it was born, in clock ticks. */
  #firstBirth = -Infinity;
  #listedMs = performance.now();
  #listedCount = 0;
  /** The list as it was looked through last; null before the first time. */
  #listed: Uint8Array | null = null;
  #hasBranches = false;
  /** How many members were known when all in the list were among them; negative where some may not be. */
  #knownCount = -1;

  constructor(directory: string, request: ContainerRequest) {
    this.#directory = directory;
    this.#request = request;
    this.#isUntouched = request.adopted !== true;
    this.#procs = new KeptFile(join(directory, "cgroup.procs"));
    this.#stat = new KeptFile(join(directory, "cgroup.stat"));
  }

  /**
   * Something is about to be started in it: what was born before the first is of other trees. Of hundreds that are made
   * before any is started each would else ask those of all others for their parents.
   */
  beforeLaunch(): void {
    if (!this.#isUntouched) return;
    this.#isUntouched = false;
    this.#lastPid = lastPid();
    this.#firstBirth = birthNow();
  }

  /** Members that were inside and have left. */
  get leavers(): ReadonlySet<number> {
    return this.#leavers;
  }

  /** Whether the list is to be read though nothing has run. */
  isListDue(): boolean {
    return performance.now() - this.#listedMs >= this.#listEveryMs();
  }

  #listEveryMs(): number {
    const { perMember, least, most } = LIST_EVERY_MS;
    return Math.min(most, Math.max(least, perMember * this.#listedCount));
  }

  /** Whether the text read last is the list as it was looked through last. */
  #isListed(): boolean {
    const listed = this.#listed;
    if (text.length !== listed?.length) return false;
    for (let at = 0; at < text.length; at++) if (text.bytes[at] !== listed[at]) return false;
    return true;
  }

  /**
   * Whether the list is to be looked through though nothing has run: it is due, and not what it was. The lists of
   * cgroups that the tree has made inside of its own are looked through each time.
   */
  isListNew(): boolean {
    if (!this.isListDue()) return false;
    if (this.#hasBranches || !this.#procs.readWhole()) return true;
    if (!this.#isListed()) return true;
    this.#listedMs = performance.now();
    return false;
  }

  /** What tells whether somebody has left since the list was looked through; null where somebody has, or may have. */
  stillFile(): StillFile | null {
    if (this.#hasBranches || !this.#procs.readWhole() || !this.#procs.isOpen || !this.#isListed()) {
      return null;
    }
    const listed = this.#listed;
    if (!listed || listed.length === 0 || listed.length > ONE_PIECE) return null;
    return { descriptor: this.#procs.descriptor, text: listed, everyMs: this.#listEveryMs() };
  }

  /** Hand over every process of the tree that is not in `known`; parents before children. */
  discover(
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
    thorough: boolean,
  ): void {
    const last = lastPid();
    const before = this.#lastPid;
    const mustList = thorough || this.hasUnopened || this.isListDue();
    if (last === before && !mustList) return;
    const born = processesBetween(before, last);
    // Others have forked: what came of it has ended, or is theirs.
    if (!mustList && born && !this.#mayBeOurs(born, known)) {
      this.#lastPid = last;
      return;
    }
    if (!this.#procs.readWhole()) {
      this.hasUnopened = !isMissing();
      return;
    }
    this.#lastPid = last;
    this.hasUnopened = false;
    this.#listedMs = performance.now();
    const isSame = !thorough && born?.length === 0 && known.size === this.#knownCount && this.#isListed();
    const listed = isSame ? this.#listed! : text.bytes.slice(0, text.length);
    this.#listed = listed;
    const hadBranches = this.#hasBranches;
    this.#hasBranches = this.#hasSubdirectories();
    if (isSame && !hadBranches && !this.#hasBranches) return;
    const inside = new Set<number>();
    const collect = (pid: number) => inside.add(pid);
    forEachPid(listed, listed.length, collect);
    for (const directory of this.#hasBranches ? subdirectories(this.#directory) : []) {
      if (readFile(join(directory, "cgroup.procs"))) forEachPid(text.bytes, text.length, collect);
    }
    this.#listedCount = inside.size;
    this.#noteLeavers(known, inside);
    const readers: ProcessReader[] = [];
    for (const pid of inside) {
      if (known.has(pid)) continue;
      const reader = LinuxProcessReader.open(pid, this.#request.wanted);
      if (reader) readers.push(reader);
      else if (!isMissing()) this.hasUnopened = true;
    }
    readers.push(...this.#relatives(born ?? [], known, readers, thorough));
    // Parents were started before their children; reading in this order never counts a child twice.
    readers.sort((a, b) => a.birth - b.birth || a.pid - b.pid);
    readers.forEach(found);
    if (readers.length > 0) this.#isUntouched = false;
    this.#knownCount = this.hasUnopened ? -1 : known.size;
  }

  /**
   * Take in those that events have told of. They are inside as their parents are: of one that is not, or not any more,
   * the parent may have left, too, and so may whoever has become another program.
   * @returns false where somebody is outside: the list will tell who else is
   */
  admit(
    { born, executed }: TreeNews,
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
  ): boolean {
    // A search is for what comes after.
    if (born.length > 0) this.#lastPid = lastPid();
    const { readers, hasUnopened, hasStrangers } = openNewborns(born, known, this.#request.wanted);
    this.hasUnopened = hasUnopened;
    for (const reader of readers) found(reader);
    for (const pid of this.#leavers) if (!known.has(pid)) this.#leavers.delete(pid);
    let areInside = true;
    for (const pid of new Set([...readers.map(({ pid }) => pid), ...executed])) {
      const member = known.get(pid);
      if (!member || member.isZombie || this.#leavers.has(pid)) continue;
      const membership = membershipOf(pid);
      if (membership === undefined || this.#isWithin(membership)) continue;
      this.#leavers.add(pid);
      areInside &&= this.#leavers.has(member.parentPid);
    }
    return areInside && !hasStrangers;
  }

  /** Whether a process, a zombie included, is inside beyond doubt. */
  owns(pid: number): boolean {
    return ownProc() && this.#isWithin(membershipOf(pid) ?? "");
  }

  /** Whether a process, a zombie included, is inside another group's cgroup beyond doubt. */
  isOfAnother(pid: number): boolean {
    const path = parseMembership(membershipOf(pid) ?? "") ?? "";
    return !this.#leadsInside(path) && path.split("/").some(isGroupName);
  }

  /** Close what is kept open. */
  close(): void {
    this.#procs.close();
    this.#stat.close();
  }

  /** Whether a process is inside, by its /proc/PID/cgroup. */
  #isWithin(membership: string): boolean {
    return this.#leadsInside(parseMembership(membership) ?? "");
  }

  #leadsInside(path: string): boolean {
    const own = basename(this.#directory);
    return path.endsWith(`/${own}`) || path.includes(`/${own}/`);
  }

  /**
   * Whether any of these newborns may be of the tree: it is a child of a member's, or its parent has ended, and it is
   * ours. One read of each that lives; but the list is cheaper than many of them.
   */
  #mayBeOurs(born: readonly number[], known: ReadonlyMap<number, ProcessReader>): boolean {
    if (born.length === 0) return false;
    // Orphans of a tree that we have adopted go to init, as others' do.
    if (this.#request.adopted || !ownProc()) return true;
    const unknown = born.filter((pid) => !this.#isKnownElsewhere(pid, known));
    return unknown.length > STRANGERS_AT_MOST || unknown.some((pid) => {
      const parent = parentOf(pid, noteNewborn);
      // What comes of a newborn of ours is told by that one, or has become our child.
      return parent === process.pid || known.has(parent) || (Number.isNaN(parent) && !isMissing());
    });
  }

  /**
   * Whether a newborn that is not known here is known elsewhere: we have started it in another group; or another group
   * has found a moment ago that it is inside of a third's cgroup, or older than this tree (PIDs have wrapped around),
   * and its parent is not of this tree. Should the parent have ended since, the newborn has become our child, and is
   * the third group's all the same.
   */
  #isKnownElsewhere(
    pid: number,
    known: ReadonlyMap<number, ProcessReader>,
    living?: ReadonlySet<number>,
  ): boolean {
    if (known.has(process.pid)) return false;
    // What this program has kept it may have adopted itself.
    if (isStartedByUs(pid) && !this.#request.adopted) return true;
    const noted = notedNewborn(pid);
    if (!noted || known.has(noted.parentPid) || living?.has(noted.parentPid)) return false;
    return noted.path === null ? noted.birth < this.#firstBirth : !this.#leadsInside(noted.path);
  }

  /**
   * Whoever is of the tree and not in the list: zombies, which it leaves out, and those who have left the cgroup before
   * they were seen. A parent inside tells them, or that they are orphans of the tree that have become our children.
   */
  #relatives(
    born: readonly number[],
    known: ReadonlyMap<number, ProcessReader>,
    fresh: readonly ProcessReader[],
    thorough: boolean,
  ): ProcessReader[] {
    if (!ownProc()) return [];
    const living = new Set(fresh.map((reader) => reader.pid));
    const candidates = new Set(born);
    // A child of ours inside another group's cgroup is not an orphan of this one.
    const isOfOthers = (pid: number) => {
      const path = known.has(process.pid) || known.has(pid) || isGuard(pid) ? null : groupPathOf(pid);
      return path !== null && !this.#leadsInside(path);
    };
    if (thorough) {
      // Where we are a member ourselves, so is what we have started; and it may have been kept and adopted.
      const isAnyone = known.has(process.pid) || this.#request.adopted === true;
      const children = isAnyone ? ownChildren() : possibleOrphans();
      for (const pid of children) if (!isOfOthers(pid)) candidates.add(pid);
    }
    const relatives: ProcessReader[] = [];
    for (const pid of candidates) {
      if (pid === process.pid || known.has(pid) || living.has(pid) || isGuard(pid)) continue;
      if (this.#isKnownElsewhere(pid, known, living)) continue;
      // Most are strangers: one read of their parents, instead of all there is to read.
      const parent = parentOf(pid, noteNewborn);
      if (parent !== process.pid && !known.has(parent) && !living.has(parent)) continue;
      if (parent === process.pid && isOfOthers(pid)) continue;
      const reader = LinuxProcessReader.open(pid, this.#request.wanted);
      if (!reader) continue;
      const { parentPid, isZombie } = reader;
      const hasParentHere = known.has(parentPid) || living.has(parentPid);
      if (
        hasParentHere ||
        (!isZombie && parentPid === process.pid && !this.isOfAnother(pid) && isOrphanOf(this.#request, pid))
      ) {
        relatives.push(reader);
        living.add(pid);
        if (!isZombie && !this.owns(pid)) this.#leavers.add(pid);
      } else reader.close();
    }
    return relatives;
  }

  /** A member that is neither in the list nor a zombie has moved, or was moved, to another cgroup. */
  #noteLeavers(known: ReadonlyMap<number, ProcessReader>, inside: ReadonlySet<number>): void {
    for (const pid of this.#leavers) if (!known.has(pid) || inside.has(pid)) this.#leavers.delete(pid);
    if (known.size <= inside.size || !ownProc()) return;
    for (const [pid, { isZombie }] of known) {
      if (isZombie || inside.has(pid) || this.#leavers.has(pid)) continue;
      const membership = membershipOf(pid);
      if (membership !== undefined && !this.#isWithin(membership)) this.#leavers.add(pid);
    }
  }

  /** A member may have made cgroups of its own below ours: one read tells, a listing would cost ten. */
  #hasSubdirectories(): boolean {
    return this.#stat.read() && parseDescendants(text.bytes, text.length) !== 0;
  }
}

/** Whether a process, a zombie included, is inside the cgroup of a group of this program that is gone. */
export function isOfGoneGroup(pid: number): boolean {
  const path = parseMembership(membershipOf(pid) ?? "") ?? "";
  return path.endsWith(REMOVED) && path.includes(`/${PREFIX}${process.pid}-`);
}

/** The parent of a process; NaN when it cannot be read. @param note called with what can be */
function parentOf(pid: number, note: typeof noteNewborn = () => {}): number {
  const identity = readPiece(`/proc/${pid}/stat`) ? parseStatIdentity(text.bytes, text.length) : null;
  if (!identity) return NaN;
  note(pid, identity.parentPid, identity.birth);
  return identity.parentPid;
}

/** In which cgroups a process is (cgroups(7)); undefined when that cannot be read. */
function membershipOf(pid: number): string | undefined {
  return readText(`/proc/${pid}/cgroup`);
}
