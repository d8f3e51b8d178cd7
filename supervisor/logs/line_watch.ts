import type { LogStream } from "./log_line.ts";

/** What a line has to be like. */
export interface LineRule {
  readonly match: string;
  /** Of this stream alone; default: of either. */
  readonly stream?: LogStream;
}

/** Whether a line that fits was written since {@link begin}. */
export class LineWatch {
  #isSeen = false;
  readonly #pattern: RegExp;

  /** @param onSeen called when one is */
  constructor(readonly rule: LineRule, readonly onSeen: () => void) {
    this.#pattern = new RegExp(rule.match, "u");
  }

  get isSeen(): boolean {
    return this.#isSeen;
  }

  /**
   * A new life of the process: what the former one has written is none of it.
   * @param isSeen of a life that goes on: whether it was seen before
   */
  begin(isSeen = false): void {
    this.#isSeen = isSeen;
  }

  /** A line, as it was written. */
  take(stream: LogStream, bytes: Uint8Array): void {
    if (this.#isSeen || (this.rule.stream ?? stream) !== stream) return;
    this.#isSeen = this.#pattern.test(new TextDecoder().decode(bytes));
    if (this.#isSeen) this.onSeen();
  }
}
