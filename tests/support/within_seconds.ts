import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

const BEAT_MS = 50;

/**
 * Wait until something in this very process holds, for so many seconds and no longer.
 * They are counted in beats, as a time in which the machine or this process stands is none of the code's under test.
 */
export async function withinSeconds(
  seconds: number,
  holds: () => boolean,
  what: () => string,
): Promise<void> {
  for (let beat = 0; !holds(); beat++) {
    assert.ok(beat * BEAT_MS < seconds * 1_000, `not within ${seconds} s: ${what()}`);
    await sleep(BEAT_MS);
  }
}
