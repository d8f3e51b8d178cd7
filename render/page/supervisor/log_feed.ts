import type { LogView, ShownLine } from "../parts/log_view.ts";
import { whyNot } from "./server.ts";

/** So much of a log is shown at first. */
const FIRST_LINES = 2_000;

/** How far a log is shown: up to the last line of a moment, of which several may be of one. */
interface Place {
  readonly time: string;
  readonly count: number;
}

/**
 * The log of a process, as it is written. A browser has six connections to a server, of all tabs together: one that
 * nobody sees holds none, and goes on where it was.
 */
export class LogFeed {
  #source: EventSource | undefined;
  #shown: Place | undefined;
  /** Lines up to this one come a second time. */
  #known: Place | undefined;
  #passedOver = 0;

  /** @param path where the log is asked for */
  constructor(readonly path: string, readonly view: LogView) {}

  open(): void {
    if (this.#source) return;
    const source = this.#source = new EventSource(`${this.path}?follow=true&tail=${FIRST_LINES}`);
    // Each connection begins with the last lines.
    source.addEventListener("open", () => {
      this.#known = this.#shown;
      this.#passedOver = 0;
      if (!this.#known) this.view.clear();
    });
    source.addEventListener("log", ({ data }) => this.#take(JSON.parse(data)));
    source.addEventListener("error", async () => {
      if (source.readyState !== EventSource.CLOSED) return;
      const why = await whyNot(`${this.path}?tail=1`);
      if (why !== "") this.view.say(why);
    });
  }

  close(): void {
    this.#source?.close();
    this.#source = undefined;
  }

  #take(line: ShownLine): void {
    const { timestamp: time, notice } = line;
    // Told to this connection alone.
    if (time === null && notice) return this.view.push(line);
    if (time === null && this.#known) {
      // A file without times: from where is not known.
      this.#known = undefined;
      this.view.clear();
    }
    if (time !== null && this.#isKnown(time)) return;
    this.view.push(line);
    const count = this.#shown?.time === time ? this.#shown.count + 1 : 1;
    this.#shown = time === null ? undefined : { time, count };
  }

  /** Whether a line of a moment was shown by an earlier connection. */
  #isKnown(time: string): boolean {
    const known = this.#known;
    if (!known) return false;
    const isBefore = time <= known.time && this.#passedOver++ < FIRST_LINES;
    if (!isBefore) this.#known = undefined;
    else if (time === known.time) {
      // It ends with the last of them: clocks may have been set back since.
      this.#known = known.count > 1 ? { ...known, count: known.count - 1 } : undefined;
    }
    return isBefore;
  }
}
