import type { ProcessReader, Wanted } from "./processes.ts";

/** How and with what a child of ours ended. */
export interface ChildExit {
  readonly pid: number;
  /** null when a signal ended it. */
  readonly exitCode: number | null;
  /** Number of the signal that ended it, or null. */
  readonly signal: number | null;
  /** Its final row: own and reaped use together in the own columns, from the kernel's last accounts. */
  readonly row: Float64Array;
  /** The most memory that it, or any process it has waited for, ever had resident, in bytes; NaN when not known. */
  readonly largestProcessBytes: number;
  /** Whether the peak in the row is the child's own and exact, not the highest seen. */
  readonly peakIsOwn: boolean;
}

/** Processes that are ours to wait for: those we have started, and orphans that have become ours. */
export interface Children {
  /** Open a child of ours that nobody has waited for, even where nothing of it can be read. */
  openChild(pid: number, wanted: Wanted): ProcessReader;
  /** Whether a process is a child of ours that nobody has waited for. */
  isChild(pid: number): boolean;
  /**
   * Whether a child of ours may have become one when it lost its parent; false where it was surely started by
   * ourselves.
   */
  mayBeOrphan(pid: number): boolean;
  /** Whether any member can be waited for, whoever its parent is: where processes are held by handles. */
  readonly waitsForAnyMember?: boolean;
  /** Note that this thread waits for a child, and no other of this program may. */
  holdChild(pid: number): void;
  /** Note that a child was waited for, or is none of ours. */
  unholdChild(pid: number): void;
  /** Note that a child of ours goes on without its group: it is to be buried when it has ended. */
  leaveChild(pid: number): void;
  /** Whether another thread of this program waits for a child. */
  isHeldElsewhere(pid: number): boolean;
  /** PID of an ended child of ours that nobody has waited for, or 0. */
  endedChild(): number;
  /** The PIDs of all such children. */
  endedChildren(): number[];
  /** Whether a child of ours has ended and waits to be reaped. */
  hasEnded(pid: number): boolean;
  /**
   * Take an ended child out of the process table, with its final accounts; null when it has not ended or is no
   * child of ours. The reader has seen its last afterwards.
   */
  reap(reader: ProcessReader): ChildExit | null;
  /** Whether the kernel may have ended a child for want of memory, going by how it ended. */
  mayBeOomKill(exit: ChildExit): boolean;
  /** Call `notify` when a child of ours may have ended, in the main thread only; returns how to stop. */
  onChildEnd(notify: () => void): () => void;
  /** Take an ended child out of the process table; nobody wants to know how it ended. */
  bury(pid: number): void;
}
