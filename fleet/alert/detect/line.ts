import type { Ring } from "../evaluate/ring.ts";

/** Share of a window that a straight line needs readings over, and how many of its buckets. */
const [LEAST_SHARE, LEAST_BUCKETS] = [0.5, 4];

/** Where a straight line through a window, by least squares, is after some time; NaN where the window is too empty. */
export function lineAt(ring: Ring, slot: number, now: number, inMs: number): number {
  let [n, sumT, sumV, sumTT, sumTV, buckets, first, last] = [0, 0, 0, 0, 0, 0, Infinity, -Infinity];
  ring.each(slot, now, (start, sum, count) => {
    // About the end: squares of times since 1970 would leave no digits.
    const time = start + ring.widthMs / 2 - now;
    const value = sum / count;
    n += count;
    sumT += count * time;
    sumV += count * value;
    sumTT += count * time * time;
    sumTV += count * time * value;
    buckets++;
    first = Math.min(first, time);
    last = Math.max(last, time);
  });
  if (buckets < LEAST_BUCKETS || last - first < LEAST_SHARE * ring.windowMs) return NaN;
  const spread = n * sumTT - sumT * sumT;
  const slope = (n * sumTV - sumT * sumV) / spread;
  return (sumV - slope * sumT) / n + slope * inMs;
}
