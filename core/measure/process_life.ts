import { larger } from "./numbers.ts";
import { addFigures, raiseFigures, subtractFigures, SUMMED, unknownFigures } from "./process_figures.ts";
import type { ProcessFigures, ThreadAccounts, ThreadTotals } from "./process_figures.ts";
import type { EarlierProcess, LivingUse, ProcessEnd, ProcessWords, Sighting } from "./process_sources.ts";

/** Births no further apart are the same: one is told in nanoseconds, the other in ticks of a hundredth of a second. */
const SAME_BIRTH_NS = 30e6;

const NO_MORE = { tickedSeconds: NaN, peakMemoryBytes: NaN };

/** One process, from its birth to its end. */
export class ProcessLife {
  name: string | null = null;
  executable: string | null = null;
  command: string | null = null;
  /** Tells its program from any other, whatever that is called. */
  executableId: string | null = null;
  /** Whether it has executed nothing: what it ran was its parent's program. */
  isForkOnly = true;
  /** When it ended; NaN as long as it lives, or when nobody knows. */
  endNs = NaN;
  end: ProcessEnd | null = null;
  /** Its threads that live. */
  threadCount = 1;
  /** Threads that have ended and are not accounted for. */
  awaitedCount = 0;
  /** Whether the accounts of a thread of it were lost, or there never were any. */
  lacksAccounts = false;
  /** Whether it is over and its end was not told: what it used after the last that was told is not known. */
  isLost = false;
  /** Whether it was not there when last looked for, though its end was not told. */
  isMissing = false;
  figures = unknownFigures();
  /** Whether its CPU is the kernel's final count, the last slice of time included. */
  hasExactCpu = false;
  oomKilled = false;
  /** Since when its use is counted, where it ran before anybody listened; NaN where it is counted from its birth. */
  countedFromNs = NaN;
  /** What its threads had used by then. */
  #before: ProcessFigures | undefined;
  /** Its threads one by one, as long as events that were told before it was taken may be of them. */
  #threads: Set<number> | undefined;
  #sighting: Sighting | undefined;
  #totals: ProcessFigures | undefined;
  /** Whether all threads that have ended told their final count. */
  #isFinal = true;
  /** Whether any of its threads has ended. */
  #hasEnds = false;
  /** What it had used when that was read last, where that was a while ago. */
  #least: ProcessFigures | undefined;

  constructor(readonly pid: number, public parentPid: number, public startNs: number) {}

  /** Whether all of it has ended. */
  get isOver(): boolean {
    return this.threadCount <= 0;
  }

