const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/** What a stream of bytes is made of: a line without its end, or `null` for one that was too long to be kept. */
export type Line = Uint8Array | null;

/**
 * Cuts a stream into lines, whatever the pieces it comes in. Of a line longer than the limit nothing is kept: it is
 * told of when its end comes. Lines end with a newline, or a carriage return and a newline.
 *
 * For messages: half of one is of no use, unlike half a line of a log ({@link LineCutter}). A line that a client
 * sends byte by byte is put together once, since every further copy would be the client's to demand.
 */
export class LineSplitter {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;
  #isTooLong = false;

  /** @param limitBytes of a line, its end not counted */
  constructor(readonly limitBytes: number) {}

  /** Hand every line that is complete by now to `take`, which must have done with it when it returns. */
  push(chunk: Uint8Array, take: (line: Line) => void): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      take(this.#line());
      start = end + 1;
    }
    if (start < chunk.length && !this.#isTooLong) this.#keep(chunk.slice(start));
  }

  /** The stream is over: hand over what came after the last newline, if anything did. */
  end(take: (line: Line) => void): void {
    if (this.#length > 0 || this.#isTooLong) take(this.#line());
  }

  #keep(piece: Uint8Array): void {
    if (this.#isTooLong) return;
    this.#length += piece.length;
    // A carriage return before the newline does not count.
    if (this.#length > this.limitBytes + 1) this.#discard();
    else this.#pieces.push(piece);
  }

  #discard(): void {
    this.#isTooLong = true;
    this.#pieces.length = 0;
  }

  #line(): Line {
    let line = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces);
    if (line.at(-1) === CARRIAGE_RETURN) line = line.subarray(0, -1);
    const isTooLong = this.#isTooLong || line.length > this.limitBytes;
    this.#pieces.length = 0;
    this.#length = 0;
    this.#isTooLong = false;
    return isTooLong ? null : line;
  }
}
