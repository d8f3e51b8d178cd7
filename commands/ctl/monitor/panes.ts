import { printableLine } from "../../../core/printable_line.ts";
import { clockTime } from "../../../render/screen/figures.ts";
import type { Glyphs } from "../../../render/screen/sparkline.ts";
import type { Style } from "../../../render/screen/style.ts";
import type { SupervisorEvent } from "../../../supervisor/control.ts";
import { eventLine } from "../../../supervisor/events/event_line.ts";
import { eventSentence, eventWords } from "../../../core/schema/event_words.ts";
import { infoLines } from "./info_lines.ts";
import type { Known } from "./known.ts";
import type { KeptLine } from "./log_buffer.ts";
import type { PaneName } from "./state.ts";
import { STATE_STYLES } from "./state_styles.ts";

/** A line of a pane: what stands before it, and what is searched. */
export interface PaneLine {
  readonly head: string;
  readonly headStyle?: Style;
  readonly text: string;
  readonly style?: Style;
}

/** Something to look at, line by line, of which the screen shows a part. Lines have numbers that stay. */
export interface Pane {
  readonly first: number;
  readonly end: number;
  /** Whether its end is what one wants to see. */
  readonly isTail: boolean;
  /** Whether its lines are never cut. */
  readonly wraps: boolean;
  /** What is said where there is no line. */
  readonly whenEmpty: string;
  readonly at: (number: number) => PaneLine;
  /** What is searched of a line, without the pains of showing it. */
  readonly textAt: (number: number) => string;
}

/** How lines are told. */
export interface Telling {
  readonly glyphs: Glyphs;
  readonly offsetMinutes: number;
}

/** A pane about the chosen process. */
export function paneOf(name: PaneName, known: Known, selected: string | null, telling: Telling): Pane {
  if (name === "log") return logPane(known, telling);
  if (name === "info") return infoPane(known, telling);
  const isAll = name === "all events";
  return eventsPane(isAll ? known.events : known.events.filter(({ id }) => id === selected), isAll, telling);
}

function logPane({ log, trouble }: Known, telling: Telling): Pane {
  return {
    first: log.first,
    end: log.end,
    isTail: true,
    wraps: false,
    whenEmpty: trouble ? "no answer" : log.trouble ?? "it has written nothing yet",
    at: (number) => logLine(log.at(number), telling),
    textAt: (number) => log.at(number).text,
  };
}

function logLine({ timeMs, from, text, isPartial }: KeptLine, { glyphs, offsetMinutes }: Telling): PaneLine {
  const [out, error] = glyphs.bars;
  const bar = from === "notice" ? "!" : isPartial ? "+" : from === "stderr" ? error : out;
  const headStyle = from === "stderr" ? "bad" : from === "notice" ? "warn" : "dim";
  return {
    head: `${timeText(timeMs, offsetMinutes)} ${bar} `,
    headStyle,
    text: glyphs.shown(printableLine(text, false)),
    style: from === "notice" ? "warn" : undefined,
  };
}

function eventsPane(events: readonly SupervisorEvent[], isAll: boolean, telling: Telling): Pane {
  const { glyphs, offsetMinutes } = telling;
  const wordsOf = isAll ? eventSentence : eventWords;
  const words = (number: number) => glyphs.shown(wordsOf(events[number]).replace(" → ", ` ${glyphs.arrow} `));
  return {
    first: 0,
    end: events.length,
    isTail: true,
    wraps: false,
    whenEmpty: "nothing has happened yet",
    at: (number) => {
      const event = events[number];
      return {
        head: `${timeText(Date.parse(event.timestamp), offsetMinutes)} `,
        headStyle: "dim",
        text: words(number),
        style: eventStyle(event),
      };
    },
    textAt: words,
  };
}

/** By the state that it tells of, or by how much it matters in the supervisor's own log. */
function eventStyle(event: SupervisorEvent): Style | undefined {
  if (event.to !== null) return STATE_STYLES[event.to];
  const [level] = eventLine(event);
  return level === "warn" || level === "error" ? "warm" : undefined;
}

function infoPane(known: Known, { glyphs, offsetMinutes }: Telling): Pane {
  const lines = known.description ? infoLines(known.description, offsetMinutes) : [];
  const width = Math.max(0, ...lines.map(([name]) => name.length)) + 2;
  const words = (number: number) => glyphs.shown(lines[number][1].replace(" → ", ` ${glyphs.arrow} `));
  return {
    first: 0,
    end: lines.length,
    isTail: false,
    wraps: true,
    whenEmpty: "it is asked for",
    at: (number) => ({ head: lines[number][0].padEnd(width), headStyle: "dim", text: words(number) }),
    textAt: words,
  };
}

function timeText(timeMs: number, offsetMinutes: number): string {
  return Number.isNaN(timeMs) ? "--:--:--" : clockTime(timeMs, offsetMinutes);
}
