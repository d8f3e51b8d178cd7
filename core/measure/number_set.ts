/** Numbers in one page: half a kilobyte. */
const PAGE = 4_096;

/** A set of process IDs, a bit for each: as large as their range, whatever their number, and never anew. */
export class NumberSet {
  readonly #pages = new Map<number, Uint8Array>();

  /** Add a number, from 0 up to 2^32. */
  add(number: number): void {
    const key = Math.floor(number / PAGE);
    let page = this.#pages.get(key);
    if (!page) this.#pages.set(key, page = new Uint8Array(PAGE / 8));
    page[(number % PAGE) >> 3] |= 1 << (number & 7);
  }

  /** Whether it was added. */
  has(number: number): boolean {
    const page = this.#pages.get(Math.floor(number / PAGE));
    return page !== undefined && (page[(number % PAGE) >> 3] & (1 << (number & 7))) !== 0;
  }
}
