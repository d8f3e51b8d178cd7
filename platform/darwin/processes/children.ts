import { Raw } from "../../../core/measure/raw.ts";
import type { ChildExit, Children } from "../../contract/children.ts";
import type { ProcessReader, Wanted } from "../../contract/processes.ts";
import { onChildEnd } from "../../posix/child_signal.ts";
import { parseRusage, parseStatus, RUSAGE_SIZE, SIGINFO_SIZE, siginfoPid } from "../layout/waited.ts";
import { signalNumber } from "../layout/signals.ts";
import { childPids } from "../sys/libproc.ts";
import type { LibSystem } from "../sys/libsystem.ts";
import { DarwinProcessReader } from "./process_reader.ts";
import type { ProcessWatch } from "./process_watch.ts";

// bsd/sys/wait.h of XNU
const P_ALL = 0;
const P_PID = 1;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x20;

/**
 * Processes that are ours to wait for: those that we have started. Orphans go to launchd, never to us. What this thread
 * holds no other knows of: groups are to be held by one thread of a program.
 */
export class DarwinChildren implements Children {
  readonly #held = new Set<number>();
  readonly #left = new Set<number>();
  readonly #guards = new Map<number, () => void>();

  constructor(readonly system: LibSystem, readonly watch: ProcessWatch) {}

  openChild(pid: number, wanted: Wanted): DarwinProcessReader {
    return DarwinProcessReader.openChild(this.system, pid, wanted);
  }

  isChild(pid: number): boolean {
    return this.#peek(P_PID, pid) !== null;
  }

  mayBeOrphan(): boolean {
    return false;
  }

  holdChild(pid: number): void {
    this.#left.delete(pid);
    this.#held.add(pid);
  }

  unholdChild(pid: number): void {
    this.#held.delete(pid);
    this.#left.delete(pid);
  }

  leaveChild(pid: number): void {
    this.#held.delete(pid);
    this.#left.add(pid);
  }

  isHeldElsewhere(): boolean {
    return false;
  }

  endedChild(): number {
    for (;;) {
      const pid = this.#peek(P_ALL, 0) ?? 0;
      const onLoss = this.#guards.get(pid);
      if (onLoss) {
        this.#guards.delete(pid);
        this.bury(pid);
        onLoss();
      } else if (this.#left.has(pid)) this.bury(pid);
      else return pid;
    }
  }

  endedChildren(): number[] {
    // The dead are not listed for sure; those that matter are known.
    const pids = new Set([...childPids(this.system, process.pid), ...this.#held, this.endedChild()]);
    return [...pids].filter((pid) => pid > 0 && this.hasEnded(pid));
  }

  hasEnded(pid: number): boolean {
    return this.#peek(P_PID, pid) === pid;
  }

  reap(reader: ProcessReader): ChildExit | null {
    const { pid } = reader;
    // The kernel keeps its last figures until it is waited for.
    reader.look(true);
    const row = reader.row.slice();
    const status = this.system.scratch("status", 8);
    const usage = this.system.scratch("rusage", RUSAGE_SIZE);
    if (this.system.c.wait4(pid, status.address, WNOHANG, usage.address) !== pid) return null;
    this.unholdChild(pid);
    foldUsage(row, usage.view);
    const peak = row[Raw.peakMemoryBytes];
    return {
      pid,
      ...parseStatus(status.view.getUint32(0, true)),
      row,
      // The kernel's own figure is of its resident memory, which is another measure than its footprint.
      largestProcessBytes: peak,
      peakIsOwn: !Number.isNaN(peak),
    };
  }

  mayBeOomKill({ pid, signal }: ChildExit): boolean {
    return signal === signalNumber("SIGKILL") && this.watch.takeOutOfMemory(pid);
  }

  onChildEnd(notify: () => void): () => void {
    return onChildEnd(notify);
  }

  bury(pid: number): void {
    this.system.c.wait4(pid, 0, WNOHANG, 0);
    this.unholdChild(pid);
  }

  /**
   * Note that a child is a guard, of no tree.
   * @param onLoss called when it has ended by itself
   */
  addGuard(pid: number, onLoss: () => void): void {
    this.#guards.set(pid, onLoss);
  }

  /** End a guard, and leave no zombie. */
  endGuard(pid: number): void {
    if (!this.#guards.delete(pid)) return;
    this.system.c.kill(pid, signalNumber("SIGKILL"));
    this.system.c.wait4(pid, 0, 0, 0);
  }

  /** Of the children asked for one that has ended, left where it is; 0 when none has; null when there are none such. */
  #peek(kind: number, id: number): number | null {
    const block = this.system.scratch("siginfo", SIGINFO_SIZE);
    block.bytes.fill(0);
    const options = WEXITED | WNOHANG | WNOWAIT;
    return this.system.c.waitid(kind, id, block.address, options) === 0 ? siginfoPid(block.view) : null;
  }
}

/** What wait4 tells is of the child and all that it had waited for: it goes into the own columns, whole. */
function foldUsage(row: Float64Array, view: DataView): void {
  const usage = parseRusage(view);
  row[Raw.userSeconds] = usage.userSeconds;
  row[Raw.systemSeconds] = usage.systemSeconds;
  row[Raw.cpuSeconds] = usage.userSeconds + usage.systemSeconds;
  row[Raw.minorFaults] = usage.minorFaults;
  row[Raw.majorFaults] = usage.majorFaults;
  row[Raw.voluntarySwitches] = usage.voluntarySwitches;
  row[Raw.involuntarySwitches] = usage.involuntarySwitches;
  for (
    const column of [
      Raw.reapedCpuSeconds,
      Raw.reapedUserSeconds,
      Raw.reapedSystemSeconds,
      Raw.reapedMinorFaults,
      Raw.reapedMajorFaults,
    ]
  ) row[column] = 0;
}
