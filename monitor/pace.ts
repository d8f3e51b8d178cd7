/** How densely at least something is sampled beyond its profile, which may change while it is watched. */
export class Pace {
  #intervalMs: number | undefined;
  #onChange = () => {};

  /** The longest interval in milliseconds; undefined where the profile alone says it. */
  get intervalMs(): number | undefined {
    return this.#intervalMs;
  }

  /** Change it; whoever watches takes it up at once. */
  set(intervalMs: number | undefined): void {
    if (intervalMs === this.#intervalMs) return;
    this.#intervalMs = intervalMs;
    this.#onChange();
  }

  /** Have somebody take up what changes from now on. */
  onChange(takeUp: () => void): void {
    this.#onChange = takeUp;
  }
}
