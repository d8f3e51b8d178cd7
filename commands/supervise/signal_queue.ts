/** Signals that arrive before somebody takes them wait. */
export class SignalQueue {
  #waiting: string[] = [];
  #taker: ((signal: string) => void) | undefined;

  constructor() {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => this.#taker ? this.#taker(signal) : this.#waiting.push(signal));
    }
  }

  take(taker: (signal: string) => void): void {
    this.#taker = taker;
    this.#waiting.splice(0).forEach(taker);
  }
}
