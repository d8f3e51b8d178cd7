/** Signals, by the names that this system has for them. */
export interface Signals {
  /** The name of a signal: `SIGTERM` for 15. */
  signalName(number: number): string;
  /** The number of a signal: 15 for `SIGTERM`; 0 when there is none of that name. */
  signalNumber(name: string): number;
  /** Those that ask a program to end. */
  readonly endingSignals: readonly string[];
  /** Those that programs give a meaning of their own. */
  readonly userSignals: readonly string[];
  /** Those that a terminal sends to its whole foreground group, our children included. */
  readonly terminalSignals: readonly string[];
  /**
   * Call `arrived` with the name of each signal that comes; returns how to stop. What was ignored when this process
   * started stays so.
   */
  onSignals(names: readonly string[], arrived: (name: string) => void): () => void;
  /** Whether a signal was ignored when this process started (as after nohup), and so is left alone. */
  wasIgnored(signal: string): boolean;
  /**
   * Tell a terminal's signals, which reach our children by themselves, from others; to be called when a handler
   * is in place. The function returned says it of the signal that came last.
   */
  trackSignalOrigin(signal: string): () => boolean;
}
