/** Neighbouring buckets differ by so much: a quantile is within half of it, 1 %. */
const GROWTH = 1.02;
const LOG_GROWTH = Math.log(GROWTH);
/** Each bucket is a number and its count; 2,000 of them reach over seventeen orders of magnitude. */
const MOST_BUCKETS = 2_000;
/** What is nearer to zero counts as zero. */
const LEAST = 1e-9;

/** Values of which count, mean, extremes and quantiles are wanted, in bounded memory. */
export class Quantiles {
  count = 0;
  sum = 0;
  min = Infinity;
  max = -Infinity;
  /** By the logarithm of the value; those below zero are in buckets of their own, zero in none. */
  readonly #above = new Map<number, number>();
  readonly #below = new Map<number, number>();
  #zeroes = 0;
  /** The buckets in order, of either sign, once there is no room for more. */
  readonly #full = new Map<ReadonlyMap<number, number>, Float64Array>();

  /** Take a value that stands for `weight` of its kind. */
  add(value: number, weight = 1): void {
    this.count += weight;
    this.sum += value * weight;
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
    const size = Math.abs(value);
    if (size < LEAST) {
      this.#zeroes += weight;
      return;
    }
    const buckets = value > 0 ? this.#above : this.#below;
    let index = Math.round(Math.log(size) / LOG_GROWTH);
    // Out of room: it is counted with the nearest, so that the others keep their rank.
    if (!buckets.has(index) && this.#above.size + this.#below.size >= MOST_BUCKETS) {
      index = this.#nearest(buckets, index);
    }
    buckets.set(index, (buckets.get(index) ?? 0) + weight);
  }

  /** The mean; NaN of nothing. */
  get mean(): number {
    return this.count > 0 ? this.sum / this.count : NaN;
  }

  /** The value below which a share of all is, within 1 %; NaN of nothing. */
  quantile(share: number): number {
    if (this.count <= 0) return NaN;
    let left = share * this.count;
    for (const [index, count] of inOrder(this.#below, -1)) {
      if ((left -= count) <= 0) return this.#within(-(GROWTH ** index));
    }
    if (this.#zeroes > 0 && (left -= this.#zeroes) <= 0) return 0;
    for (const [index, count] of inOrder(this.#above, 1)) {
      if ((left -= count) <= 0) return this.#within(GROWTH ** index);
    }
    return this.max;
  }

  /** Forget all. */
  clear(): void {
    this.count = this.sum = this.#zeroes = 0;
    this.min = Infinity;
    this.max = -Infinity;
    this.#above.clear();
    this.#below.clear();
    this.#full.clear();
  }

  /** The bucket that is there; walking through all at each value would take too long. */
  #nearest(buckets: ReadonlyMap<number, number>, index: number): number {
    // The first of its sign has a bucket of its own even then.
    if (buckets.size === 0) return index;
    let there = this.#full.get(buckets);
    if (!there) this.#full.set(buckets, there = Float64Array.from(buckets.keys()).sort());
    let [low, high] = [0, there.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (there[middle] <= index) low = middle;
      else high = middle;
    }
    return index - there[low] <= there[high] - index ? there[low] : there[high];
  }

  #within(value: number): number {
    return Math.min(this.max, Math.max(this.min, value));
  }
}

function inOrder(buckets: ReadonlyMap<number, number>, direction: 1 | -1): [number, number][] {
  return [...buckets].sort(([one], [other]) => direction * (one - other));
}
