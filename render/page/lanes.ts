/**
 * Places bars on lanes, so that no two on a lane meet, and there are as few lanes as bars at a time: each takes the
 * lowest that is free.
 *
 * @param starts rising
 * @returns the lane of each bar, from 0
 */
export function packLanes(starts: ArrayLike<number>, ends: ArrayLike<number>): Int32Array {
  const lanes = new Int32Array(starts.length);
  const busy = new Heap<readonly [end: number, lane: number]>((a, b) => a[0] - b[0]);
  const free = new Heap<number>((a, b) => a - b);
  let count = 0;
  for (let bar = 0; bar < starts.length; bar++) {
    for (let first = busy.first; first && first[0] <= starts[bar]; first = busy.first) {
      busy.take();
      free.put(first[1]);
    }
    lanes[bar] = free.first === undefined ? count++ : free.take()!;
    busy.put([ends[bar], lanes[bar]]);
  }
  return lanes;
}

/** A binary heap: the least first. */
class Heap<T> {
  readonly #items: T[] = [];

  constructor(readonly compare: (a: T, b: T) => number) {}

  get first(): T | undefined {
    return this.#items[0];
  }

  put(item: T): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (this.compare(items[above], item) <= 0) break;
      items[at] = items[above];
      at = above;
    }
    items[at] = item;
  }

  take(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (items.length === 0 || last === undefined) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && this.compare(items[below + 1], items[below]) < 0) below++;
      if (this.compare(last, items[below]) <= 0) break;
      items[at] = items[below];
      at = below;
    }
    items[at] = last;
    return first;
  }
}
