import type { LogLine } from "../../../supervisor/logs/log_line.ts";

const MOST_LINES = 5_000;
/** Of a line no more is kept: nobody reads the rest on a screen. */
const LONGEST_LINE = 4_000;

/** A line of a log, as it is kept to be shown. */
export interface KeptLine {
  /** NaN where it is not known. */
  readonly timeMs: number;
  /** How it was written: to which stream, or by whom. */
  readonly from: "stdout" | "stderr" | "notice";
  readonly text: string;
  /** Whether it goes on in the next one, which was too long for one. */
  readonly isPartial: boolean;
}

/** The last lines of a log; each has a number that stays, however many come after it. */
export class LogBuffer {
  /** Why there is nothing to read; null where there is. */
  trouble: string | null = null;
  #lines: KeptLine[] = [];
  #first = 0;

  /** The number of the oldest line that is kept. */
  get first(): number {
    return this.#first;
  }

  /** The number that the next line will have. */
  get end(): number {
    return this.#first + this.#lines.length;
  }

  at(number: number): KeptLine {
    return this.#lines[number - this.#first];
  }

  /** Take down what was written; several lines that belong together are lines of their own here. */
  add({ timestamp, stream, message, partial = false, notice }: LogLine): void {
    const timeMs = timestamp === null ? NaN : Date.parse(timestamp);
    const from = notice ? "notice" : stream ?? "stdout";
    for (const text of message.split("\n")) {
      this.#lines.push({ timeMs, from, text: text.slice(0, LONGEST_LINE), isPartial: partial });
    }
    // A fourth at once: to move them for each line would cost more than to keep them.
    if (this.#lines.length > MOST_LINES * 1.25) {
      const excess = this.#lines.length - MOST_LINES;
      this.#lines = this.#lines.slice(excess);
      this.#first += excess;
    }
  }

  /** Forget all of it; numbers go on. */
  clear(): void {
    this.#first = this.end;
    this.#lines = [];
  }
}
