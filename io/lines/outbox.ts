/** About how much is handed over to be written in one go. */
const PIECE_LENGTH = 65_536;

/**
 * Lines on their way out, in order. What is said within one turn of the program leaves in one write; what the reader
 * does not take waits here, whole, and is counted.
 */
export class Outbox {
  readonly #put: (bytes: Uint8Array) => Promise<void>;
  #lines: string[] = [];
  #writing: Promise<void> | undefined;
  #error: Error | undefined;
  #fail: (error: Error) => void = () => {};
  /** Characters not yet taken: bytes, but for what is not ASCII. */
  pendingLength = 0;
  /** Resolves with what happened when nothing can be written any more. */
  readonly failed: Promise<Error>;

  /** @param put writes bytes, all of them */
  constructor(put: (bytes: Uint8Array) => Promise<void>) {
    this.#put = put;
    this.failed = new Promise((resolve) => this.#fail = resolve);
  }

  /** Whether nothing can be written any more. */
  get hasFailed(): boolean {
    return this.#error !== undefined;
  }

  /** Write a line. */
  write(line: string): void {
    if (this.#error) return;
    this.#lines.push(line);
    this.pendingLength += line.length + 1;
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when everything is written, or nothing can be any more. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    await null; // What else is said in this turn comes along.
    try {
      while (this.#lines.length > 0) {
        const piece = this.#nextPiece();
        await this.#put(new TextEncoder().encode(piece));
        this.pendingLength -= piece.length;
      }
    } catch (error) {
      this.#error = error as Error;
      this.#lines = [];
      this.pendingLength = 0;
      this.#fail(this.#error);
    }
    this.#writing = undefined;
  }

  #nextPiece(): string {
    let length = 0;
    let count = 0;
    while (count < this.#lines.length && length < PIECE_LENGTH) length += this.#lines[count++].length;
    const lines = count === this.#lines.length ? this.#lines : this.#lines.splice(0, count);
    if (lines === this.#lines) this.#lines = [];
    return `${lines.join("\n")}\n`;
  }
}
