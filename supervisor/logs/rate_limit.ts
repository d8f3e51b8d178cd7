import type { LogPlan } from "./resolve.ts";

/** What was dropped, and when it began, in milliseconds of the monotonic clock. */
export interface Dropped {
  readonly lines: number;
  readonly bytes: number;
  readonly sinceMs: number;
}

/** Lets a number of lines per time through (a token bucket), and counts the rest. */
export class RateLimit {
  #tokens: number;
  #atMs: number;
  #dropped: { lines: number; bytes: number; sinceMs: number } | null = null;

  constructor(readonly rule: NonNullable<LogPlan["rateLimit"]>, nowMs: number) {
    this.#tokens = rule.burst;
    this.#atMs = nowMs;
  }

  get isDropping(): boolean {
    return this.#dropped !== null;
  }

  /** Whether a line may pass; else it and its bytes are counted. */
  admits(bytes: number, nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#tokens >= 1) {
      this.#tokens--;
      return true;
    }
    this.#dropped ??= { lines: 0, bytes: 0, sinceMs: nowMs };
    this.#dropped.lines++;
    this.#dropped.bytes += bytes;
    return false;
  }

  /**
   * What has been dropped, no oftener than once in the rule's time and when there is room again, or in any case; null
   * for nothing.
   */
  takeDropped(nowMs: number, inAnyCase: boolean): Dropped | null {
    this.#fill(nowMs);
    const isSoon = this.#dropped !== null && nowMs - this.#dropped.sinceMs < this.rule.perMs;
    if (!inAnyCase && (isSoon || this.#tokens < 1)) return null;
    const dropped = this.#dropped;
    this.#dropped = null;
    return dropped;
  }

  #fill(nowMs: number): void {
    const { lines, perMs, burst } = this.rule;
    this.#tokens = Math.min(burst, this.#tokens + Math.max(0, nowMs - this.#atMs) / perMs * lines);
    this.#atMs = nowMs;
  }
}
