/**
 * A cumulative counter as a rate per second, at each sample that since the one before (the first: since the start);
 * NaN where either is unknown, or the counter fell.
 */
export function rates(times: Float64Array, counter: Float64Array): Float64Array {
  const result = new Float64Array(counter.length);
  for (let at = 0, time = 0, value = 0; at < counter.length; at++) {
    const seconds = times[at] - time;
    const more = counter[at] - value;
    result[at] = seconds > 0 && more >= 0 ? more / seconds : NaN;
    time = times[at];
    value = counter[at];
  }
  return result;
}
