/** Wakes one reader who waits for more. */
export class Bell {
  #wake: () => void = () => {};

  /** End the wait under way. */
  readonly ring = (): void => this.#wake();

  /** Wait until it rings, or the signal comes. */
  async wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    signal.addEventListener("abort", this.ring);
    try {
      await new Promise<void>((resolve) => this.#wake = resolve);
    } finally {
      signal.removeEventListener("abort", this.ring);
    }
  }
}
