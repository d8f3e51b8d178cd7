import { Bell } from "../../io/bell.ts";
import type { LogLine } from "./log_line.ts";

/** How many lines, or characters, wait for a slow reader; what exceeds that is left out, with a notice. */
const MAX_LINES = 10_000;
const MAX_LENGTH = 4_194_304;

/** Lines as they are collected, for one reader. */
export class Follower {
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

  /** Nothing more will come. */
  end(): void {
    this.#isOver = true;
    this.#bell.ring();
  }

  /** Everything pushed, until the end or the signal. */
  async *lines(signal: AbortSignal): AsyncGenerator<LogLine> {
    while (!signal.aborted) {
      const [lines, left] = [this.#lines, this.#left];
      [this.#lines, this.#length, this.#left] = [[], 0, 0];
      yield* lines;
      if (left > 0) yield this.#notice(left);
      if (this.#lines.length > 0 || this.#left > 0) continue;
      if (this.#isOver) return;
      await this.#bell.wait(signal);
    }
  }

  #notice(left: number): LogLine {
    const message = `${left} lines left out: this reader is too slow; they are in the file`;
    return { timestamp: null, id: this.id, stream: null, message, notice: true };
  }
}
