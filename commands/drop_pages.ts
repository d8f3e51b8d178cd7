import { everyBeat } from "../group/every_beat.ts";

/** By then a start is over. */
const STARTED_MS = 5_000;
/** By then what is needed at rest has come back: from then on that comes in small pieces. */
const AGAIN_MS = 10_000;
/** Pages of the program that code needs which runs once in a while come back by and by. */
const EVERY_MS = 60_000;

/**
 * Have a program that goes on for long give back the pages of its own file: now, soon once more, and every minute.
 * @param dropPages costs some milliseconds
 */
export function dropNowAndThen(dropPages: () => void, againMs = AGAIN_MS): void {
  dropPages();
  setTimeout(dropPages, againMs).unref();
  everyBeat(EVERY_MS, dropPages);
}

/** The same, when the start is over. */
export function dropAfterStart(dropPages: () => void, startedMs = STARTED_MS, againMs = AGAIN_MS): void {
  setTimeout(() => dropNowAndThen(dropPages, againMs), startedMs).unref();
}
