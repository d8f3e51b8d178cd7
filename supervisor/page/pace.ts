/** All are looked at no more often than this while nobody sees it. */
const UNWATCHED_MS = 60_000;
/** … and no more often than this while somebody does. */
export const WATCHED_MS = 2_000;
/**
 * A look is followed by so many times its length without one: looking takes a hundredth of a core while somebody sees
 * it, and a thousandth for those who come later.
 */
const REST = { watched: 100, unwatched: 1_000 };
/** However long a look takes, who looks is not left for longer without one. */
const LONGEST_WATCHED_MS = 10_000;

/** How long to wait for the next look at all processes, by what a look costs. */
export function pauseMs(costMs: number, isWatched: boolean): number {
  if (!isWatched) return Math.max(UNWATCHED_MS, REST.unwatched * costMs);
  return Math.min(LONGEST_WATCHED_MS, Math.max(WATCHED_MS, REST.watched * costMs));
}
