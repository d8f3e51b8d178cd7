/* What is told of processes, and by whom: the kernel, their files, samples. */
import type { ProcessFigures } from "./process_figures.ts";

/** How a process ended. */
export interface ProcessEnd {
  /** null when a signal ended it. */
  readonly exitCode: number | null;
  /** Number of the signal that ended it, or null. */
  readonly signal: number | null;
}

/** What a process is called while it lives; what cannot be read, or is over, is null. */
export interface ProcessWords {
  readonly name: string | null;
  readonly executable: string | null;
  /** Its arguments, joined by spaces, cut off after some thousand characters. */
  readonly command: string | null;
}

/** What a process that lives has used. */
export interface LivingUse {
  /** When it was born, as exactly as is known. */
  readonly startNs: number;
  /** As {@link ThreadAccounts.executableId}. */
  readonly executableId: string | null;
  /** What its threads that live have used so far; those that ended earlier are not in it. */
  readonly used: ProcessFigures;
}

/** A process that ran before anybody listened. */
export interface EarlierProcess extends ProcessWords, LivingUse {
  readonly pid: number;
  readonly parentPid: number;
  /** The kernel's own mark of its start: what tells it from others that have its number later on. */
  readonly birth: number;
  /** Whether it has executed nothing: what it runs is its parent's program. */
  readonly isForkOnly: boolean;
  /** Its threads that live. */
  readonly threadIds: readonly number[];
}

/** What samples knew of a process when they saw that it had ended. */
export interface Sighting {
  readonly pid: number;
  readonly parentPid: number;
  readonly name: string;
  readonly command: string | null;
  /** How it ended, where we have waited for it: its CPU is the kernel's final count then. */
  readonly end: ProcessEnd | null;
  /** Whether the kernel killed it because memory ran out, as far as known. */
  readonly oomKilled: boolean;
  /** How long it had lived, at most. */
  readonly lifeSeconds: number;
  /** NaN when it is not known. */
  readonly cpuSeconds: number;
  /** NaN when it is not known. */
  readonly peakMemoryBytes: number;
}

/** What the table asks while it is told of events. */
export interface ProcessTableSources {
  /** Whether accounts of threads are told at all. */
  readonly hasAccounts: () => boolean;
  /** What a living process is called. */
  readonly words: (pid: number) => ProcessWords;
  /** Whether there is a process with this number. */
  readonly isThere: (pid: number) => boolean;
  /** Whether samples look at this process, so that a sighting of its end will come. */
  readonly isWatched: (pid: number) => boolean;
  /** What a living process is and has used; null when it is not known. */
  readonly standing: (pid: number) => EarlierProcess | null;
  /** What a living process has used, which is cheaper; null when it is not known. */
  readonly use: (pid: number) => LivingUse | null;
  /**
   * CPU of a living process since its use is counted, as samples have seen it last; NaN when they do not know it.
   * @param isEarlier whether that is later than its birth
   */
  readonly seenCpuSeconds: (pid: number, isEarlier: boolean) => number;
}
