import { LONGEST_MS } from "../core/duration.ts";

/** A bound on waiting that several waits in a row may share. */
export class Deadline {
  isOver = false;
  /** Resolves when time is up. */
  readonly over: Promise<undefined>;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number) {
    this.over = new Promise((resolve) => {
      this.#timer = setTimeout(() => {
        this.isOver = true;
        resolve(undefined);
      }, ms);
    });
  }

  /** No wait is bound by it any more. */
  clear(): void {
    clearTimeout(this.#timer);
  }
}

/** What a promise resolves with; undefined when it has not after so many milliseconds. */
export async function waitAtMost<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  const deadline = new Deadline(ms);
  try {
    return await Promise.race([promise, deadline.over]);
  } finally {
    deadline.clear();
  }
}

/** Wait for so long, or until the signal comes. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    // By the global one: a program that stands still between its timers knows those.
    const timer = setTimeout(end, Math.min(LONGEST_MS, Math.max(0, ms)));
    signal?.addEventListener("abort", end);
  });
}
