import { formatDuration, LONGEST_MS } from "../core/duration.ts";
import { usageError } from "../core/error.ts";
import { pause } from "../io/deadline.ts";

/** The shortest interval at which the machine is read again and again: the kernel's clocks tick no faster. */
export const SHORTEST_INTERVAL_MS = 10;

/** Say so if an interval is none. @throws ProctorError of kind `usage` */
export function checkInterval(intervalMs: number, where: string): void {
  if (intervalMs >= SHORTEST_INTERVAL_MS && intervalMs <= LONGEST_MS) return;
  throw usageError(
    `${where}: ${intervalMs} is not an interval; write milliseconds from ${SHORTEST_INTERVAL_MS} to ${LONGEST_MS} (${
      formatDuration(SHORTEST_INTERVAL_MS)
    } to 24 days)`,
  );
}

/**
 * The numbers of the ticks of a clock that began with 0 now. A tick whose time has passed while the last was dealt
 * with is left out: the numbers then jump.
 *
 * @throws ProctorError of kind `usage` for an interval that is none
 */
export async function* ticks(intervalMs: number, signal?: AbortSignal): AsyncGenerator<number, void> {
  checkInterval(intervalMs, "intervalMs");
  const start = performance.now();
  for (let tick = 0; !signal?.aborted;) {
    yield tick;
    tick = Math.max(tick + 1, Math.ceil((performance.now() - start) / intervalMs));
    await pause(start + tick * intervalMs - performance.now(), signal);
  }
}
