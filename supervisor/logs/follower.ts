import type { LogLine } from "./log_line.ts";

/** So many lines, or characters of them, wait for a slow reader; then some are left out, and the reader is told. */
const MAX_LINES = 10_000;
const MAX_LENGTH = 4_194_304;

/** Lines as they are collected, for one reader. */
export class Follower {
  #lines: LogLine[] = [];
  #length = 0;
  #left = 0;
  #isOver = false;
  #wake: () => void = () => {};

  constructor(readonly id: string) {}

  push(lines: readonly LogLine[]): void {
    for (const line of lines) {
      if (this.#lines.length >= MAX_LINES || this.#length > MAX_LENGTH) this.#left++;
      else {
        this.#lines.push(line);
        this.#length += line.message.length;
      }
    }
    this.#wake();
  }

  /** Nothing more will come. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** Everything pushed, until the end or the signal. */
  async *lines(signal: AbortSignal): AsyncGenerator<LogLine> {
    const onAbort = () => this.end();
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) this.end();
    try {
      for (;;) {
        const [lines, left] = [this.#lines, this.#left];
        [this.#lines, this.#length, this.#left] = [[], 0, 0];
        if (signal.aborted) return;
        yield* lines;
        if (left > 0) yield this.#notice(left);
        if (this.#lines.length > 0 || this.#left > 0) continue;
        if (this.#isOver) return;
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  #notice(left: number): LogLine {
    const message = `${left} lines left out: this reader is too slow; they are in the file`;
    return { timestamp: null, id: this.id, stream: null, message, notice: true };
  }
}
