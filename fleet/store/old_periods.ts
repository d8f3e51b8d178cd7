import type { Retention } from "./contract.ts";
import { DAY_MS } from "./hour_of.ts";
import { endOf } from "./period.ts";

/** The tiers that consist of periods, which are removed as a whole. */
export type PeriodTier = "raw" | "fiveMinutes" | "hours";

/** What the tiers are called when something of them is removed. */
export const TIER_WORDS: Readonly<Record<PeriodTier, string>> = {
  raw: "samples",
  fiveMinutes: "five-minute figures",
  hours: "hourly figures",
};

/** The mark of the day before which samples are no longer kept: what comes late for earlier days is not stored. */
export const RAW_FROM = "raw_from";

/** A period of a tier, and what it takes. */
export interface PeriodUse {
  readonly key: string;
  readonly bytes: number;
}

/**
 * Which periods go, the oldest first, and why. The newest always stays.
 * @param periods of a tier, oldest first
 */
export function* tooOld(
  periods: readonly PeriodUse[],
  { days: count, bytes }: Retention["raw"],
  now: number,
): Generator<{ key: string; why: string }> {
  let left = periods.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { key, bytes: size } of periods.slice(0, -1)) {
    if (endOf(key) <= now - count * DAY_MS) yield { key, why: `older than ${days({ days: count })}` };
    else if (bytes !== null && left > bytes) yield { key, why: "more than is to be kept" };
    else return;
    left -= size;
  }
}

/** Who has gone is shown for a month, whatever is kept of him. */
const LEAST_KNOWN_DAYS = 31;

/** Before when nothing of an agent or a task is kept any more, but for its runs, which have their own age. */
export function knownSince({ raw, fiveMinutes, hours }: Retention, now: number): number {
  return now - Math.max(LEAST_KNOWN_DAYS, raw.days + 1, fiveMinutes.days + 1, hours.days + 1) * DAY_MS;
}

/** What was removed beside periods. */
export interface RemovedRows {
  readonly runs: number;
  readonly tasks: number;
  readonly agents: number;
  /** Of the audit, and of what alerts did. */
  readonly lines: number;
}

/** What is said of rows that were removed; nothing where there are none. */
export function* removedRows(
  { runs, tasks, agents, lines }: RemovedRows,
  age: Retention["runs"],
): Generator<string> {
  yield* removedRuns(runs, age);
  if (tasks > 0) yield `${tasks} ${tasks === 1 ? "task" : "tasks"} of which nothing is kept any more`;
  if (agents > 0) yield `${agents} ${agents === 1 ? "agent" : "agents"} of which nothing is kept any more`;
  if (lines > 0) {
    yield `${lines} ${lines === 1 ? "line" : "lines"} of the audit and of alerts (older than ${days(age)})`;
  }
}

/** What is said of runs that were removed; nothing where there are none. */
function removedRuns(count: number, age: Retention["runs"]): string[] {
  return count === 0 ? [] : [`${count} ${count === 1 ? "run" : "runs"} (older than ${days(age)})`];
}

function days({ days: count }: { readonly days: number }): string {
  return count === 1 ? "1 day" : `${count} days`;
}
