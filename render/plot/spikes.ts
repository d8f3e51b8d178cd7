import { firstAtOrAfter } from "./downsample.ts";

/** A chart shows its whole height unless something stands so many times above what is usual. */
const SPIKE = 5;
/** Then it ends at so many times of that. */
const ROOM = 2;
/** What is usual: so large a share of what is not zero is at most that. */
const USUAL_SHARE = 0.9;
/** Fewer values than these have nothing usual. */
const FEWEST = 10;
/** Values that are looked at: enough to know what is usual, at any length of a run. */
const MOST = 2_000;

/** What has times, and lines of values over them. */
interface Timed {
  readonly times: Float64Array;
}

/**
 * Where a scale may end so that a few spikes do not flatten all the rest; null where there are none, and the scale is
 * to have room for everything.
 *
 * @param linesOf the lines of a run that share the scale
 */
export function spikeLimit<R extends Timed>(
  runs: readonly R[],
  linesOf: (run: R) => readonly { readonly values: Float64Array; readonly highest: number }[],
  from: number,
  to: number,
): number | null {
  const found: number[] = [];
  let highest = 0;
  for (const run of runs) {
    const first = firstAtOrAfter(run.times, from);
    const end = firstAtOrAfter(run.times, to);
    const step = Math.max(1, Math.floor((end - first) / MOST));
    for (const line of linesOf(run)) {
      highest = Math.max(highest, line.highest);
      for (let at = first; at < end; at += step) if (line.values[at] > 0) found.push(line.values[at]);
    }
  }
  if (found.length < FEWEST) return null;
  found.sort((a, b) => a - b);
  const usual = found[Math.floor(USUAL_SHARE * (found.length - 1))];
  return highest > SPIKE * usual ? ROOM * usual : null;
}
