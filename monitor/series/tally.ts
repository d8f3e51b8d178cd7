import type { EndedRun } from "../../core/compare/comparison.ts";

/** What a series has measured so far, and how much is left of it. */
export class Tally {
  readonly runs: readonly EndedRun[][];
  readonly #seconds: number[];

  /**
   * @param count how often each command runs at least
   * @param minSeconds how long its runs take together at least
   */
  constructor(commandCount: number, readonly count: number, readonly minSeconds: number) {
    this.runs = Array.from({ length: commandCount }, () => []);
    this.#seconds = this.runs.map(() => 0);
  }

  add(command: number, run: EndedRun): void {
    this.runs[command].push(run);
    this.#seconds[command] += run.summary.wall_seconds;
  }

  /** Whether a command has run often and long enough. */
  isDone(command: number): boolean {
    return this.runs[command].length >= this.count && this.#seconds[command] >= this.minSeconds;
  }

  /** How often a command will have run, as far as its runs so far tell. */
  expectedCount(command: number): number {
    const done = this.runs[command].length;
    const each = this.#seconds[command] / done;
    const wanted = done > 0 && each > 0 ? Math.ceil(this.minSeconds / each) : 0;
    return Math.max(this.count, wanted, done);
  }

  get doneCount(): number {
    return this.runs.reduce((sum, runs) => sum + runs.length, 0);
  }

  get expectedTotal(): number {
    return this.runs.reduce((sum, _, command) => sum + this.expectedCount(command), 0);
  }
}
