import { hostname } from "node:os";
import { printable } from "../../core/printable.ts";
import type { SupervisorEvent } from "../control.ts";
import { eventLine } from "../events/event_line.ts";
import type { Level } from "../process/supervised.ts";

/** Events that a message tells one by one. */
const MOST_LINES = 50;
const LONGEST_LINE = 300;
const LEVELS: readonly Level[] = ["debug", "info", "warn", "error"];

/** What a destination is told. */
export interface Message {
  readonly host: string;
  /** One line: what has happened, or how much, and where. */
  readonly title: string;
  /** A line for each event, the oldest first. */
  readonly lines: readonly string[];
  /** That of the event that matters most. */
  readonly level: Level;
  readonly events: readonly SupervisorEvent[];
  /** Events that were dropped before these for want of room. */
  readonly droppedCount: number;
}

/** Events in words for people. */
export function toMessage(
  events: readonly SupervisorEvent[],
  droppedCount: number,
  host = hostname(),
): Message {
  const told = events.map((event) => ({ event, ...inWords(event) }));
  const rank = Math.max(...told.map(({ level }) => LEVELS.indexOf(level)));
  const shown = told.slice(-MOST_LINES);
  const left = told.length - shown.length;
  const [worst] = told.filter(({ level }) => LEVELS.indexOf(level) === rank);
  const title = told.length === 1
    ? `${worst.words} (on ${host})`
    : `${told.length} events on ${host}, such as ${worst.words}`;
  return {
    host,
    title: title.slice(0, LONGEST_LINE),
    lines: [
      ...(droppedCount > 0 ? [`${droppedCount} earlier events were dropped`] : []),
      ...(left > 0 ? [`${left} more before these`] : []),
      ...shown.map(({ event, words }) => `${event.timestamp}  ${words}`),
    ],
    level: LEVELS[rank],
    events,
    droppedCount,
  };
}

/** What a program says of itself may stand in it. */
function inWords(event: SupervisorEvent): { level: Level; words: string } {
  const [level, line] = eventLine(event);
  return { level, words: printable(line).slice(0, LONGEST_LINE) };
}
