import type { AppMetrics } from "../../core/app/app_metrics.ts";
import type { Datagrams } from "../../platform/mod.ts";

/** What waits is taken this often: room in the kernel is for some hundred datagrams where we are not root. */
const DRAIN_EVERY_MS = 50;
/**
 * Where many came, sooner. Of a private socket the kernel has room for net.unix.max_dgram_qlen, which may be ten, and
 * then it has the sender wait.
 */
const BUSY_DRAIN_MS = 2;
const MANY = 4;
/** After so long without any it is taken as often as the owner says. */
const QUIET_AFTER_MS = 5_000;
/** A flood gets a fifth of our time at most. */
const PAUSE_PER_DRAIN = 4;
/** After one that took longer a sample does with what was taken before. */
const LONG_DRAIN_MS = 5;
/** What waits at the end is taken as long as there is some; of who goes on sending the rest is dropped. */
const LONGEST_END_MS = 300;
const DECODER = new TextDecoder();

/** The sockets that a program sends StatsD to, read by turns. */
export class StatsdSockets {
  readonly #sockets: Datagrams[] = [];
  #dueMs = 0;
  /** How long the last drain took. */
  #drainMs = 0;
  #lastCameMs = performance.now();

  /**
   * @param metrics gets what comes
   * @param quietMs how often is looked for some where none has come for a while
   */
  constructor(public metrics: AppMetrics, readonly quietMs = DRAIN_EVERY_MS) {}

  get isEmpty(): boolean {
    return this.#sockets.length === 0;
  }

  add(socket: Datagrams): void {
    this.#sockets.push(socket);
  }

  /** How long the loop may sleep from now on. */
  sleepMs(nowMs: number): number {
    return this.isEmpty ? Infinity : Math.max(0, this.#dueMs - nowMs);
  }

  /** Take what has come, when it is time. */
  tick(nowMs: number): void {
    if (nowMs >= this.#dueMs) this.#drain();
  }

  /** Take what has come, for a sample, unless that took long the last time. */
  hurry(): void {
    if (this.#drainMs < LONG_DRAIN_MS) this.#drain();
  }

  /** Take what is still there. */
  drainAll(): void {
    const untilMs = performance.now() + LONGEST_END_MS;
    while (this.#drain() > 0 && performance.now() < untilMs);
  }

  /** How many were dropped by the kernel so far; null where there are no sockets. */
  lostCount(): number | null {
    if (this.isEmpty) return null;
    return this.#sockets.reduce((sum, socket) => sum + socket.lostCount(), 0);
  }

  /**
   * Take nothing more.
   * @returns how many were dropped in all, those that are still there included; null where there were no sockets
   */
  close(): number | null {
    const lost = this.isEmpty
      ? null
      : this.#sockets.reduce((sum, socket) => sum + socket.lostCount() + socket.drain(() => {}), 0);
    this.#sockets.splice(0).forEach((socket) => socket.close());
    return lost;
  }

  #drain(): number {
    const begun = performance.now();
    let isBusy = false;
    let taken = 0;
    for (const socket of this.#sockets) {
      const count = socket.drain((bytes) => {
        if (bytes) this.metrics.takeStatsd(DECODER.decode(bytes));
        else this.metrics.takeTooLong();
      });
      isBusy ||= count >= MANY;
      taken += count;
    }
    const now = performance.now();
    if (taken > 0) this.#lastCameMs = now;
    this.#drainMs = now - begun;
    const isQuiet = now - this.#lastCameMs >= QUIET_AFTER_MS;
    const pauseMs = isBusy ? BUSY_DRAIN_MS : isQuiet ? this.quietMs : DRAIN_EVERY_MS;
    this.#dueMs = now + Math.max(pauseMs, PAUSE_PER_DRAIN * this.#drainMs);
    return taken;
  }
}
