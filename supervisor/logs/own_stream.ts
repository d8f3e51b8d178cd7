/** So much may wait for a reader of our own output that is slow; what is beyond is dropped and told of. */
const MAX_WAITING_BYTES = 1_048_576;

/** Where bytes of ours go: `process.stdout`, or whatever stands in for it. */
export interface OwnOutput {
  readonly isTTY?: boolean;
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown;
  on?(event: "error", listener: () => void): unknown;
}

/**
 * Our own standard output or error as a place for lines. A reader that is slow, stands still or goes away delays no
 * process whose lines go there.
 */
export class OwnStream {
  #waitingBytes = 0;
  #droppedLines = 0;
  #isBroken = false;

  constructor(readonly output: OwnOutput) {
    // The reader has gone: without somebody who listens that would end us.
    output.on?.("error", () => this.#isBroken = true);
  }

  get isTerminal(): boolean {
    return this.output.isTTY === true;
  }

  /** Write so many lines, or drop them. */
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
        new TextEncoder().encode(`proctor: ${dropped} lines left out here: nobody reads them in time\n`),
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
