const NEWLINE = 10;

/** Takes a line without its end; `isPartial` when more of the same line follows. */
export type TakeLine = (line: Uint8Array, endOffset: number, isPartial: boolean) => void;

/**
 * Cuts a stream into lines, whatever the pieces it comes in. Every byte but the newlines is kept; a line longer than
 * the limit is cut, between two characters where it is UTF-8, so that a stream without newlines stays bounded.
 *
 * For logs: nothing may be lost, and whoever reads on after a crash has to know where each line ended.
 */
export class LineCutter {
  #pending: Uint8Array = new Uint8Array(0);
  #offset: number;

  /** @param offset of the first byte to come, counted from wherever its source counts */
  constructor(readonly limitBytes: number, offset = 0) {
    this.#offset = offset;
  }

  /** How many bytes wait for their newline. */
  get pendingBytes(): number {
    return this.#pending.length;
  }

  /** Hand over the lines that are complete now. What is handed over stays valid. */
  push(chunk: Uint8Array, take: TakeLine): void {
    // A copy: the piece may lie in a buffer that is used again.
    let rest = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : Uint8Array.from(chunk);
    for (;;) {
      const end = rest.indexOf(NEWLINE);
      const length = end < 0 ? rest.length : end;
      if (length > this.limitBytes) {
        const cut = cutBefore(rest, this.limitBytes);
        this.#offset += cut;
        take(rest.subarray(0, cut), this.#offset, true);
        rest = rest.subarray(cut);
        continue;
      }
      if (end < 0) break;
      this.#offset += end + 1;
      take(rest.subarray(0, end), this.#offset, false);
      rest = rest.subarray(end + 1);
    }
    this.#pending = rest;
  }

  /** Hand over what waits for its newline as a piece of its line; half a character goes on waiting. */
  flush(take: TakeLine): void {
    const length = wholeCharacters(this.#pending);
    if (length === 0) return;
    const piece = this.#pending.subarray(0, length);
    this.#pending = this.#pending.slice(length);
    this.#offset += length;
    take(piece, this.#offset, true);
  }

  /** The stream is over: hand over what came after the last newline, if anything did. */
  end(take: TakeLine): void {
    if (this.#pending.length === 0) return;
    const line = this.#pending;
    this.#pending = new Uint8Array(0);
    this.#offset += line.length;
    take(line, this.#offset, false);
  }
}

/** The last place up to `at` that is not inside a UTF-8 character; `at` where there is none near. */
function cutBefore(bytes: Uint8Array, at: number): number {
  for (let cut = at; cut > Math.max(0, at - 4); cut--) {
    if ((bytes[cut] & 0xc0) !== 0x80) return cut;
  }
  return at;
}

/** How many bytes are left without a UTF-8 character at the end that is not complete yet. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
