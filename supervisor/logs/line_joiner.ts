import type { TakeLine } from "../../io/lines/line_cutter.ts";
import type { LogPlan } from "./resolve.ts";

/** More than this is not joined: what is joined is kept in memory until it is complete. */
const MAX_BYTES = 1_048_576;

/**
 * Joins lines that belong together, as those of a stack trace, by the first line of each block or by all others. What
 * is being joined waits for a line that does not belong to it, for its bounds, or for {@link flush}.
 */
export class LineJoiner {
  #lines: Uint8Array[] = [];
  #bytes = 0;
  #endOffset = 0;

  constructor(readonly rule: NonNullable<LogPlan["multiline"]>) {}

  get isWaiting(): boolean {
    return this.#lines.length > 0;
  }

  push(line: Uint8Array, endOffset: number, isPartial: boolean, take: TakeLine): void {
    // The pieces of a cut line are long enough as they are.
    if (isPartial) {
      this.flush(take);
      return take(line, endOffset, true);
    }
    const isFull = this.#lines.length >= this.rule.maxLines || this.#bytes + line.length > MAX_BYTES;
    if (isFull || !this.#belongs(line)) this.flush(take);
    this.#lines.push(line);
    this.#bytes += line.length;
    this.#endOffset = endOffset;
  }

  /** Hand over what waits. */
  flush(take: TakeLine): void {
    if (this.#lines.length === 0) return;
    const bytes = this.#lines.length === 1 ? this.#lines[0] : joined(this.#lines);
    this.#lines = [];
    this.#bytes = 0;
    take(bytes, this.#endOffset, false);
  }

  #belongs(line: Uint8Array): boolean {
    const text = new TextDecoder().decode(line);
    const { start, continuation } = this.rule;
    return start ? !start.test(text) : continuation!.test(text);
  }
}

const NEWLINE = Uint8Array.of(10);

function joined(lines: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(lines.flatMap((line, index) => index === 0 ? [line] : [NEWLINE, line]));
}
