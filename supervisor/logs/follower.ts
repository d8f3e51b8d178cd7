import { Bell } from "../../io/bell.ts";
import { noticeLine } from "./log_line.ts";
import type { LogLine } from "./log_line.ts";

/** How many lines, or characters, wait for a slow reader; what exceeds that is left out, with a notice. */
const MAX_LINES = 10_000;
const MAX_LENGTH = 4_194_304;

/** Where lines go as they are collected. */
export interface LineSink {
  push(lines: readonly LogLine[]): void;
  /** Nothing more will come. */
  end(): void;
}

/** Lines as they are collected, for one reader. */
export class Follower implements LineSink {
  #lines: LogLine[] = [];
  #length = 0;
  #left = 0;
  #isOver = false;
  readonly #bell = new Bell();

  constructor(readonly id: string) {}

  push(lines: readonly LogLine[]): void {
    for (const line of lines) {
      if (this.#lines.length >= MAX_LINES || this.#length > MAX_LENGTH) this.#left++;
      else {
        this.#lines.push(line);
        this.#length += line.message.length;
      }
    }
    this.#bell.ring();
  }

  end(): void {
    this.#isOver = true;
    this.#bell.ring();
  }

  /** What waits by now. */
  take(): LogLine[] {
    const lines = this.#lines;
    [this.#lines, this.#length] = [[], 0];
    return lines;
  }

  /** Everything pushed, until the end or the signal. */
  async *lines(signal: AbortSignal): AsyncGenerator<LogLine> {
    while (!signal.aborted) {
      const left = this.#left;
      this.#left = 0;
      yield* this.take();
      if (left > 0) yield this.#notice(left);
      if (this.#lines.length > 0 || this.#left > 0) continue;
      if (this.#isOver) return;
      await this.#bell.wait(signal);
    }
  }

  #notice(left: number): LogLine {
    return noticeLine(this.id, `${left} lines left out: this reader is too slow; they are in the file`);
  }
}
