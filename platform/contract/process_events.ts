/*
 * What the kernel tells of every process of the machine as it is born, executes and ends: nothing is looked for, and
 * nothing that lives shortly is missed.
 */
import type { ThreadAccounts, ThreadTotals } from "../../core/measure/process_figures.ts";
import type {
  EarlierProcess,
  LivingUse,
  ProcessEnd,
  ProcessWords,
} from "../../core/measure/process_sources.ts";

import type { CgroupPlace } from "./workloads.ts";

export type { ThreadAccounts, ThreadTotals } from "../../core/measure/process_figures.ts";
export type {
  EarlierProcess,
  LivingUse,
  ProcessEnd,
  ProcessWords,
} from "../../core/measure/process_sources.ts";

/**
 * Whoever is told. Calls come in the order in which things happened, but that the accounts of a thread may come any
 * time before its end is told, or up to one {@link ProcessEvents.drain} after. Times are of
 * {@link ProcessEvents.nowNs}.
 */
export interface ProcessEventSink {
  /**
   * Where groups are told of: those that a process is in, a bit for each, before what it does there is told.
   * @param used where that is an execution: what the one thread that is left of it had used by then
   */
  inGroups?(pid: number, groups: number, atNs: number, used?: ThreadTotals): void;
  /** A process was born. */
  forked(pid: number, parentPid: number, atNs: number): void;
  /** A process has one thread more. */
  threadStarted(pid: number, threadId: number): void;
  /** A process has become another program, called so, where that is told. */
  executed(pid: number, atNs: number, words?: ProcessWords): void;
  /** The last thread of a process has begun to end: whoever waits for the process has not heard of it yet. */
  leaving(pid: number, atNs: number): void;
  /** A thread has ended; the main one where both numbers are the same. What it came to, where that is told with it. */
  exited(pid: number, threadId: number, end: ProcessEnd, atNs: number, totals?: ThreadTotals): void;
  /** What a thread came to. */
  accounted(accounts: ThreadAccounts): void;
}

/** An open feed of events. Nothing of it outlives this process, whatever way that ends. */
export interface ProcessEvents {
  /** What tells, as records name it. */
  readonly source: string;
  /** Whether there are {@link ThreadAccounts}. */
  readonly hasAccounts: boolean;
  /** Whether an end may be told shortly after whoever waits for the process has heard of it. */
  readonly tellsEndsLate: boolean;
  /** Why it does not tell more, and what would raise it; null where it tells all it can. */
  readonly limitation: string | null;
  /** How long it may go without a {@link drain}, in milliseconds, so that nothing is lost in a usual storm. */
  readonly patienceMs: number;
  /** How long it may go so as long as nothing waits at its {@link descriptor}, which does not tell of all. */
  readonly idlePatienceMs: number;
  /** Readable, as poll(2) has it, from the moment on at which something waits that tells of births or ends. */
  readonly descriptor: number;
  /** Whether the births of all processes of the machine are told, and not those alone who descend from this one. */
  readonly tellsStrangers: boolean;
  /** A process that this program has just started is whoever's this feed is, where several share one. */
  claim(pid: number): void;
  /**
   * Tell of a process that others have started, too, and of what descends from it from now on; false where there is no
   * room for it. Feeds that tell of all processes of the machine do so without being asked.
   */
  include(pid: number): boolean;
  /** How many groups of {@link setGroup} there may be at a time; 0 where it is not told who is in a group. */
  readonly groupRoom: number;
  /**
   * Tell of all that is in a cgroup, or below, that others have made; the number of the group is below the room. None:
   * no more. False where that cannot be. What of it runs already is to be {@link include}d.
   */
  setGroup(group: number, places: readonly CgroupPlace[] | null): boolean;
  /** What a living process is, and what its threads have used; null when it is over. */
  standing(pid: number): EarlierProcess | null;
  /** What the threads of a living process have used, which is cheaper; null when it is over. */
  use(pid: number): LivingUse | null;
  /** Hand over what has happened since the last time; how many events that were. */
  drain(sink: ProcessEventSink): number;
  /** Events and accounts that were lost so far, since nobody took them in time: exactly. */
  lostCount(): number;
  /** The monotonic clock in nanoseconds. */
  nowNs(): number;
  /** Whether there is a process with this number, a zombie included. */
  isThere(pid: number): boolean;
  /** What a living process is called. */
  words(pid: number): ProcessWords;
  /** Stop telling. */
  close(): void;
}

/** What is asked for. */
export interface ProcessEventsRequest {
  /** Memory for events that wait, for each source; as much as is useful when undefined. */
  readonly bufferBytes?: number;
  /** Whether processes that others have started are to be included. */
  readonly isOfOthers?: boolean;
  /** Whether groups of others are to be told of. */
  readonly isOfGroups?: boolean;
}

/** Why there is no feed, and what would raise it. */
export interface NoProcessEvents {
  readonly reason: string;
  readonly advice: string;
}
