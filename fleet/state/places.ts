/** Numbers of a page: those of tasks are given one after another, so that most pages are full. */
const PAGE = 1_024;
const NONE = -1;

/** A place for each number, as a map has it: in a few bytes, and found by one look. */
export class Places {
  readonly #pages = new Map<number, Int32Array>();
  #lastPage = NONE;
  #last: Int32Array = new Int32Array(0);

  /** The place of a number; -1 where it has none. */
  find(number: number): number {
    const page = Math.floor(number / PAGE);
    if (page !== this.#lastPage) {
      const found = this.#pages.get(page);
      if (found === undefined) return NONE;
      [this.#lastPage, this.#last] = [page, found];
    }
    return this.#last[number - page * PAGE];
  }

  set(number: number, place: number): void {
    const page = Math.floor(number / PAGE);
    let places = this.#pages.get(page);
    if (places === undefined) this.#pages.set(page, places = new Int32Array(PAGE).fill(NONE));
    places[number - page * PAGE] = place;
  }

  remove(number: number): void {
    const page = Math.floor(number / PAGE);
    const places = this.#pages.get(page);
    if (places !== undefined) places[number - page * PAGE] = NONE;
  }
}
