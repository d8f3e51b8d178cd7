/** Readings whose differences are averaged, and how many of these in a row make a point. */
const [SMOOTHED, LAGGED] = [3, 5];
const DIMENSIONS = LAGGED + 1;
const MODELS = 18;
const HOUR = 3_600_000;
/** Each model knows so long, and the next one begins so much later. */
const [TRAINED_MS, EVERY_MS] = [6 * HOUR, 3 * HOUR];
const MOST_ROUNDS = 100;
/** Of the distances that were seen in training. */
const THRESHOLD = 0.99;

/** Two centres, and how far points were from both of them, on the average, while it was trained. */
interface Model {
  readonly centres: readonly [Float64Array, Float64Array];
  readonly least: number;
  readonly most: number;
}

/**
 * Anomalies of one figure by k-means, as Netdata documents its own: a reading is one where all models think so. The
 * seconds of Netdata are readings here.
 */
export class KMeansDetector {
  #values: number[] = [];
  #points: Float64Array[] = [];
  #models: Model[] = [];
  #trainedAt = -Infinity;

  /** @param intervalMs between readings */
  constructor(readonly intervalMs: number) {}

  /** A reading, in the order of time. @returns whether it is anomalous */
  add(time: number, value: number): boolean {
    if (time - this.#trainedAt >= EVERY_MS) {
      this.#trainedAt = time;
      if (this.#points.length * this.intervalMs >= TRAINED_MS) this.#models.push(train(this.#points));
      if (this.#models.length > MODELS) this.#models.shift();
    }
    this.#values.push(value);
    const wanted = LAGGED + SMOOTHED + 1;
    if (this.#values.length < wanted) return false;
    if (this.#values.length > wanted) this.#values.shift();
    const point = pointOf(this.#values);
    this.#points.push(point);
    if (this.#points.length * this.intervalMs > TRAINED_MS) this.#points.shift();
    return this.#models.length === MODELS &&
      this.#models.every((model) => scoreOf(model, point) >= THRESHOLD);
  }
}

/** Differences from reading to reading, each averaged with the two before it. */
function pointOf(values: readonly number[]): Float64Array {
  const point = new Float64Array(DIMENSIONS);
  for (let at = 0; at < DIMENSIONS; at++) point[at] = (values[at + SMOOTHED] - values[at]) / SMOOTHED;
  return point;
}

function distance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < DIMENSIONS; at++) sum += (a[at] - b[at]) ** 2;
  return Math.sqrt(sum);
}

const farness = ([one, other]: Model["centres"], point: Float64Array) =>
  (distance(one, point) + distance(other, point)) / 2;

function scoreOf({ centres, least, most }: Model, point: Float64Array): number {
  // What never moved says nothing of what is unusual.
  return most === least ? 0 : Math.abs(farness(centres, point) - least) / (most - least);
}

function train(points: readonly Float64Array[]): Model {
  const farthest = (from: Float64Array) =>
    points.reduce((best, point) => distance(from, point) > distance(from, best) ? point : best);
  const first = farthest(points[0]);
  let centres: [Float64Array, Float64Array] = [first, farthest(first)];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const sums = [new Float64Array(DIMENSIONS), new Float64Array(DIMENSIONS)];
    const counts = [0, 0];
    for (const point of points) {
      const nearer = distance(centres[0], point) <= distance(centres[1], point) ? 0 : 1;
      counts[nearer]++;
      for (let at = 0; at < DIMENSIONS; at++) sums[nearer][at] += point[at];
    }
    const moved = sums.map((sum, at) =>
      counts[at] === 0 ? centres[at] : sum.map((value) => value / counts[at])
    );
    const isStill = moved.every((centre, at) => distance(centre, centres[at]) < 1e-12);
    centres = [moved[0], moved[1]];
    if (isStill) break;
  }
  let [least, most] = [Infinity, -Infinity];
  for (const point of points) {
    const far = farness(centres, point);
    [least, most] = [Math.min(least, far), Math.max(most, far)];
  }
  return { centres, least, most };
}
