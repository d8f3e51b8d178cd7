/** Width of a slot in milliseconds: what falls into one needs no more than one wake-up. */
const SLOT_MS = 10;

/**
 * When which of many items is due: slots of ten milliseconds, of which only those in use exist. Pure; the time is
 * passed in, in milliseconds on any clock that does not go back.
 */
export class TimerWheel<T> {
  readonly #slots = new Map<number, Set<T>>();
  readonly #dueMs = new Map<T, number>();

  /** How many items wait. */
  get size(): number {
    return this.#dueMs.size;
  }

  /** When an item is due; undefined when it does not wait. */
  dueMs(item: T): number | undefined {
    return this.#dueMs.get(item);
  }

  /** Have an item wait until a time; one that waits already is moved. */
  set(item: T, dueMs: number): void {
    this.delete(item);
    this.#dueMs.set(item, dueMs);
    const number = slotOf(dueMs);
    const slot = this.#slots.get(number);
    if (slot) slot.add(item);
    else this.#slots.set(number, new Set([item]));
  }

  /** Let an item wait no longer. */
  delete(item: T): void {
    const dueMs = this.#dueMs.get(item);
    if (dueMs === undefined) return;
    this.#dueMs.delete(item);
    const slot = this.#slots.get(slotOf(dueMs))!;
    slot.delete(item);
    if (slot.size === 0) this.#slots.delete(slotOf(dueMs));
  }

  /** When the next item is due; Infinity when none waits. */
  nextMs(): number {
    let first = Infinity;
    for (const number of this.#slots.keys()) if (number < first) first = number;
    let next = Infinity;
    for (const item of this.#slots.get(first) ?? []) next = Math.min(next, this.#dueMs.get(item)!);
    return next;
  }

  /** Take out everything that is due, the longest due first. */
  take(nowMs: number): T[] {
    const due: T[] = [];
    for (const [number, slot] of this.#slots) {
      if (number * SLOT_MS > nowMs) continue;
      for (const item of slot) if (this.#dueMs.get(item)! <= nowMs) due.push(item);
    }
    due.sort((a, b) => this.#dueMs.get(a)! - this.#dueMs.get(b)!);
    for (const item of due) this.delete(item);
    return due;
  }
}

function slotOf(dueMs: number): number {
  return Math.floor(dueMs / SLOT_MS);
}

/** What a share of the circle leaves between its multiples is as even as can be, however many there are. */
const GOLDEN_SHARE = (Math.sqrt(5) - 1) / 2;
/** No first interval is shorter than this share of the others: its rate would be worth little. */
const LEAST_SHARE = 0.1;
const COARSEST_GRID_MS = 10_000;

/**
 * When the first tick of the n-th item is due (n from 0), in milliseconds on the wheel's clock: spread over an
 * interval, so that many that begin together do not fall due together, and on the grid of the slots where that is
 * fine enough.
 */
export function firstDueMs(n: number, nowMs: number, intervalMs: number): number {
  const share = (n * GOLDEN_SHARE) % 1;
  const due = nowMs + intervalMs * (1 - (1 - LEAST_SHARE) * share);
  // On a grid, so that one wake-up serves several: it costs as much as some readings.
  const grid = Math.min(COARSEST_GRID_MS, Math.floor(intervalMs / 10 / SLOT_MS) * SLOT_MS) || SLOT_MS;
  if (intervalMs < 10 * SLOT_MS) return due;
  const first = Math.floor(due / grid) * grid;
  return first - nowMs < intervalMs * LEAST_SHARE ? first + grid : first;
}
