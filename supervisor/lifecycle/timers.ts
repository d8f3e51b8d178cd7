/** Timers by name; setting one again replaces it. */
export class Timers {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  set(name: string, afterMs: number, then: () => void): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(then, Math.ceil(afterMs)));
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
