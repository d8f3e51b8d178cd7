import { hostname } from "node:os";
import { printable } from "../../core/printable.ts";
import type { SupervisorEvent } from "../control.ts";
import { NOTICE_LEVELS } from "../../exporters/notices/notice.ts";
import type { Notice } from "../../exporters/notices/notice.ts";
import { eventLine } from "../events/event_line.ts";
import type { Level } from "../process/supervised.ts";

/** Events that a message tells one by one. */
const MOST_LINES = 50;
const LONGEST_LINE = 300;

/** Events in words for people. @param droppedCount events that were dropped before these for want of room */
export function toMessage(
  events: readonly SupervisorEvent[],
  droppedCount: number,
  host = hostname(),
): Notice {
  const told = events.map((event) => ({ event, ...inWords(event) }));
  const rank = Math.max(...told.map(({ level }) => NOTICE_LEVELS.indexOf(level)));
  const shown = told.slice(-MOST_LINES);
  const left = told.length - shown.length;
  const [worst] = told.filter(({ level }) => NOTICE_LEVELS.indexOf(level) === rank);
  const title = told.length === 1
    ? `${worst.words} (on ${host})`
    : `${told.length} events on ${host}, such as ${worst.words}`;
  const shortTitle = title.slice(0, LONGEST_LINE);
  return {
    title: shortTitle,
    lines: [
      ...(droppedCount > 0 ? [`${droppedCount} earlier events were dropped`] : []),
      ...(left > 0 ? [`${left} more before these`] : []),
      ...shown.map(({ event, words }) => `${event.timestamp}  ${words}`),
    ],
    level: NOTICE_LEVELS[rank],
    json: { host, title: shortTitle, dropped_count: droppedCount, events },
  };
}

/** What a program says of itself may stand in it. */
function inWords(event: SupervisorEvent): { level: Level; words: string } {
  const [level, line] = eventLine(event);
  return { level, words: printable(line).slice(0, LONGEST_LINE) };
}
