import { homedir } from "node:os";
import { hideSecrets } from "../../core/hide_secrets.ts";
import { printable } from "../../core/printable.ts";
import { colorsWelcome, isTerminal, printError } from "../../io/terminal/output.ts";
import { cutVisible } from "../../io/terminal/screen.ts";
import type { SupervisorEvent } from "../../supervisor/control.ts";
import { eventLine } from "../../supervisor/events/event_line.ts";
import { OwnStream } from "../../supervisor/logs/own_stream.ts";
import type { OwnOutput } from "../../supervisor/logs/own_stream.ts";

/** How much a line of the supervisor's own log matters, from least to most. */
const LEVELS = ["debug", "info", "warn", "error"];

/** Where the supervisor tells what it does. @param event what the line tells of; none where it tells of no event */
export type OwnLines = (level: string, line: string, event?: SupervisorEvent) => void;

/** What the supervisor says of itself, from a level on. */
export class OwnLog {
  #least = LEVELS.indexOf("info");
  #lines: OwnLines;

  constructor(lines: OwnLines) {
    this.#lines = lines;
  }

  /** From now on only what matters so much is told. */
  startAt(level: string): void {
    this.#least = LEVELS.indexOf(level);
  }

  /** From now on it is told elsewhere. */
  goTo(lines: OwnLines): void {
    this.#lines = lines;
  }

  readonly tell = (level: string, line: string, event?: SupervisorEvent): void => {
    if (LEVELS.indexOf(level) >= this.#least) this.#lines(level, printable(hideSecrets(line)), event);
  };

  readonly tellEvent = (event: SupervisorEvent): void => {
    const [level, line] = eventLine(event);
    this.tell(level, line, event);
  };
}

/** A line for a file or a journal: time of the world, level, words. */
export function dated(level: string, line: string): string {
  return `${new Date().toISOString()} ${level.padEnd(5)} ${line}\n`;
}

/**
 * Standard error: for people where that is a terminal, else dated.
 * @param terminal where it is one, and need not be waited for
 */
export function onStandardError(terminal: OwnOutput | undefined): OwnLines {
  if (!isTerminal(2)) return (level, line) => void printError(dated(level, line));
  if (!terminal) return forTerminal((text) => void printError(text));
  const own = OwnStream.of(terminal);
  return forTerminal((text) => own.write(new TextEncoder().encode(text), 1));
}

const DIM = 2;
const RED = 31;
const GREEN = 32;
const YELLOW = 33;
const COLORS: Readonly<Record<string, number>> = { error: RED, warn: YELLOW };
/** No event is cut to less, however narrow the terminal is. */
const NARROWEST = 40;

/** In colour and in local time; an event takes one line, but for a failure, which is told whole. */
function forTerminal(print: (text: string) => void): OwnLines {
  const isColored = colorsWelcome(2);
  // That of the root directory would be in every path.
  const home = homedir().replace(/\/+$/, "");
  const paint = (color: number, text: string) => isColored ? `\x1b[${color}m${text}\x1b[0m` : text;
  return (level, line, event) => {
    const time = new Date().toTimeString().slice(0, 8);
    const room = Math.max(NARROWEST, process.stderr.columns || 80) - time.length - 1;
    const isCut = event !== undefined && level !== "error" && [...line].length > room;
    const shown = isCut
      ? `${cutVisible(line, room - 1)}…`
      : home === ""
      ? line
      : line.replaceAll(`${home}/`, "~/");
    const color = event?.to === "running" ? GREEN : COLORS[level] ?? DIM;
    print(`${paint(DIM, time)} ${paint(color, shown)}\n`);
  };
}
