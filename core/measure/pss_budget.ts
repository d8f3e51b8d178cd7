/*
 * What reading proportional set sizes may cost. While the kernel adds one up (some 20 ms for a gigabyte) the process
 * cannot change its mappings: it must never wait for us for long, and all of it together must stay cheap.
 */

/** A round at most this often. */
export const PSS_EVERY_MS = 1_000;
/** All readings of a round together, of the time since the one before. */
const SHARE_OF_TIME = 0.01;
/** No process is held up for longer than this: what would take longer is not read. */
const LONGEST_STALL_MS = 10;
/** What the first estimate of the cost is made of, before any was measured. */
const FIRST_MS_PER_BYTE = 20 / 2 ** 30;
const BASE_MS = 0.02;
/** What a small process takes tells nothing of the cost of a byte. */
const TELLING_BYTES = 16 * 2 ** 20;
/** Weight of the newest measurement where it is below the estimate; one above it is believed at once. */
const EASE = 0.1;
/** How fast the estimate goes back to the first one, a round. */
const EASE_BACK = 0.01;

/** Decides which processes are read, from their resident size, and learns from what it took. */
export class PssBudget {
  #msPerByte = FIRST_MS_PER_BYTE;
  #leftMs = 0;
  #lastRoundMs = -Infinity;

  /** Begin a round, if one is due. */
  begin(nowMs: number): boolean {
    if (nowMs - this.#lastRoundMs < PSS_EVERY_MS) return false;
    const elapsedMs = Math.min(nowMs - this.#lastRoundMs, 10 * PSS_EVERY_MS);
    this.#leftMs = elapsedMs * SHARE_OF_TIME;
    this.#lastRoundMs = nowMs;
    // A reading that was interrupted looks dear: in time it is tried again.
    this.#ease(FIRST_MS_PER_BYTE, EASE_BACK);
    return true;
  }

  /** Whether a process of so many resident bytes may be read in this round. */
  allows(residentBytes: number): boolean {
    const expectedMs = BASE_MS + residentBytes * this.#msPerByte;
    return expectedMs <= LONGEST_STALL_MS && expectedMs <= this.#leftMs;
  }

  /** A process was read. */
  spent(residentBytes: number, tookMs: number): void {
    this.#leftMs -= tookMs;
    if (residentBytes < TELLING_BYTES) return;
    const msPerByte = Math.max(0, tookMs - BASE_MS) / residentBytes;
    if (msPerByte > this.#msPerByte) this.#msPerByte = msPerByte;
    else this.#ease(msPerByte, EASE);
  }

  #ease(msPerByte: number, weight: number): void {
    this.#msPerByte += (msPerByte - this.#msPerByte) * weight;
  }
}
