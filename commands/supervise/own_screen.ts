import type { UnwaitedTerminal } from "../../io/terminal/unwaited_terminal.ts";
import type { Platform } from "../../platform/mod.ts";
import type { Answer } from "../../supervisor/client/inner_client.ts";
import { InnerClient } from "../../supervisor/client/inner_client.ts";
import type { SupervisorControl } from "../../supervisor/control.ts";
import { Monitor } from "../ctl/monitor/run_monitor.ts";
import { speaksUnicode } from "../screen/need_screen.ts";
import type { OwnLines } from "./own_lines.ts";

const INTERVAL_MS = 1_000;

/** What the screen of a supervisor is made of. */
export interface OwnScreenOptions {
  readonly answer: Answer;
  readonly control: Pick<SupervisorControl, "list">;
  readonly platform: Platform;
  readonly hasColors: boolean;
  /** Where it is drawn, without waiting; undefined where that cannot be. */
  readonly terminal: UnwaitedTerminal | undefined;
  /** Where lines of the supervisor's own log go while the screen is shown, and where the terminal is gone. */
  readonly lines: OwnLines;
  /** What comes of keys: end all in order; or the same, and at once the second time. */
  readonly end: () => void;
  readonly interrupt: () => void;
}

/** The full screen of `proctor ctl monitor`, in the foreground of the very supervisor that it shows. */
export class OwnScreen {
  readonly #monitor: Monitor;
  #isShown = false;

  constructor(readonly options: OwnScreenOptions) {
    const { answer, control, platform, hasColors, terminal, end, interrupt } = options;
    const client = new InnerClient(answer, control);
    this.#monitor = new Monitor(
      {
        connect: () => client,
        intervalMs: INTERVAL_MS,
        sort: "order",
        filter: "",
        isAscii: !speaksUnicode(),
        hasColors,
        own: { end, interrupt },
        output: terminal && outputOf(terminal),
      },
      // Signals are the supervisor's.
      { endingSignals: [], signalNumber: (name) => platform.signalNumber(name) },
      () => this.close(),
      (error) => {
        this.close();
        // A fault is told as if there were no screen, on a terminal that shows it.
        setImmediate(() => {
          throw error;
        });
      },
    );
  }

  /** Take the terminal. */
  async start(): Promise<void> {
    this.#isShown = true;
    await this.#monitor.start();
  }

  get isShown(): boolean {
    return this.#isShown;
  }

  /** Lines of the supervisor's own log: what is amiss is seen as well, events are shown anyway. */
  readonly lines: OwnLines = (level, line, event) => {
    this.options.lines(level, line, event);
    if (event === undefined && (level === "warn" || level === "error")) this.tell(line);
  };

  /** Show a line until a key is pressed. */
  tell(line: string): void {
    if (this.#isShown) this.#monitor.tell(line);
  }

  /** Give the terminal back. */
  close(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#monitor.stop();
  }
}

/** A terminal that stands still keeps the supervisor from nothing: what it does not take is not drawn. */
function outputOf(terminal: UnwaitedTerminal) {
  const encoder = new TextEncoder();
  let waiting = 0;
  let isGone = false;
  return {
    get isBusy(): boolean {
      return waiting > 0;
    },
    write(text: string): boolean {
      waiting++;
      terminal.write(encoder.encode(text), (error) => {
        waiting--;
        if (error) isGone = true;
      });
      return !isGone;
    },
  };
}
