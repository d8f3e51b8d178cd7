import { printOut } from "../../io/terminal/output.ts";
import type { Size } from "../../render/screen/style.ts";
import { TerminalGuard, terminalSettings } from "./terminal_guard.ts";

/** The other screen, so that the one before comes back; no cursor; lines are not wrapped. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
/** All of it undone. */
const LEAVE = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

/** Where a screen is drawn. */
export interface ScreenOutput {
  /** What was drawn has not left yet: nothing is to be drawn now. */
  readonly isBusy: boolean;
  /** False when it is gone. */
  write(text: string): boolean;
}

/** Standard output, which is waited for. */
const STANDARD_OUTPUT: ScreenOutput = { isBusy: false, write: printOut };

/** The terminal, taken over and given back as it was. */
export class Terminal {
  /** Asked for once: after a stop the shell may set it to what we had made of it. */
  readonly #settings = terminalSettings();
  #isTaken = false;
  #guard: TerminalGuard | undefined;

  constructor(readonly output: ScreenOutput = STANDARD_OUTPUT) {}

  /** The size, or that of old where the terminal does not know its own. */
  get size(): Size {
    return { columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 };
  }

  /** Take it over, maybe again: every key comes to us at once, and the screen is ours. */
  take(): void {
    this.#isTaken = true;
    if (this.#settings !== undefined) this.#guard ??= new TerminalGuard(this.#settings);
    // Somebody may have set it otherwise while we stood still: what is raw already would be left as it is.
    process.stdin.setRawMode(false);
    process.stdin.setRawMode(true);
    this.write(ENTER);
  }

  /** Give it back, for a while or for good. */
  release(): void {
    if (!this.#isTaken) return;
    this.#isTaken = false;
    this.write(LEAVE);
    try {
      process.stdin.setRawMode(false);
    } catch {
      // It is gone, and so is what could be put back.
    }
    this.#guard?.dismiss();
    this.#guard = undefined;
  }

  /** False when it is gone. */
  write(text: string): boolean {
    return text === "" || this.output.write(text);
  }
}
