/** A batch that is not full leaves after this long. */
const GATHER_MS = 1_000;

/** Lets a batch fill up before it leaves, but not for ever. */
export class Gathering {
  #isDue = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param fullCount messages of a batch that leaves at once
   * @param onDue called when what waits has gathered for long enough
   */
  constructor(readonly fullCount: number, readonly onDue: () => void) {}

  /** Whether a batch of what waits may leave now. */
  mayLeave(waitingCount: number, isInHurry: boolean): boolean {
    if (waitingCount === 0) {
      this.#isDue = false;
      return false;
    }
    if (waitingCount >= this.fullCount || this.#isDue || isInHurry) return true;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#isDue = true;
      this.onDue();
    }, GATHER_MS);
    return false;
  }

  /** Wait no more. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