  /** Whether something that it used is not known. */
  get isUnaccounted(): boolean {
    return this.isLost || (this.lacksAccounts && !(this.isOver && this.#totals));
  }

  /** Seconds from birth to end; NaN when the end is not known. */
  get lifeSeconds(): number {
    return (this.endNs - this.startNs) / 1e9;
  }

  /** Whether it ran before anybody listened. */
  get isEarlier(): boolean {
    return !Number.isNaN(this.countedFromNs);
  }

  /**
   * It ran before anybody listened, and is counted from now on. What is told of its threads next may have happened
   * before they were listed, or after: each is a thread once.
   */
  takeUp(earlier: EarlierProcess, nowNs: number): void {
    this.countFrom(nowNs, earlier.used);
    this.isForkOnly = earlier.isForkOnly;
    this.call(earlier);
    this.#threads = new Set(earlier.threadIds);
    this.threadCount = this.#threads.size;
  }

  /** It is counted from now on: what it had used by now was not for us. */
  countFrom(nowNs: number, used: ProcessFigures): void {
    this.countedFromNs = nowNs;
    this.#before = used;
  }

  /** It had written so much before it was the command, which is not for us, though all else is. */
  discount(ioWriteBytes: number): void {
    if (ioWriteBytes > 0) this.#before = { ...unknownFigures(), ioWriteBytes };
  }

  /** It was taken for one that ran before, and its birth is told. */
  bear(parentPid: number, atNs: number): void {
    this.parentPid = parentPid;
    this.startNs = atNs;
    this.countedFromNs = NaN;
    this.#before = undefined;
    this.#threads?.add(this.pid);
    this.threadCount = this.#threads?.size ?? this.threadCount;
  }

  /** What is told from now on happened after it was taken up. */
  catchUp(): void {
    this.#threads = undefined;
  }

  /** A thread of it has begun. */
  beginThread(threadId: number): void {
    this.#threads?.add(threadId);
    this.threadCount = this.#threads?.size ?? this.threadCount + 1;
  }

  /** A thread of it has ended; false where that was none when it was taken up, so that nothing of it counts. */
  endThread(threadId: number): boolean {
    if (this.#threads?.delete(threadId) === false) return false;
    this.threadCount = this.#threads?.size ?? this.threadCount - 1;
    return true;
  }

  /** A copy, which goes on from here by itself. */
  copy(): ProcessLife {
    const copy = new ProcessLife(this.pid, this.parentPid, this.startNs);
    Object.assign(copy, this, { figures: { ...this.figures } });
    copy.#before = this.#before;
    copy.#sighting = this.#sighting;
    copy.#totals = this.#totals && { ...this.#totals };
    copy.#isFinal = this.#isFinal;
    copy.#hasEnds = this.#hasEnds;
    return copy;
  }

  /**
   * It lives on, and what has its number now; null where that is not known. Whoever was born after it is another, so
   * that its own end was not told.
   * @param isIdentified whether programs are told apart by their file
   */
  goOn(living: LivingUse | null, isIdentified: boolean): void {
    const totals = this.#totals;
    const isIt = living !== null && living.startNs - this.startNs <= SAME_BIRTH_NS;
    const used = isIt ? living.used : null;
    if (isIdentified && isIt) this.executableId ??= living.executableId;
    if (used) {
      addFigures(totals ?? this.figures, used);
      this.figures.peakMemoryBytes = larger(this.figures.peakMemoryBytes, used.peakMemoryBytes);
    }
    // Totals of threads have what their accounts lack.
    this.lacksAccounts = used === null || (this.lacksAccounts && !totals);
    this.hasExactCpu = !this.lacksAccounts && (totals ? this.#isFinal : !this.#hasEnds);
  }

  /**
   * It lives on, and was the same program when it was read, a while ago: counters do not fall.
   * @param seenCpuSeconds what samples have seen since; NaN when they do not know it
   */
  goOnFrom(before: ProcessLife, seenCpuSeconds: number): void {
    this.executableId ??= before.executableId;
    this.lacksAccounts = before.lacksAccounts;
    this.hasExactCpu = before.hasExactCpu;
    const cpuSeconds = larger(before.figures.cpuSeconds, seenCpuSeconds);
    this.#least = { ...before.figures, cpuSeconds };
  }

  /** A copy of the parent is called what that is called. */
  inherit(parent: ProcessLife): void {
    this.name = parent.name;
    this.executable = parent.executable;
    this.command = parent.command;
  }

  /** It is another program from now on. */
  execute(): void {
    // Of its threads one is left, under the number of the process.
    this.catchUp();
    this.isForkOnly = false;
    this.name = this.executable = this.command = null;
  }

  /** It is called this, where that was not told of its execution. */
  call(words: ProcessWords): void {
    this.name ??= words.name;
    this.executable ??= words.executable;
    this.command ??= words.command;
  }

  /** What one of its threads came to. */
  account(accounts: ThreadAccounts): void {
    addFigures(this.figures, accounts);
    if (accounts.threadId !== this.pid) return;
    this.name = accounts.name;
    this.executableId = accounts.executableId;
    this.isForkOnly = accounts.isForkOnly;
  }

  /** What one of its threads came to by its own counters; undefined where they were not told. */
  total(totals: ThreadTotals | undefined): void {
    this.#hasEnds = true;
    if (!totals?.isFinal) this.#isFinal = false;
    if (totals) addFigures(this.#totals ??= unknownFigures(), { ...NO_MORE, ...totals });
  }

  /** What samples know of it. */
  sight(sighting: Sighting): void {
    this.#sighting = sighting;
  }

  /** Nobody will tell more of it: what samples knew stands in for what nobody else has told. */
  conclude(): void {
    const totals = this.#totals;
    if (totals) {
      // Its accounts say the same, but of its last slice of time.
      for (const name of SUMMED) {
        if (!Number.isNaN(totals[name])) this.figures[name] = totals[name];
      }
      this.hasExactCpu ||= this.isOver && this.#isFinal && !this.isLost;
    }
    if (this.#before) subtractFigures(this.figures, this.#before);
    if (this.#least) raiseFigures(this.figures, this.#least);
    const sighting = this.#sighting;
    if (!sighting) return;
    this.parentPid ||= sighting.parentPid;
    this.name ??= sighting.name;
    this.command ??= sighting.command;
    this.end ??= sighting.end;
    const { figures } = this;
    this.oomKilled = sighting.oomKilled;
    if (!this.hasExactCpu) {
      this.hasExactCpu = sighting.end !== null && !Number.isNaN(sighting.cpuSeconds);
      if (this.hasExactCpu || Number.isNaN(figures.cpuSeconds)) figures.cpuSeconds = sighting.cpuSeconds;
    }
    if (Number.isNaN(figures.peakMemoryBytes)) figures.peakMemoryBytes = sighting.peakMemoryBytes;
  }
}
