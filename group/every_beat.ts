/**
 * Call a function at the multiples of an interval on the monotonic clock, so that all who have the same interval, or a
 * multiple of it, share a wake-up: for a program that has nothing to do waking up is what costs.
 * @param options.keepsAlive whether the program is to go on for it; default: no
 * @returns how to stop
 */
export function everyBeat(ms: number, call: () => void, options: { keepsAlive?: boolean } = {}): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const arm = () => {
    const nowMs = performance.now();
    // Timers may come a little early: that beat is over then.
    const next = (Math.floor(nowMs / ms + EARLY) + 1) * ms;
    timer = setTimeout(() => {
      arm();
      call();
    }, Math.ceil(next - nowMs));
    if (!options.keepsAlive) timer.unref?.();
  };
  arm();
  return () => clearTimeout(timer);
}

/** As a share of the interval. */
const EARLY = 0.1;
