import type { ProcessWatch } from "./process_watch.ts";

/** What is told waits for us so long at least. */
const SHORTEST_MS = 5;
/** Where nothing is told, it is asked no more often for whether there is anything. */
const LONGEST_MS = 1_000;

/**
 * Take what a watch is told as often as it must be, without keeping the program alive; returns how to stop.
 * @param onNews called where something of the tree has been told that it has not taken
 */
export function takeRegularly(watch: ProcessWatch, onNews: () => void = () => {}): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = () => {
    const sleepMs = watch.sleepMs(performance.now(), false);
    timer = setTimeout(take, Math.min(LONGEST_MS, Math.max(SHORTEST_MS, sleepMs)));
    timer.unref();
  };
  const take = () => {
    watch.tick(performance.now());
    if (watch.hasNews) onNews();
    wait();
  };
  wait();
  return () => clearTimeout(timer);
}
