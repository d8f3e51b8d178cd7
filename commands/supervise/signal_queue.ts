const isBreak = (signal: string): boolean => signal === "SIGBREAK";

/** Signals that arrive before somebody takes them wait. */
export class SignalQueue {
  #waiting: string[] = [];
  #taker: ((signal: string) => void) | undefined;

  /** @param terminalSignals those that only a terminal sends: of them a hangup is an end, and no request to reload */
  constructor(terminalSignals: readonly string[]) {
    for (const signal of new Set(["SIGINT", "SIGTERM", "SIGHUP", ...terminalSignals.filter(isBreak)])) {
      const meant = signal === "SIGHUP" && terminalSignals.includes(signal) ? "SIGTERM" : signal;
      process.on(signal, () => this.#taker ? this.#taker(meant) : this.#waiting.push(meant));
    }
  }

  take(taker: (signal: string) => void): void {
    this.#taker = taker;
    this.#waiting.splice(0).forEach(taker);
  }
}
