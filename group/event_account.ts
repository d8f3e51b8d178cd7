/* What a feed of events is worth: where the number of processes comes from, how good it is, and why not better. */
import type { ProcessTable } from "../core/measure/process_table.ts";
import type { Account } from "../core/schema/record.ts";
import type { NoProcessEvents, ProcessEvents } from "../platform/mod.ts";
import type { ClockReading } from "./process_table_record.ts";
import type { ProcessTree } from "./process_tree.ts";

const TOO_MANY = "there were too many processes to report each";
const STRANGERS = "processes joined the tree that were not started within it";

/** What may have been missed of a tree. */
export interface Missed {
  /** Events that came too fast. */
  readonly lostCount: number;
  /** Whether more processes ran before than can be told of. */
  readonly isFull: boolean;
  readonly table: Pick<ProcessTable, "strangerCount" | "totalCount">;
  /** Processes that samples have seen. */
  readonly seenCount: number;
}

/** The number of processes as events tell it. */
export function toldAccount(
  { source }: ProcessEvents,
  { lostCount, isFull, table, seenCount }: Missed,
): Account {
  const note = lostCount > 0
    ? `${lostCount} events came too fast to be taken`
    : isFull
    ? TOO_MANY
    : table.strangerCount > 0 || table.totalCount < seenCount
    ? STRANGERS
    : undefined;
  return note === undefined ? { source, quality: "exact" } : { source, quality: "lower_bound", note };
}

/** The number of processes as samples see it, where no events are told. */
export function seenAccount(container: ProcessTree["container"], { reason }: NoProcessEvents): Account {
  const source = container.listsMembers ? container.sources.container : container.sources.members;
  return { source, quality: "lower_bound", note: reason };
}

/** Why a feed does not tell all that could be, and what would raise it; null where it does. */
export function limitationOf(feed: ProcessEvents | NoProcessEvents): string | null {
  if ("drain" in feed) return feed.limitation;
  return `those that samples have seen are all that is known: ${feed.reason}; ${feed.advice}`;
}

/** Both clocks now: events have the monotonic one. */
export function clockOf(events: ProcessEvents): ClockReading {
  return { nowNs: events.nowNs(), nowMs: Date.now() };
}
