const isBreak = (signal: string): boolean => signal === "SIGBREAK";

/** Signals that arrive before somebody takes them wait. */
export class SignalQueue {
  #waiting: string[] = [];
  #taker: ((signal: string) => void) | undefined;

  /** @param terminalSignals those that only a terminal sends: of them a hangup is an end, and no request to reload */
  constructor(terminalSignals: readonly string[]) {
    for (const signal of new Set(["SIGINT", "SIGTERM", "SIGHUP", ...terminalSignals.filter(isBreak)])) {
      const meant = signal === "SIGHUP" && terminalSignals.includes(signal) ? "SIGTERM" : signal;
      process.on(signal, () => this.arrive(meant));
    }
  }

  /** What somebody asks for otherwise is as good as a signal. */
  arrive(signal: string): void {
    if (this.#taker) this.#taker(signal);
    else this.#waiting.push(signal);
  }

  take(taker: (signal: string) => void): void {
    this.#taker = taker;
    this.#waiting.splice(0).forEach(taker);
  }
}
