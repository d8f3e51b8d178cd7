/* Counters of threads, and how they add up to those of a process. */
import { larger } from "./numbers.ts";

/** What one thread came to, as the kernel tells at its end. Counters are its own, without its children's. */
export interface ThreadAccounts {
  readonly pid: number;
  readonly threadId: number;
  /** The name that the kernel knew the thread by: 15 bytes at most. */
  readonly name: string;
  /** Tells one executable file from another: device and inode; null before Linux 5.19. */
  readonly executableId: string | null;
  /** Whether it has never executed anything: what it ran was its parent's program. */
  readonly isForkOnly: boolean;
  /** CPU seconds but for the last slice of time: at least this, and at most one tick of the timer more. */
  readonly cpuSeconds: number;
  /** CPU seconds by the ticks of the timer: 0 or a tick for what is short, and fair in sums of many. */
  readonly tickedSeconds: number;
  /** The most memory that its program had resident, in bytes. */
  readonly peakMemoryBytes: number;
  readonly diskReadBytes: number;
  readonly diskWriteBytes: number;
  readonly ioReadBytes: number;
  readonly ioWriteBytes: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
}

/** What one thread came to, by its own counters in the kernel; NaN where a kernel does not count. */
export interface ThreadTotals extends Omit<ThreadFigures, "tickedSeconds"> {
  /** Whether the last slice of its time is in them. */
  readonly isFinal: boolean;
}

type ThreadFigures = Record<Summed, number>;

/** Counters of a thread that add up to those of its process. */
export const SUMMED = [
  "cpuSeconds",
  "tickedSeconds",
  "diskReadBytes",
  "diskWriteBytes",
  "ioReadBytes",
  "ioWriteBytes",
  "minorFaults",
  "majorFaults",
  "voluntarySwitches",
  "involuntarySwitches",
] as const satisfies readonly (keyof ThreadAccounts)[];

/** The name of a counter that adds up. */
export type Summed = (typeof SUMMED)[number];

/** What a process used, its own alone; NaN where it is not known. */
export type ProcessFigures = Record<Summed | "peakMemoryBytes", number>;

/** Figures of which nothing is known. */
export function unknownFigures(): ProcessFigures {
  const figures = { peakMemoryBytes: NaN } as ProcessFigures;
  for (const name of SUMMED) figures[name] = NaN;
  return figures;
}

/** Add what is known to what is known. */
export function addFigures(to: ProcessFigures, more: ProcessFigures | ThreadAccounts): void {
  for (const name of SUMMED) {
    if (Number.isNaN(more[name])) continue;
    to[name] = Number.isNaN(to[name]) ? more[name] : to[name] + more[name];
  }
  to.peakMemoryBytes = larger(to.peakMemoryBytes, more.peakMemoryBytes);
}

/** No counter is below what it was. */
export function raiseFigures(to: ProcessFigures, least: ProcessFigures): void {
  for (const name of SUMMED) to[name] = larger(to[name], least[name]);
  to.peakMemoryBytes = larger(to.peakMemoryBytes, least.peakMemoryBytes);
}

/** Take what was used before off what was used in all; a counter that could not be read then counts for nothing. */
export function subtractFigures(from: ProcessFigures, before: ProcessFigures): void {
  for (const name of SUMMED) {
    if (!Number.isNaN(before[name])) from[name] = Math.max(0, from[name] - before[name]);
  }
}
