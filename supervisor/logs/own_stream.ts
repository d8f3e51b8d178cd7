import { isTerminal } from "../../io/terminal/output.ts";

/** How much waits for a slow reader of our own output; what exceeds that is dropped, with a notice. */
const MAX_WAITING_BYTES = 1_048_576;

/** Where bytes of ours go: `process.stdout`, or whatever stands in for it. */
export interface OwnOutput {
  /** Whether it is a terminal. */
  readonly isTTY?: boolean;
  /** Write bytes; `done` is called when they are written, or with what went wrong. */
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown;
  /** Hear of an error of the output itself, such as a reader that has gone. */
  on?(event: "error", listener: () => void): unknown;
}

/**
 * Our own standard output or error as a place for lines. A reader that is slow, stands still or goes away delays no
 * process whose lines go there.
 */
export class OwnStream {
  /** One for each: who listens to its errors does so to the end of the program. */
  static readonly #known = new WeakMap<OwnOutput, OwnStream>();
  #waitingBytes = 0;
  #droppedLines = 0;
  #isBroken = false;

  constructor(readonly output: OwnOutput) {
    // The reader has gone: without a listener this error would end the supervisor.
    output.on?.("error", () => this.#isBroken = true);
  }

  /** That of an output, for all who write to it. */
  static of(output: OwnOutput): OwnStream {
    const stream = OwnStream.#known.get(output) ?? new OwnStream(output);
    OwnStream.#known.set(output, stream);
    return stream;
  }

  get isTerminal(): boolean {
    return isTerminal(this.output);
  }

  /** Write lines, or drop them. @param lines how many */
  write(bytes: Uint8Array, lines: number): void {
    if (this.#isBroken) return;
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES && this.#waitingBytes > 0) {
      this.#droppedLines += lines;
      return;
    }
    const dropped = this.#droppedLines;
    if (dropped > 0) {
      this.#droppedLines = 0;
      this.#put(
        new TextEncoder().encode(`proctor: ${dropped} lines left out here: they are not read in time\n`),
      );
    }
    this.#put(bytes);
  }

  #put(bytes: Uint8Array): void {
    this.#waitingBytes += bytes.length;
    try {
      this.output.write(bytes, (error) => {
        this.#waitingBytes -= bytes.length;
        if (error) this.#isBroken = true;
      });
    } catch {
      this.#isBroken = true;
    }
  }
}
