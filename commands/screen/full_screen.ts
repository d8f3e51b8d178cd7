import { EXIT } from "../../core/error.ts";
import type { Platform } from "../../platform/mod.ts";
import { Painter } from "../../render/screen/painter.ts";
import { styled } from "../../render/screen/style.ts";
import type { Line, Size } from "../../render/screen/style.ts";
import type { Key } from "./key.ts";
import { listenToKeys } from "./listen_to_keys.ts";
import { Terminal } from "./terminal.ts";
import type { ScreenOutput } from "./terminal.ts";

/** What a full screen shows, and what becomes of its keys. */
export interface Play {
  /** The screen: as many lines as it has rows, each as wide as it. */
  readonly draw: (size: Size) => readonly Line[];
  readonly press: (key: Key) => void;
  /** It is over, by a signal or because the terminal is gone. */
  readonly end: (exitCode: number) => void;
  /** Something went wrong; whoever called tells it, on a terminal that shows it. */
  readonly fail: (error: unknown) => void;
}

/**
 * The terminal as a full screen of ours: it follows its size, stands aside while the shell has it (Ctrl-Z), and is
 * given back as it was, whatever happens.
 */
export class FullScreen {
  readonly #terminal: Terminal;
  readonly #painter = new Painter();
  readonly #undo: (() => void)[] = [];
  #drawSoon: ReturnType<typeof setImmediate> | undefined;
  #isShown = false;

  constructor(
    readonly platform: Pick<Platform, "endingSignals" | "signalNumber">,
    readonly play: Play,
    readonly hasColors: boolean,
    output?: ScreenOutput,
  ) {
    this.#terminal = new Terminal(output);
  }

  get size(): Size {
    return this.#terminal.size;
  }

  /** Listen, and take the terminal over. */
  start(): void {
    const on = (emitter: NodeJS.EventEmitter, name: string, handler: (...values: never[]) => void) => {
      emitter.on(name, handler as () => void);
      this.#undo.push(() => emitter.off(name, handler as () => void));
    };
    const { endingSignals, signalNumber } = this.platform;
    const { end, fail, press } = this.play;
    for (const name of endingSignals) on(process, name, () => end(EXIT.signalBase + signalNumber(name)));
    on(process, "SIGTSTP", () => this.#standAside());
    on(process, "SIGCONT", () => this.#comeBack());
    on(process.stdout, "resize", () => this.redraw());
    on(process, "uncaughtException", fail);
    on(process, "unhandledRejection", fail);
    this.#undo.push(listenToKeys(press, () => end(0)));
    this.#terminal.take();
    this.#isShown = true;
  }

  /** Give the terminal back, and listen no more. */
  stop(): void {
    this.#isShown = false;
    clearImmediate(this.#drawSoon);
    this.#undo.splice(0).forEach((undo) => undo());
    this.#terminal.release();
  }

  /** Show what there is now, where the screen is ours: what was asked for may come later than the end. */
  draw(): void {
    if (!this.#isShown || this.#terminal.output.isBusy) return;
    const lines = this.play.draw(this.size).map((line) => styled(line, this.hasColors));
    if (!this.#terminal.write(this.#painter.paint(lines))) this.play.end(0);
  }

  /** The same, once, after all that has come by now: a paste, a key held down. */
  drawSoon(): void {
    this.#drawSoon ??= setImmediate(() => {
      this.#drawSoon = undefined;
      this.draw();
    });
  }

  /** Draw all of it anew. */
  redraw(): void {
    this.#terminal.write(this.#painter.clear());
    this.draw();
  }

  /** Stop, as Ctrl-Z would have a program do, until the shell has it go on; why not where that cannot be. */
  suspend(): string | null {
    if (this.platform.signalNumber("SIGTSTP") <= 0) {
      return "this system has no shell to go back to for a while";
    }
    process.kill(process.pid, "SIGTSTP");
    return null;
  }

  #standAside(): void {
    this.#terminal.release();
    process.kill(process.pid, "SIGSTOP");
  }

  #comeBack(): void {
    this.#terminal.take();
    this.redraw();
  }
}
