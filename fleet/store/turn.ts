/** Let others have a turn: what takes long is done in steps. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How long the thread is held at most, about. */
const STEP_MS = 8;

/** Lets others have a turn whenever enough has been done since the last one. */
export class Turns {
  #since = performance.now();

  /** @returns a promise where it is time for a turn */
  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (performance.now() - this.#since < STEP_MS) return;
    await nextTurn();
    signal?.throwIfAborted();
    this.#since = performance.now();
  }
}

/** Has tasks done one after the other. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  do<T>(task: () => T | Promise<T>): Promise<T> {
    const done = this.#last.then(task);
    this.#last = done.catch(() => {});
    return done;
  }
}
