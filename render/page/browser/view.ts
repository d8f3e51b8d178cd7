/** Nobody wants to look at less than this. */
const SHORTEST_SECONDS = 1e-4;

/** What everybody looks at: a stretch of time, and one moment of it. */
export class View {
  #from = 0;
  #to: number;
  #cursor: number | null = null;
  #drawn = true;
  readonly #watchers: { range: () => void; cursor: () => void }[] = [];

  /** @param end of the longest run, in seconds */
  constructor(readonly end: number) {
    this.#to = end;
  }

  get from(): number {
    return this.#from;
  }

  get to(): number {
    return this.#to;
  }

  get span(): number {
    return this.#to - this.#from;
  }

  /** The moment pointed at. */
  get cursor(): number | null {
    return this.#cursor;
  }

  get whole(): boolean {
    return this.#from === 0 && this.#to === this.end;
  }

  /** Be told of changes: of the range at most once a frame. */
  watch(range: () => void, cursor: () => void): void {
    this.#watchers.push({ range, cursor });
  }

  /** Forget all who watch. */
  unwatch(): void {
    this.#watchers.length = 0;
  }

  /** Look at a stretch of time, as far as there is something to see. */
  show(from: number, to: number): void {
    const span = Math.min(this.end, Math.max(SHORTEST_SECONDS, to - from));
    const start = Math.min(Math.max(0, from), this.end - span);
    if (start === this.#from && start + span === this.#to) return;
    this.#from = start;
    this.#to = span === this.end ? this.end : start + span;
    if (!this.#drawn) return;
    this.#drawn = false;
    requestAnimationFrame(() => this.drawNow());
  }

  /** Draw what has changed, without waiting for a frame. */
  drawNow(): void {
    this.#drawn = true;
    for (const { range } of this.#watchers) range();
    for (const { cursor } of this.#watchers) cursor();
  }

  /** See `factor` times as much, with one moment staying where it is. */
  zoom(factor: number, around = this.#cursor ?? (this.#from + this.#to) / 2): void {
    const span = Math.min(this.end, Math.max(SHORTEST_SECONDS, this.span * factor));
    const share = (around - this.#from) / this.span;
    this.show(around - share * span, around + (1 - share) * span);
  }

  /** Move by a share of what is seen. */
  pan(share: number): void {
    const by = share * this.span;
    this.show(this.#from + by, this.#to + by);
  }

  reset(): void {
    this.show(0, this.end);
  }

  /** Point at a moment, or at none. */
  point(time: number | null): void {
    if (time === this.#cursor) return;
    this.#cursor = time;
    for (const { cursor } of this.#watchers) cursor();
  }

  /** Have a moment in sight. */
  reveal(time: number): void {
    if (time < this.#from) this.show(time, time + this.span);
    else if (time > this.#to) this.show(time - this.span, time);
  }
}
