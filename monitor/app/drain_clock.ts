import type { StatsdSockets } from "./statsd_sockets.ts";

/** A turn in which much had to be taken is followed by a pause of so many times its length. */
const PAUSE_PER_TURN = 4;

/** Has the sockets of many programs read by one timer, which keeps no program alive. */
export class DrainClock {
  readonly #all = new Set<StatsdSockets>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Read these from now on. */
  add(sockets: StatsdSockets): void {
    this.#all.add(sockets);
    this.#turn();
  }

  /** Read these no more. */
  remove(sockets: StatsdSockets): void {
    this.#all.delete(sockets);
    if (this.#all.size === 0) clearTimeout(this.#timer);
  }

  #turn(): void {
    clearTimeout(this.#timer);
    const begunMs = performance.now();
    for (const sockets of this.#all) sockets.tick(begunMs);
    const nowMs = performance.now();
    const sleepMs = Math.min(...[...this.#all].map((sockets) => sockets.sleepMs(nowMs)));
    if (sleepMs === Infinity) return;
    // Floods of several programs share what one gets.
    this.#timer = setTimeout(() => this.#turn(), Math.max(1, sleepMs, PAUSE_PER_TURN * (nowMs - begunMs)));
    this.#timer.unref?.();
  }
}
