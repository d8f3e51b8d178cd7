import type { TaskMessage } from "../../core/schema/task_message.ts";
import { isTerminal, printOut, say } from "../../io/terminal/output.ts";
import type { Platform } from "../../platform/mod.ts";
import { ASCII, UNICODE } from "../../render/screen/sparkline.ts";
import { plain, styled } from "../../render/screen/style.ts";
import type { Line } from "../../render/screen/style.ts";
import { FullScreen } from "../screen/full_screen.ts";
import type { Key } from "../screen/key.ts";
import { tableLines, watchLines } from "./watch_lines.ts";
import type { WatchLook } from "./watch_lines.ts";
import { watchSummary } from "./watch_summary.ts";
import { WatchedTasks } from "./watched_tasks.ts";

/** Messages of one tick come together: the table is drawn when there were none for so long. */
const SETTLE_MS = 80;
/** The clock in the title goes on where no message comes. */
const CLOCK_MS = 1_000;
const KEPT_NOTICES = 20;
const PLAIN_COLUMNS = 120;

interface ViewOptions {
  readonly isAscii: boolean;
  readonly hasColors: boolean;
  /** Whether it is drawn in place; otherwise a table follows the other. */
  readonly isFull: boolean;
}

/** The tasks of `proctor watch` as a table that goes on, with a summary at the end. */
export class WatchView {
  readonly #tasks = new WatchedTasks();
  readonly #screen: FullScreen | undefined;
  readonly #startedMs = performance.now();
  readonly #notices: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;
  #isShown = false;
  #end: () => void = () => {};
  #fail: (error: unknown) => void = () => {};
  /** Resolves when the user has seen enough. */
  readonly ended: Promise<void>;

  constructor(readonly platform: Platform, readonly options: ViewOptions) {
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    // It may fail before anybody waits for it.
    this.ended.catch(() => {});
    if (!options.isFull) return;
    const play = {
      draw: (size: { columns: number; rows: number }) => watchLines(this.#tasks, size, this.#look),
      press: (key: Key) => this.#press(key),
      end: () => this.#end(),
      fail: (error: unknown) => this.#fail(error),
    };
    // Signals are the agent's own: with SIGHUP it reads its file.
    const signals = { endingSignals: [], signalNumber: platform.signalNumber };
    this.#screen = new FullScreen(signals, play, options.hasColors);
  }

  /** Take the next message of a task. */
  readonly take = (message: TaskMessage): void => {
    this.#tasks.take(message);
    if (this.#isShown) this.#timer ??= setTimeout(() => this.#draw(), SETTLE_MS);
  };

  /** Tell a line: below the table where it is drawn in place, or on standard error. */
  readonly notice = (line: string): void => {
    if (!this.#screen) return say(line);
    this.#notices.push(line);
    this.#notices.splice(0, this.#notices.length - KEPT_NOTICES);
    if (this.#isShown) this.#screen.drawSoon();
  };

  /** Begin to show. */
  start(): void {
    this.#isShown = true;
    this.#screen?.start();
    this.#draw();
    if (this.#screen) this.#clock = setInterval(() => this.#screen!.draw(), CLOCK_MS);
  }

  /** Give the terminal back, and print what every task came to. */
  finish(): void {
    this.#isShown = false;
    clearTimeout(this.#timer);
    clearInterval(this.#clock);
    this.#screen?.stop();
    printOut(watchSummary(this.#tasks, this.#columns, this.#glyphs));
  }

  get #glyphs() {
    return this.options.isAscii ? ASCII : UNICODE;
  }

  get #columns(): number {
    return process.stdout.columns || (this.#screen ? 80 : PLAIN_COLUMNS);
  }

  get #look(): WatchLook {
    const seconds = (performance.now() - this.#startedMs) / 1_000;
    return { glyphs: this.#glyphs, seconds, isFull: this.#screen !== undefined, notices: this.#notices };
  }

  #draw(): void {
    this.#timer = undefined;
    if (this.#screen) return this.#screen.draw();
    if (this.#tasks.running.length === 0) return;
    const lines = tableLines(this.#tasks, this.#columns, this.#look);
    // In a pipe a line has no looks.
    const shown = (line: Line) => isTerminal(1) ? styled(line, this.options.hasColors) : plain(line);
    if (!printOut(`${lines.map((line) => shown(line).trimEnd()).join("\n")}\n\n`)) this.#end();
  }

  #press({ name, ctrl, text }: Key): void {
    if (text === "q" || (ctrl && name === "c")) this.#end();
    else if (ctrl && name === "l") this.#screen!.redraw();
    else if (ctrl && name === "z") {
      const problem = this.#screen!.suspend();
      if (problem !== null) this.notice(problem);
    }
  }
}
