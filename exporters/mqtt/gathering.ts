/** When a batch is full: it has so many messages, or so many bytes. */
export interface Full {
  readonly count: number;
  readonly bytes: number;
}

/** What waits: how much, and since when the oldest does, by the monotonic clock. */
export interface Gathered extends Full {
  readonly oldestMs: number;
}

/** Lets a batch fill up before it leaves, but no longer than its oldest message may wait. */
export class Gathering {
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param full what leaves at once
   * @param waitMs how long the oldest message of a batch may wait
   * @param onDue called when it has waited so long
   */
  constructor(readonly full: Full, readonly waitMs: number, readonly onDue: () => void) {}

  /** Whether a batch of what waits may leave now; if not, it is asked for again when it is due. */
  mayLeave({ count, bytes, oldestMs }: Gathered, isInHurry: boolean): boolean {
    if (count === 0) return false;
    if (count >= this.full.count || bytes >= this.full.bytes || isInHurry) return true;
    const leftMs = oldestMs + this.waitMs - performance.now();
    if (leftMs <= 0) return true;
    // One that was set for an older message comes early, and is set anew then.
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.onDue();
    }, Math.ceil(leftMs));
    return false;
  }

  /** Wait no more. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
