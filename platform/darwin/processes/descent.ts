import type { ContainerRequest } from "../../contract/containment.ts";
import type { ProcessReader } from "../../contract/processes.ts";
import type { UniqueInfo } from "../layout/proc_info.ts";
import { allPids, isDead, shortBsdInfo, uniqueInfo } from "../sys/libproc.ts";
import type { LibSystem } from "../sys/libsystem.ts";
import { DarwinProcessReader } from "./process_reader.ts";
import { TreeWatch } from "./process_watch.ts";
import type { ProcessWatch } from "./process_watch.ts";
import { environmentOf } from "./process_words.ts";

/** Now and then everybody is looked at, whatever the kernel tells of forks. */
const SWEEP_EVERY = 20;
const LAUNCHD = 1;

/**
 * Finds the members of a tree by who has started whom: each process has a number that is never given twice, and the
 * number of its starter, which stays whoever its parent is by now. So whoever has left its parent and its session is
 * found all the same, unless its starter came and went between two samples. Such an orphan is known by the mark alone,
 * where its program tells its environment.
 */
export class Descent {
  /** Whether any member has forked, or may have unseen. */
  hasForked = false;
  /** Called with the own number of each member when it is found. */
  onFound: (uniqueId: number) => void = () => {};
  /** Called with the own number of a member that has ended, when it can have started nobody who is not found. */
  onForgotten: (uniqueId: number) => void = () => {};
  /** PIDs of members by their own numbers, of the dead as long as there may be somebody that they have started. */
  readonly #members = new Map<number, number>();
  /** Orphans that turned out to be others'. */
  readonly #strangers = new Set<number>();
  readonly #watch: TreeWatch;
  #areAllWatched = true;
  #looks = 0;

  constructor(readonly system: LibSystem, watch: ProcessWatch, readonly request: ContainerRequest) {
    this.#watch = new TreeWatch(watch);
  }

  /** Hand over every process of the tree that is not in `known`; parents before children. */
  discover(
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
    thorough: boolean,
  ): void {
    for (const reader of known.values()) this.note(reader as DarwinProcessReader);
    const forks = this.#watch.takeForks();
    if (forks || !this.#areAllWatched) this.hasForked = true;
    const isDue = this.#looks++ % SWEEP_EVERY === 0;
    if (!thorough && !forks && !isDue && this.#areAllWatched) return;
    const before = [...this.#members.keys()].filter((uniqueId) => !this.#isKnown(uniqueId, known));
    // Whoever was born while everybody was listed was started by somebody that is known by now.
    while (this.#sweep(known, found) > 0);
    // Who was dead when that began has started nobody since.
    for (const uniqueId of before) {
      this.#members.delete(uniqueId);
      this.onForgotten(uniqueId);
    }
  }

  /** Know a member, and be told of its forks. */
  note({ pid, uniqueId }: { readonly pid: number; readonly uniqueId?: number }): void {
    if (uniqueId === undefined || Number.isNaN(uniqueId) || this.#members.has(uniqueId)) return;
    this.#members.set(uniqueId, pid);
    this.onFound(uniqueId);
    if (this.#watch.add(pid)) return;
    this.hasForked = true;
    const who = shortBsdInfo(this.system, pid);
    if (who && !isDead(who.status)) this.#areAllWatched = false;
  }

  /** Whether a process was started by a member, and lives. */
  isMember(pid: number): boolean {
    const unique = uniqueInfo(this.system, pid);
    return unique !== null &&
      (this.#members.has(unique.uniqueId) || this.#members.has(unique.starterUniqueId));
  }

  /** How many members have ended because memory ran short; NaN where that is not told of all. */
  memoryKillCount(): number {
    this.#watch.look();
    return this.#areAllWatched ? this.#watch.memoryKillCount : NaN;
  }

  /** Look no more. */
  close(): void {
    this.#watch.close();
  }

  #isKnown(uniqueId: number, known: ReadonlyMap<number, ProcessReader>): boolean {
    const pid = this.#members.get(uniqueId);
    const reader = pid === undefined ? undefined : known.get(pid);
    return (reader as DarwinProcessReader | undefined)?.uniqueId === uniqueId;
  }

  /** @returns how many were found */
  #sweep(known: ReadonlyMap<number, ProcessReader>, found: (reader: ProcessReader) => void): number {
    let first = Infinity;
    for (const uniqueId of this.#members.keys()) first = Math.min(first, uniqueId);
    const others = new Map<number, UniqueInfo>();
    const present = new Set<number>();
    for (const pid of allPids(this.system)) {
      if (known.has(pid) || pid === process.pid) continue;
      const unique = uniqueInfo(this.system, pid);
      // Numbers rise: whoever has a lower one than all members is none.
      if (!unique || unique.uniqueId < first || this.#members.has(unique.uniqueId)) continue;
      others.set(pid, unique);
      present.add(unique.uniqueId);
    }
    for (const uniqueId of this.#strangers) if (!present.has(uniqueId)) this.#strangers.delete(uniqueId);
    let count = 0;
    // Whoever has started another may stand behind it.
    for (let grown = true; grown;) {
      grown = false;
      for (const [pid, unique] of others) {
        if (!this.#members.has(unique.starterUniqueId) && !this.#isMarkedOrphan(pid, unique)) continue;
        others.delete(pid);
        const reader = DarwinProcessReader.open(this.system, pid, this.request.wanted);
        if (!reader || this.#members.has(reader.uniqueId)) continue;
        this.note(reader);
        found(reader);
        // Whoever was found was born, whether that was told or not.
        this.hasForked = grown = true;
        count++;
      }
    }
    return count;
  }

  #isMarkedOrphan(pid: number, { uniqueId }: UniqueInfo): boolean {
    if (this.#strangers.has(uniqueId)) return false;
    if (shortBsdInfo(this.system, pid)?.parentPid !== LAUNCHD) return false;
    const isMarked = environmentOf(this.system, pid).includes(this.request.marker);
    if (!isMarked) this.#strangers.add(uniqueId);
    return isMarked;
  }
}
