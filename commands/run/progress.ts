import type { SummaryRecord } from "../../core/schema/record.ts";
import { bar } from "../../io/terminal/bar.ts";
import { placesText, printError } from "../../io/terminal/output.ts";
import { humanSeconds } from "../../render/words/units.ts";

const BAR_WIDTH = 24;
const REDRAW_MS = 1_000;
/** Lines of progress where there is no terminal: a log of a thousand runs is not to have a thousand. */
const MOST_LINES = 10;

interface ProgressOptions {
  readonly warmup: number;
  readonly count: number;
  readonly quiet: boolean;
  /** Lines instead of a bar, even on a terminal: the command prints, too. */
  readonly plain: boolean;
}

/** How far a series of runs is: a bar on a terminal, some lines elsewhere, both on standard error. */
export class Progress {
  readonly #isBar: boolean;
  readonly #walls: number[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #startedMs = 0;
  #index = 0;
  #isDrawn = false;

  constructor(readonly options: ProgressOptions) {
    this.#isBar = placesText(2) && !options.quiet && !options.plain;
  }

  /** `run 3 of 10`, or `warm-up 1 of 2` for a negative index. */
  nameOf(index: number): string {
    const { warmup, count } = this.options;
    return index < 0 ? `warm-up ${index + warmup + 1} of ${warmup}` : `run ${index + 1} of ${count}`;
  }

  /** A run begins; those that warm up have negative indices. */
  begin(index: number): void {
    this.#index = index;
    this.#startedMs = performance.now();
    if (!this.#isBar) return;
    this.#draw();
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
  }

  /** A run has ended. */
  end(index: number, { wall_seconds }: SummaryRecord): void {
    this.#walls.push(wall_seconds);
    const { warmup, count, quiet } = this.options;
    if (this.#isBar || quiet) return;
    const every = Math.ceil((count + warmup) / MOST_LINES);
    const done = index + warmup + 1;
    if (done % every !== 0 && done !== count + warmup) return;
    printError(`proctor: ${this.nameOf(index)}: ${humanSeconds(wall_seconds)}\n`);
  }

  /** Take the bar away, until the next run. */
  clear(): void {
    clearInterval(this.#timer);
    if (this.#isDrawn) printError("\r\x1b[K");
    this.#isDrawn = false;
  }

  /** No more runs. */
  close(): void {
    this.clear();
  }

  #draw(): void {
    const { warmup, count } = this.options;
    const done = this.#index + warmup;
    const mean = this.#walls.reduce((sum, wall) => sum + wall, 0) / this.#walls.length;
    const elapsed = (performance.now() - this.#startedMs) / 1_000;
    const share = (done + (mean > 0 ? Math.min(0.95, elapsed / mean) : 0)) / (count + warmup);
    const left = mean * (count + warmup - done) - Math.min(elapsed, mean);
    const estimate = mean > 0 ? `, ${humanSeconds(mean)} each, ${roughly(left)} left` : "";
    const line = `${bar(share, BAR_WIDTH)} ${this.nameOf(this.#index)}${estimate}`;
    printError(`\r\x1b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
    this.#isDrawn = true;
  }
}

/** Whole seconds, minutes and hours. */
function roughly(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  const minutes = Math.round(whole / 60);
  return minutes < 60 ? `${minutes}m` : `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}
