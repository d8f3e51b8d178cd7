import type { TimeMark } from "../parts/time_marks.ts";
import { ask } from "./manager_api.ts";
import type { Run } from "./server.ts";

/** More of a kind would be a thicket: the latest are marked. */
const MOST_MARKS = 60;

interface HistoryEntry {
  readonly at: number;
  readonly text: string;
}

/**
 * Where runs began, between two moments in ms since 1970.
 * @param runs that have ended
 * @param running when the one that runs began
 */
export function runMarks(runs: readonly Run[], running: number, from: number, until: number): TimeMark[] {
  const starts = [...new Set([running, ...runs.map(({ started }) => started)])].filter((at) =>
    at > from && at <= until
  );
  return starts.slice(0, MOST_MARKS).map((at) => ({
    time: at / 1_000,
    kind: "restart",
    label: "a run began",
  }));
}

/** When alerts about something fired, between two moments in ms since 1970. @param subject such as t12 */
export async function alertMarks(subject: string, from: number, until: number): Promise<TimeMark[]> {
  try {
    const { entries } = await ask<{ entries: HistoryEntry[] }>("alerts/history", {
      subject,
      from,
      until,
      limit: MOST_MARKS * 2,
    });
    return entries.filter(({ text }) => text.startsWith("firing ")).slice(0, MOST_MARKS)
      .map(({ at, text }) => ({
        time: at / 1_000,
        kind: "alert",
        label: text.replace(/^firing /, "alert, "),
      }));
  } catch {
    // A manager may have no alerts; charts are there without them.
    return [];
  }
}
