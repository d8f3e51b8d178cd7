import { everyBeat } from "../../../group/every_beat.ts";
import { loadPlatform } from "../../../platform/mod.ts";
import { ASCII, UNICODE } from "../../../render/screen/sparkline.ts";
import type { Line, Size } from "../../../render/screen/style.ts";
import type { ProcessStatus } from "../../../supervisor/control.ts";
import { FullScreen } from "../../screen/full_screen.ts";
import type { Key } from "../../screen/key.ts";
import type { ScreenOutput } from "../../screen/terminal.ts";
import { pressKey, searchAgain, settle } from "./keys.ts";
import type { Effect } from "./keys.ts";
import { paneOf } from "./panes.ts";
import type { Pane } from "./panes.ts";
import { rowsOf } from "./rows.ts";
import { divide, screenLines } from "./screen_view.ts";
import type { Division } from "./screen_view.ts";
import { INITIAL_STATE } from "./state.ts";
import type { MonitorState, Sort } from "./state.ts";
import { SupervisorLink } from "./supervisor_link.ts";
import type { Asker } from "./supervisor_link.ts";

/** How the screen is to begin. */
export interface MonitorOptions {
  readonly connect: () => Asker;
  readonly intervalMs: number;
  readonly sort: Sort;
  readonly filter: string;
  readonly isAscii: boolean;
  readonly hasColors: boolean;
  /** Where the screen is the supervisor's own, what its keys do to it: an end in order; one that may be hurried. */
  readonly own?: { readonly end: () => void; readonly interrupt: () => void };
  /** Where it is drawn; default: standard output. */
  readonly output?: ScreenOutput;
}

/** However much is written, the screen is drawn so often at most. */
const SHORTEST_DRAW_MS = 100;
/** While nothing is heard the clock goes on, and it is seen for how long. */
const LONGEST_DRAW_MS = 1_500;
/** That is asked at the moments at which the supervisor wakes up anyway. */
const CLOCK_BEAT_MS = 1_000;

/** Of a supervisor in the foreground. */
const STANDS_STILL = "a supervisor that stands still keeps nothing running; q ends it";

/**
 * Show a supervisor until the user has seen enough; the exit code.
 * @throws ProctorError when there is none at first
 */
export async function runMonitor(options: MonitorOptions): Promise<number> {
  const platform = await loadPlatform();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const monitor = new Monitor(options, platform, resolve, reject);
  try {
    await monitor.start();
    return await promise;
  } finally {
    monitor.stop();
  }
}

/** The loop: keys and what the supervisor tells come in, screens go out. */
export class Monitor {
  #state: MonitorState;
  #drawTimer: ReturnType<typeof setTimeout> | undefined;
  #stopClock = () => {};
  #drawnMs = -Infinity;
  readonly #link: SupervisorLink;
  readonly #screen: FullScreen;

  constructor(
    readonly options: MonitorOptions,
    platform: ConstructorParameters<typeof FullScreen>[0],
    end: (exitCode: number) => void,
    fail: (error: unknown) => void,
  ) {
    const { sort, filter, connect, intervalMs, hasColors, own, output } = options;
    this.#state = { ...INITIAL_STATE, sort, filter, isOwn: own !== undefined };
    this.#link = new SupervisorLink({ connect, intervalMs, changed: () => this.#drawInTime(), fail });
    const press = (key: Key) => this.#press(key, end);
    const play = { draw: (size: Size) => this.#lines(size), press, end, fail };
    this.#screen = new FullScreen(platform, play, hasColors, output);
  }

  /** The terminal is taken when there is something to show. */
  async start(): Promise<void> {
    await this.#link.start();
    this.#screen.start();
    this.#screen.draw();
    this.#stopClock = everyBeat(CLOCK_BEAT_MS, () => {
      if (performance.now() - this.#drawnMs > LONGEST_DRAW_MS) this.#screen.draw();
    }, { keepsAlive: true });
  }

  stop(): void {
    clearTimeout(this.#drawTimer);
    this.#stopClock();
    this.#link.close();
    this.#screen.stop();
  }

  #drawInTime(): void {
    const waitMs = Math.max(0, this.#drawnMs + SHORTEST_DRAW_MS - performance.now());
    this.#drawTimer ??= setTimeout(() => {
      this.#drawTimer = undefined;
      this.#screen.draw();
    }, waitMs);
  }

  #press(key: Key, end: (exitCode: number) => void): void {
    const { rows, pane, division } = this.#view(this.#screen.size);
    const [state, effect] = pressKey(this.#state, key, {
      rows,
      pane,
      pageLength: division.page,
      paneLength: Math.max(1, division.pane),
    });
    this.#state = state;
    this.#link.stir();
    if (effect) this.#do(effect, end);
    this.#screen.drawSoon();
  }

  #do(effect: Effect, end: (exitCode: number) => void): void {
    const { own } = this.options;
    switch (effect.kind) {
      case "quit":
        return own ? this.#end(own.interrupt) : end(0);
      case "end":
        return own && this.#end(own.end);
      case "suspend":
        return own ? this.tell(STANDS_STILL) : this.#suspend();
      case "redraw":
        return this.#screen.redraw();
      case "act":
        return void this.#have(`${effect.action} ${effect.id}`, this.#link.act(effect.action, effect.id));
      case "signal":
        return void this.#have(
          `${effect.signal} to ${effect.id}`,
          this.#link.signal(effect.signal, effect.id),
        );
    }
  }

  #end(end: () => void): void {
    this.tell("stopping everything; Ctrl-C kills what is left");
    end();
  }

  #suspend(): void {
    const message = this.#screen.suspend();
    if (message !== null) this.tell(message);
  }

  async #have(what: string, done: Promise<string>): Promise<void> {
    this.tell(`${what} …`);
    this.tell(await done);
  }

  /** Show a line until a key is pressed. */
  tell(message: string): void {
    this.#state = { ...this.#state, message };
    this.#screen.drawSoon();
  }

  #view(size: Size): { rows: readonly ProcessStatus[]; division: Division; pane: Pane } {
    const { known } = this.#link;
    const rows = rowsOf(known.statuses, this.#state);
    const division = divide(size, rows.length, this.#state.isOpen);
    this.#state = settle(this.#state, rows, division.page);
    const { pane: name, selected } = this.#state;
    this.#link.choose(selected, name === "info");
    const pane = paneOf(name, known, selected, this.#telling);
    this.#state = searchAgain(this.#state, { pane, paneLength: Math.max(1, division.pane) });
    return { rows, division, pane };
  }

  get #telling() {
    const glyphs = this.options.isAscii ? ASCII : UNICODE;
    return { glyphs, offsetMinutes: -new Date().getTimezoneOffset() };
  }

  #lines(size: Size): Line[] {
    this.#drawnMs = performance.now();
    const { rows, pane } = this.#view(size);
    const { known } = this.#link;
    return screenLines({ state: this.#state, known, rows, pane, size, nowMs: Date.now(), ...this.#telling });
  }
}
