/*
 * The rule by which samples become points, here and in docs/pictures.md: as long as a column of pixels has two samples
 * at most, all are drawn; otherwise of every column the first, the lowest, the highest and the last, in the order of
 * their times ("M4", Jugel et al., 2014). So a peak of one sample is drawn at any zoom.
 */

/** Samples between two samples at the extremes of a block. */
const BLOCK = 128;

/** Places of extremes, block by block, so that a long run need not be gone through at every zoom; -1: none known. */
export interface Extremes {
  readonly lowest: Int32Array;
  readonly highest: Int32Array;
}

/** Find the extremes of every block. */
export function findExtremes(values: Float64Array): Extremes {
  const blocks = Math.ceil(values.length / BLOCK);
  const lowest = new Int32Array(blocks).fill(-1);
  const highest = new Int32Array(blocks).fill(-1);
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (Number.isNaN(value)) continue;
    const block = Math.floor(at / BLOCK);
    if (lowest[block] < 0 || value < values[lowest[block]]) lowest[block] = at;
    if (highest[block] < 0 || value > values[highest[block]]) highest[block] = at;
  }
  return { lowest, highest };
}

/** The first place whose time is at or after one; the length where there is none. */
export function firstAtOrAfter(times: Float64Array, time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Points of some lines over the same times; null is a gap. */
export interface Points {
  readonly times: number[];
  readonly lines: (number | null | undefined)[][];
  /** Whether some samples are left out. */
  readonly thinned: boolean;
}

/** One line to be drawn. */
export interface Line {
  readonly values: Float64Array;
  readonly extremes: Extremes;
}

/**
 * The points to draw between two times.
 *
 * @param times rising, seconds
 * @param columns of pixels that there are
 */
export function points(
  times: Float64Array,
  lines: readonly Line[],
  from: number,
  to: number,
  columns: number,
): Points {
  // One sample more at each side: the line goes on to there.
  const first = Math.max(0, firstAtOrAfter(times, from) - 1);
  const end = Math.min(times.length, firstAtOrAfter(times, to) + 2);
  if (end - first <= 2 * columns) {
    return {
      times: Array.from(times.subarray(first, end)),
      lines: lines.map(({ values }) => Array.from(values.subarray(first, end), orGap)),
      thinned: false,
    };
  }
  return thinned(times, lines, first, end, from, to, columns);
}

const orGap = (value: number) => Number.isNaN(value) ? null : value;

/** The range of values to be seen between two times, their neighbours at both sides, and 0 included. */
export function rangeIn(
  times: Float64Array,
  { values, extremes }: Line,
  from: number,
  to: number,
): readonly [lowest: number, highest: number] {
  const first = Math.max(0, firstAtOrAfter(times, from) - 1);
  const end = Math.min(times.length, firstAtOrAfter(times, to) + 1);
  const seen = fourOf(values, extremes, first, end).map((at) => values[at]);
  return [Math.min(0, ...seen), Math.max(0, ...seen)];
}

/** Four places in every column, at the quarters of its time: far less than a pixel beside the truth. */
function thinned(
  times: Float64Array,
  lines: readonly Line[],
  first: number,
  end: number,
  from: number,
  to: number,
  columns: number,
): Points {
  const bounds = new Int32Array(columns + 1);
  bounds[0] = first;
  for (let column = 1; column < columns; column++) {
    bounds[column] = firstAtOrAfter(times, from + ((to - from) * column) / columns);
  }
  bounds[columns] = end;
  const at: number[] = [];
  for (let place = 0; place < 4 * columns; place++) {
    at.push(from + ((to - from) * (place + 0.5)) / (4 * columns));
  }
  return { times: at, lines: lines.map((line) => thinnedLine(line, bounds)), thinned: true };
}

function thinnedLine({ values, extremes }: Line, bounds: Int32Array): (number | null | undefined)[] {
  const drawn: (number | null | undefined)[] = [];
  for (let column = 0; column + 1 < bounds.length; column++) {
    const chosen = fourOf(values, extremes, bounds[column], bounds[column + 1]);
    const none = bounds[column] === bounds[column + 1] ? undefined : null;
    for (let index = 0; index < 4; index++) {
      drawn.push(chosen.length > 0 ? values[chosen[Math.min(index, chosen.length - 1)]] : none);
    }
  }
  return drawn;
}

/** The places of the first, lowest, highest and last known value, in order; none when none is known. */
export function fourOf(values: Float64Array, extremes: Extremes, from: number, to: number): number[] {
  let first = from;
  while (first < to && Number.isNaN(values[first])) first++;
  if (first >= to) return [];
  let last = to - 1;
  while (Number.isNaN(values[last])) last--;
  let [lowest, highest] = [first, first];
  for (let at = first; at <= last;) {
    const block = at / BLOCK;
    if (Number.isInteger(block) && at + BLOCK <= last + 1) {
      const [low, high] = [extremes.lowest[block], extremes.highest[block]];
      if (low >= 0 && values[low] < values[lowest]) lowest = low;
      if (high >= 0 && values[high] > values[highest]) highest = high;
      at += BLOCK;
    } else {
      if (values[at] < values[lowest]) lowest = at;
      if (values[at] > values[highest]) highest = at;
      at++;
    }
  }
  return [first, Math.min(lowest, highest), Math.max(lowest, highest), last];
}
