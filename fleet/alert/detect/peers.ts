import { leastDifference, medianAndSpread } from "./robust.ts";

/** Fewer than these are no peers that anything could differ from. */
export const LEAST_PEERS = 5;
/** Of the median: peers differ by so much without a reason. */
const FLOOR = 0.05;

/**
 * How far each is from its peers, by the median and the median absolute deviation; NaN where there are fewer than five
 * of them. @param groups who is whose peer: the places of their values
 */
export function outlierScores(
  figure: string,
  values: Float64Array,
  groups: Iterable<readonly number[]>,
  scores: Float64Array,
): void {
  scores.fill(NaN);
  for (const group of groups) {
    const known = group.filter((at) => values[at] === values[at]);
    if (known.length < LEAST_PEERS) continue;
    const { median, spread } = medianAndSpread(Float64Array.from(known, (at) => values[at]));
    const scale = spread + FLOOR * Math.abs(median) + leastDifference(figure);
    for (const at of known) scores[at] = Math.abs(values[at] - median) / scale;
  }
}
