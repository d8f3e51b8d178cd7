import assert from "node:assert/strict";

/**
 * Of a tree that starts a process after four seconds and another after seven, and is over after ten, samples are seen
 * within three seconds of each, be it that their interval is longer than that by then.
 * @param wallSeconds how long it took: the last sample is that of its end
 */
export function assertBothSeen(samples: readonly { elapsed_seconds: number }[], wallSeconds: number): void {
  const at = samples.map(({ elapsed_seconds }) => elapsed_seconds);
  const end = wallSeconds - 0.5;
  const isSeen = (from: number) =>
    at.some((seconds) => seconds > from && seconds < Math.min(end, from + 2.7));
  assert.ok(isSeen(3.9), `after 4 s: ${at}`);
  assert.ok(isSeen(6.9), `after 7 s: ${at}`);
}
