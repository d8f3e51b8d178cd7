import { readPiece, text } from "../proc/kernel_file.ts";
import { lastPid } from "../proc/proc_loadavg.ts";
import { processesBetween } from "./new_pids.ts";
import { processCpuSeconds } from "./cpu_clock.ts";
import { parseStatIdentity } from "./process_entry.ts";
import { pidsIn } from "./process_lookup.ts";

/** All who ask within this time get one answer: those whose ticks fall into one slot of a timer do. */
const FRESH_MS = 5;
/** Whoever has to know of everybody is served by a search that is no older than this, and what has come since. */
const THOROUGH_MS = 1_000;
/** Everything is searched this often: a process may have been just about to begin when its PID was looked at. */
const SWEEP_EVERY_MS = 10_000;
/** As many newcomers are remembered at least, for those who have not heard of them. */
const MOST_NEWS = 1_000;
/** The dead are kept so that their children are found through them; not in any number. */
const MOST_DEAD = 2_000;

/** A process as it was seen first: whose child it is, and of which session. */
export interface Kin {
  readonly pid: number;
  readonly birth: number;
  readonly parentPid: number;
  readonly session: number;
  /** Whether it is known to be gone. */
  isGone: boolean;
  /** Its CPU clock before it was last read, and whether it had ended by then: its children are others' from there on. */
  clock: number;
  isDead: boolean;
}

/**
 * Who is whose child, of all processes of the machine: one for all trees that are watched from outside, so that a
 * hundred of them cost one search. It reads /proc/PID/stat of what is new, which the PID given out last tells, and of
 * all now and then.
 */
export class ProcessIndex {
  /** Rises with everything that is new. */
  version = 0;
  /** The newest of them, the last of which has made the version what it is. */
  #news: Kin[] = [];
  readonly #byPid = new Map<number, Kin>();
  readonly #byParent = new Map<number, Set<Kin>>();
  readonly #bySession = new Map<number, Set<Kin>>();
  /** CPU clocks of kernel threads, by PID: they are nobody's kin. */
  readonly #kernelThreads = new Map<number, number>();
  #lastPid = NaN;
  #updatedAtMs = -Infinity;
  #sweptAtMs = -Infinity;
  #sizeAfterSweep = 0;

  /** Take in what is new. */
  update(thorough: boolean): void {
    const now = performance.now();
    if (!thorough && now - this.#updatedAtMs < FRESH_MS) return;
    this.#updatedAtMs = now;
    const before = this.#lastPid;
    const last = this.#lastPid = lastPid();
    const isOld = now - this.#sweptAtMs >= (thorough ? THOROUGH_MS : SWEEP_EVERY_MS);
    const isCrowded = this.#byPid.size > this.#sizeAfterSweep + MOST_DEAD;
    const unknown = Number.isNaN(before) || Number.isNaN(last);
    const fresh = isOld || isCrowded || unknown ? undefined : processesBetween(before, last);
    if (fresh) { for (const pid of fresh) this.#add(pid); }
    else this.#sweep(now);
  }

  /** Who has come since there was a version; undefined where that is too long ago. */
  newSince(version: number): readonly Kin[] | undefined {
    const count = this.version - version;
    return count > this.#news.length ? undefined : this.#news.slice(this.#news.length - count);
  }

  /** Those that were born of a process, or lead on its session, as far as they are younger than it. */
  *kinOf(pid: number, birth: number): Iterable<Kin> {
    for (const related of [this.#byParent.get(pid), this.#bySession.get(pid)]) {
      if (!related) continue;
      // What is older belongs to a process that had the PID before.
      for (const kin of related) if (kin.birth >= birth && kin.pid !== pid) yield kin;
    }
  }

  #sweep(now: number): void {
    this.#sweptAtMs = now;
    const pids = pidsIn("/proc");
    const there = new Set(pids);
    for (const kin of this.#byPid.values()) if (!there.has(kin.pid)) this.#remove(kin);
    for (const pid of this.#kernelThreads.keys()) if (!there.has(pid)) this.#kernelThreads.delete(pid);
    // To open and read a file costs ten times what a clock does.
    const still: Kin[] = [];
    for (const pid of pids) {
      const clock = processCpuSeconds(pid);
      const kin = this.#byPid.get(pid);
      if (kin?.clock === clock && !kin.isGone) still.push(kin);
      else if (this.#kernelThreads.get(pid) !== clock) this.#add(pid);
    }
    // By now it is known of all others who they are.
    for (const kin of still) if (!this.#hasItsParent(kin)) this.#add(kin.pid);
    this.#sizeAfterSweep = this.#byPid.size;
  }

  /**
   * Whether the parent of one that has not run lives on: else it is an orphan by now, and somebody else's child. What
   * is no older has the number of a parent that is gone.
   */
  #hasItsParent({ parentPid, birth }: Kin): boolean {
    const parent = this.#byPid.get(parentPid);
    return parent !== undefined && !parent.isGone && !parent.isDead && parent.birth < birth;
  }

  #add(pid: number): void {
    // Read first: whoever runs from here on is read again.
    const clock = processCpuSeconds(pid);
    if (!readPiece(`/proc/${pid}/stat`)) return;
    const identity = parseStatIdentity(text.bytes, text.length);
    if (identity?.isKernelThread) this.#kernelThreads.set(pid, clock);
    if (!identity || identity.isKernelThread) return;
    const { birth, parentPid, session, isDead } = identity;
    const before = this.#byPid.get(pid);
    const isSame = before?.birth === birth && before.parentPid === parentPid && before.session === session;
    // Who was taken for gone, and is there, is found anew.
    if (isSame && !before.isGone) {
      before.clock = clock;
      before.isDead = isDead;
      return;
    }
    if (before) this.#remove(before);
    const kin = { pid, birth, parentPid, session, isGone: false, clock, isDead };
    this.#byPid.set(pid, kin);
    put(this.#byParent, parentPid, kin);
    put(this.#bySession, session, kin);
    this.version++;
    this.#news.push(kin);
    if (this.#news.length > 2 * MOST_NEWS) this.#news = this.#news.slice(-MOST_NEWS);
  }

  #remove(kin: Kin): void {
    this.#byPid.delete(kin.pid);
    take(this.#byParent, kin.parentPid, kin);
    take(this.#bySession, kin.session, kin);
  }
}

function put(map: Map<number, Set<Kin>>, key: number, kin: Kin): void {
  const set = map.get(key);
  if (set) set.add(kin);
  else map.set(key, new Set([kin]));
}

function take(map: Map<number, Set<Kin>>, key: number, kin: Kin): void {
  const set = map.get(key);
  set?.delete(kin);
  if (set?.size === 0) map.delete(key);
}
