import type { SummaryRecord } from "../../core/schema/record.ts";
import { bar } from "../../io/terminal/bar.ts";
import { placesText, printError } from "../../io/terminal/output.ts";
import { shortCommand } from "../../render/words/short_command.ts";
import { humanSeconds } from "../../render/words/units.ts";
import type { Tally } from "../../monitor/series/tally.ts";
import type { Turn } from "../../monitor/series/turns.ts";

const BAR_WIDTH = 24;
const REDRAW_MS = 1_000;
/** Lines of progress where there is no terminal: a log of a thousand runs is not to have a thousand. */
const MOST_LINES = 10;

interface ProgressOptions {
  readonly warmup: number;
  readonly tally: Tally;
  /** The commands, as they are called. */
  readonly labels: readonly string[];
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
  #turn: Turn = { command: 0, index: 0 };
  #isDrawn = false;

  constructor(readonly options: ProgressOptions) {
    this.#isBar = placesText(2) && !options.quiet && !options.plain;
  }

  /** `run 3 of 10`, or `warm-up 1 of 2` for a negative index; of several commands, of which. */
  nameOf({ command, index }: Turn): string {
    const { warmup, tally, labels } = this.options;
    const which = labels.length > 1 ? ` of ${shortCommand(labels[command])}` : "";
    const run = index < 0
      ? `warm-up ${index + warmup + 1} of ${warmup}`
      : `run ${index + 1} of ${tally.expectedCount(command)}`;
    return `${run}${which}`;
  }

  /** A run begins. */
  begin(turn: Turn): void {
    this.#turn = turn;
    this.#startedMs = performance.now();
    if (!this.#isBar) return;
    this.#draw();
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
  }

  /** A run has ended. */
  end(turn: Turn, { wall_seconds }: SummaryRecord): void {
    this.#walls.push(wall_seconds);
    if (this.#isBar || this.options.quiet) return;
    const every = Math.ceil(this.#total / MOST_LINES);
    const done = this.#walls.length;
    if (done % every !== 0 && done !== this.#total) return;
    printError(`proctor: ${this.nameOf(turn)}: ${humanSeconds(wall_seconds)}\n`);
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

  /** Of all runs, warm-ups included. */
  get #total(): number {
    const { warmup, tally, labels } = this.options;
    return tally.expectedTotal + warmup * labels.length;
  }

  #draw(): void {
    const [done, total] = [this.#walls.length, this.#total];
    const mean = this.#walls.reduce((sum, wall) => sum + wall, 0) / done;
    const elapsed = (performance.now() - this.#startedMs) / 1_000;
    const share = (done + (mean > 0 ? Math.min(0.95, elapsed / mean) : 0)) / total;
    const left = mean * (total - done) - Math.min(elapsed, mean);
    const estimate = mean > 0 ? `, ${humanSeconds(mean)} each, ${roughly(left)} left` : "";
    const line = `${bar(share, BAR_WIDTH)} ${this.nameOf(this.#turn)}${estimate}`;
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
