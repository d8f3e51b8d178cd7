/**
 * Texts that came before, found by their bytes: topics, names of tasks and of programs come again and again, and to make
 * a string of each takes longer than to see that it is known. So many at most; a new one takes the place of another.
 */
export class KnownTexts {
  readonly #texts: string[];
  /** Where the text that was looked for last may be kept; -1: nowhere. */
  #place = -1;

  /**
   * @param most a power of two
   * @param longest longer ones are not kept
   */
  constructor(readonly most: number, readonly longest: number) {
    this.#texts = new Array(most).fill("");
  }

  /** The text of these bytes, where all are ASCII; null where it is not known. */
  find(bytes: Uint8Array, from: number, end: number): string | null {
    const length = end - from;
    this.#place = -1;
    if (length > this.longest) return null;
    let hash = length;
    let bits = 0;
    for (let at = from; at < end; at++) {
      const byte = bytes[at];
      bits |= byte;
      hash = Math.imul(hash, 31) + byte | 0;
    }
    if (bits > 0x7f) return null;
    this.#place = (hash ^ hash >>> 15) & (this.most - 1);
    const known = this.#texts[this.#place];
    if (known.length !== length) return null;
    let same = 0;
    while (same < length && known.charCodeAt(same) === bytes[from + same]) same++;
    return same === length ? known : null;
  }

  /** Keep a text that was not found just now. */
  keep(text: string): string {
    if (this.#place >= 0) this.#texts[this.#place] = text;
    return text;
  }
}
