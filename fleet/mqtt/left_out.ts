import { printable } from "../../core/printable.ts";

const REPORT_EVERY_MS = 60_000;

/** Counts messages that are acknowledged and not taken in, and reports some: whoever sends one may send many. */
export class LeftOut {
  #count = 0;
  #reportedAt = -Infinity;

  constructor(readonly say: (level: "warn", line: string) => void) {}

  /** One was longer than a session takes. */
  oversized(topic: string, bytes: number): void {
    this.#add(`a message of ${bytes} bytes to ${printable(topic)} is too long, and was left out`);
  }

  /** One could not be read. */
  failed(topic: string, error: unknown): void {
    const why = printable(String(error));
    this.#add(`a message to ${printable(topic)} was left out, by an error of proctor itself: ${why}`);
  }

  #add(line: string): void {
    this.#count++;
    if (performance.now() - this.#reportedAt < REPORT_EVERY_MS) return;
    this.#reportedAt = performance.now();
    const others = this.#count === 1 ? "" : `; ${this.#count} since the start`;
    this.say("warn", line + others);
  }
}
