/** A message on its way. */
export interface Waiting {
  /** Grows by one from each to the next, over restarts where they are kept on disk. */
  readonly sequence: number;
  readonly topic: string;
  /** JSON. */
  readonly payload: string;
  /** Since when, by the monotonic clock; without it, since an earlier run. */
  readonly sinceMs?: number;
}
