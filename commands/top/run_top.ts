import { hostname } from "node:os";
import { signalNamed } from "../../group/signal_named.ts";
import type { HostProcess, ProcessDetails } from "../../host/process_table.ts";
import { History } from "./history.ts";
import { pressKey, settle } from "./keys.ts";
import type { Effect } from "./keys.ts";
import type { Key } from "../screen/key.ts";
import { layOut } from "./rows.ts";
import type { Table } from "./rows.ts";
import { pageLength, screenLines } from "./screen_view.ts";
import { ASCII, UNICODE } from "../../render/screen/sparkline.ts";
import { INITIAL_STATE } from "./state.ts";
import type { Sort, TopState, View } from "./state.ts";
import type { Line, Size } from "../../render/screen/style.ts";
import { FullScreen } from "../screen/full_screen.ts";
import { openWorld, SECOND_LOOK_MS } from "./world.ts";
import type { World } from "./world.ts";

/** How top is to begin. */
export interface TopOptions {
  readonly roots: readonly number[];
  readonly intervalMs: number;
  readonly historyTicks: number;
  readonly sort: Sort;
  readonly view: View;
  readonly filter: string;
  readonly isAscii: boolean;
  readonly hasColors: boolean;
  /** Whether what is read and written has its columns where there is little room as well. */
  readonly io: boolean;
  /** Whether to count what processes receive and send. */
  readonly network: boolean;
}

/** Show the processes until the user has seen enough; the exit code. */
export async function runTop(options: TopOptions): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const top = new Top(options, await openWorld(options), resolve, reject);
  try {
    top.start();
    return await promise;
  } finally {
    top.stop();
  }
}

/** The loop: looks, keys and signals of the system come in, screens go out. */
class Top {
  #state: TopState;
  #table: Table = { rows: [], processCount: 0, runningCount: 0, zombieCount: 0 };
  #closely: ReadonlySet<HostProcess> = new Set();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #nextMs = 0;
  readonly #history: History;
  readonly #screen: FullScreen;

  constructor(
    readonly options: TopOptions,
    readonly world: World,
    readonly end: (code: number) => void,
    readonly fail: (error: unknown) => void,
  ) {
    const { sort, view, filter, roots, historyTicks, io: showsIo, network: showsNetwork } = options;
    const { message } = world;
    this.#state = { ...INITIAL_STATE, sort, view, filter, roots, showsIo, showsNetwork, message };
    this.#history = new History(historyTicks, showsNetwork);
    const press = (key: Key) => this.#press(key);
    const play = { draw: (size: Size) => this.#lines(size), press, end, fail };
    this.#screen = new FullScreen(world.platform, play, options.hasColors);
  }

  start(): void {
    this.#screen.start();
    this.#look();
    // Opening all files has taken a while: the second look is to count from one moment for all.
    this.world.table.refresh(performance.now(), this.#closely);
    this.#nextMs = performance.now() + Math.min(SECOND_LOOK_MS, this.options.intervalMs);
    this.#schedule();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#screen.stop();
    this.world.table.close();
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#look();
      // One that comes late is left out, not made up for.
      const now = performance.now();
      while (this.#nextMs <= now) this.#nextMs += this.options.intervalMs;
      this.#schedule();
    }, Math.max(0, this.#nextMs - performance.now()));
  }

  #look(): void {
    const { table, meter } = this.world;
    const now = performance.now();
    table.refresh(now, this.#closely);
    this.#history.add(table.processes, meter.groupPercents(this.#history.cgroups, now), meter.moment(true));
    this.#screen.draw();
  }

  #press(key: Key): void {
    const { first, last } = this.#history;
    const { platform } = this.world;
    const [state, effect] = pressKey(this.#state, key, {
      rows: this.#table.rows,
      pageLength: pageLength(this.#screen.size, this.#state, this.#coreCount),
      firstTick: first,
      lastTick: last,
      signalName: (text) => signalNamed(text, platform),
    });
    this.#state = state;
    if (effect) this.#do(effect);
    this.#screen.drawSoon();
  }

  #do(effect: Effect): void {
    switch (effect.kind) {
      case "quit":
        return this.end(0);
      case "suspend":
        return this.#suspend();
      case "redraw":
        return this.#screen.redraw();
      case "signal":
        return this.#send(effect.signal, effect.processes);
    }
  }

  get #coreCount(): number {
    return this.#history.momentAt(this.#history.last)?.corePercents?.length ?? 0;
  }

  #details(): ProcessDetails | null {
    const row = this.#table.rows[this.#state.cursor];
    return row?.kind === "process" ? this.world.table.detailsOf(row.process) : null;
  }

  #suspend(): void {
    const message = this.#screen.suspend();
    if (message !== null) this.#state = { ...this.#state, message };
  }

  #send(signal: string, processes: readonly HostProcess[]): void {
    const sent = processes.filter((process) => this.world.platform.signal(process, signal)).length;
    const whole = sent === processes.length;
    const count = whole ? `${sent}` : `${sent} of ${processes.length}`;
    const why = whole ? "" : "; the others are gone, or not yours";
    const message = `${signal} was sent to ${count} ${
      processes.length === 1 ? "process" : "processes"
    }${why}`;
    this.#state = { ...this.#state, message };
  }

  #lines(size: Size): Line[] {
    const history = this.#history;
    const { pausedAt } = this.#state;
    const tick = pausedAt === null ? history.last : Math.max(pausedAt, history.first);
    this.#table = layOut(history, tick, this.#state);
    const page = pageLength(size, this.#state, this.#coreCount);
    const state = this.#state = settle(this.#state, this.#table.rows, page);
    const onScreen = this.#table.rows.slice(state.scroll, state.scroll + page);
    this.#closely = new Set(onScreen.flatMap((row) => row.kind === "heading" ? [] : [row.process]));
    return screenLines({
      state,
      history,
      table: this.#table,
      tick,
      size,
      details: state.showsDetails ? this.#details() : null,
      glyphs: this.options.isAscii ? ASCII : UNICODE,
      hostName: hostname(),
      offsetMinutes: -new Date().getTimezoneOffset(),
    });
  }
}
