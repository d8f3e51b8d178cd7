import type { HostProcess, ProcessDetails } from "../../../../host/process_table.ts";
import { History } from "../../../../commands/top/history.ts";
import { pressKey, settle } from "../../../../commands/top/keys.ts";
import type { Key } from "../../../../commands/screen/key.ts";
import type { Effect } from "../../../../commands/top/keys.ts";
import { layOut } from "../../../../commands/top/rows.ts";
import type { Row, Table } from "../../../../commands/top/rows.ts";
import { pageLength, screenLines } from "../../../../commands/top/screen_view.ts";
import { UNICODE } from "../../../../render/screen/sparkline.ts";
import type { Glyphs } from "../../../../render/screen/sparkline.ts";
import { INITIAL_STATE } from "../../../../commands/top/state.ts";
import type { TopState } from "../../../../commands/top/state.ts";
import { plain } from "../../../../render/screen/style.ts";
import type { Line } from "../../../../render/screen/style.ts";
import type { MachineMoment } from "../../../../host/machine_meter.ts";
import { moment } from "./processes.ts";

const NAMED: Readonly<Record<string, string>> = {
  up: "up",
  down: "down",
  left: "left",
  right: "right",
  home: "home",
  end: "end",
  pageup: "pageup",
  pagedown: "pagedown",
  enter: "return",
  esc: "escape",
  backspace: "backspace",
};

/** Top without a terminal and without a machine: looks and keys go in, screens come out. */
export class Screen {
  state: TopState;
  table: Table = { rows: [], processCount: 0, runningCount: 0, zombieCount: 0 };
  readonly history: History;
  readonly processes = new Set<HostProcess>();
  effect: Effect | undefined;
  details: ProcessDetails | null = null;

  constructor(
    readonly size = { columns: 80, rows: 12 },
    state: Partial<TopState> = {},
    limit = 100,
    readonly glyphs: Glyphs = UNICODE,
  ) {
    this.state = { ...INITIAL_STATE, ...state };
    this.history = new History(limit, state.showsNetwork);
  }

  /** A look at the machine, at which it has these processes. */
  look(
    processes: readonly HostProcess[] = [...this.processes],
    groups: Readonly<Record<string, number>> = {},
    facts: Partial<MachineMoment> = {},
  ): this {
    this.processes.clear();
    for (const process of processes) this.processes.add(process);
    this.history.add(this.processes, new Map(Object.entries(groups)), moment(this.history.last + 1, facts));
    return this.#settle();
  }

  /** Press keys: names such as `down`, or what they type. */
  press(...keys: string[]): this {
    for (const name of keys) {
      const key: Key = NAMED[name] !== undefined
        ? { name: NAMED[name] }
        : name.startsWith("^")
        ? { name: name.slice(1), ctrl: true }
        : { name: name === " " ? "space" : undefined, text: name };
      const [state, effect] = pressKey(this.state, key, {
        rows: this.rows,
        pageLength: pageLength(this.size, this.state, this.#coreCount),
        firstTick: this.history.first,
        lastTick: this.history.last,
        signalName: (text) => ({ TERM: "SIGTERM", KILL: "SIGKILL", "9": "SIGKILL" })[text] ?? null,
      });
      this.state = state;
      this.effect = effect;
      this.#settle();
    }
    return this;
  }

  /** The screen in pieces. */
  get pieces(): Line[] {
    return screenLines({
      state: this.state,
      history: this.history,
      table: this.table,
      tick: this.tick,
      size: this.size,
      details: this.details,
      glyphs: this.glyphs,
      hostName: "here",
      offsetMinutes: 0,
    });
  }

  /** The screen as it would be read. */
  get lines(): string[] {
    return this.pieces.map(plain);
  }

  /** The commands in the table from the top down, with their tree. */
  get commands(): string[] {
    const start = this.lines[3].indexOf("COMMAND");
    return this.lines.slice(4, -1).map((line) => line.slice(start).trimEnd()).filter((line) => line !== "");
  }

  get rows(): readonly Row[] {
    return this.table.rows;
  }

  /** The chosen row. */
  get chosen(): string {
    const row = this.rows[this.state.cursor];
    return row?.kind === "heading" ? row.title : row?.process.command;
  }

  get tick(): number {
    return this.state.pausedAt === null
      ? this.history.last
      : Math.max(this.state.pausedAt, this.history.first);
  }

  get #coreCount(): number {
    return this.history.momentAt(this.history.last)?.corePercents?.length ?? 0;
  }

  #settle(): this {
    this.table = layOut(this.history, this.tick, this.state);
    this.state = settle(this.state, this.rows, pageLength(this.size, this.state, this.#coreCount));
    return this;
  }
}
