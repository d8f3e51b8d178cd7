import { pressKey, searchAgain, settle } from "../../../../../commands/ctl/monitor/keys.ts";
import type { Effect } from "../../../../../commands/ctl/monitor/keys.ts";
import { Known } from "../../../../../commands/ctl/monitor/known.ts";
import { paneOf } from "../../../../../commands/ctl/monitor/panes.ts";
import type { Pane } from "../../../../../commands/ctl/monitor/panes.ts";
import { rowsOf } from "../../../../../commands/ctl/monitor/rows.ts";
import { divide, screenLines } from "../../../../../commands/ctl/monitor/screen_view.ts";
import { INITIAL_STATE } from "../../../../../commands/ctl/monitor/state.ts";
import type { MonitorState } from "../../../../../commands/ctl/monitor/state.ts";
import type { Key } from "../../../../../commands/screen/key.ts";
import { UNICODE } from "../../../../../render/screen/sparkline.ts";
import type { Glyphs } from "../../../../../render/screen/sparkline.ts";
import { plain } from "../../../../../render/screen/style.ts";
import type { Line } from "../../../../../render/screen/style.ts";
import type { ProcessStatus, SupervisorEvent } from "../../../../../supervisor/control.ts";

/** The clock of the day on these screens. */
export const NOW_MS = Date.parse("2026-01-31T12:00:00Z");

const NAMED = ["up", "down", "left", "right", "home", "end", "pageup", "pagedown", "tab", "return", "escape"];

/** A process that runs and does nothing. */
export function status(id: string, more: Partial<ProcessStatus> = {}): ProcessStatus {
  return {
    id,
    type: "standard_managed",
    groups: [],
    state: "running",
    pid: 4711,
    restarts: 0,
    uptime_seconds: 65,
    cpu_percent: 0,
    memory_bytes: 2_097_152,
    process_count: 1,
    network_rx_bytes: null,
    network_tx_bytes: null,
    network_loopback_rx_bytes: null,
    network_loopback_tx_bytes: null,
    app: null,
    health: null,
    reason: null,
    status_text: null,
    degraded: null,
    ...more,
  };
}

/** One that does not run. */
export function down(id: string, more: Partial<ProcessStatus> = {}): ProcessStatus {
  const nothing = {
    pid: null,
    uptime_seconds: null,
    cpu_percent: null,
    memory_bytes: null,
    process_count: null,
  };
  return status(id, { state: "stopped", ...nothing, ...more });
}

/** The monitor without a terminal and without a supervisor: answers and keys go in, screens come out. */
export class MonitorScreen {
  state: MonitorState;
  effect: Effect | undefined;
  readonly known = new Known();
  #sequence = 0;

  constructor(
    readonly size = { columns: 80, rows: 24 },
    state: Partial<MonitorState> = {},
    readonly glyphs: Glyphs = UNICODE,
  ) {
    this.state = { ...INITIAL_STATE, ...state };
    this.known.meet({
      version: "1.2.3",
      pid: 99,
      state: "running",
      started_at: "2026-01-31T11:00:00.000Z",
      uptime_seconds: 3_600,
      base_directory: "/var/lib/proctor",
      config_files: [],
    }, NOW_MS);
  }

  /** A look at the supervisor, at which it has these processes. */
  look(...statuses: ProcessStatus[]): this {
    this.known.look(statuses, NOW_MS);
    return this.#settle();
  }

  /** The log of the chosen process goes on; by `!` it is standard error's. */
  write(...lines: string[]): this {
    for (const line of lines) {
      this.known.log.add({
        timestamp: "2026-01-31T11:59:59.000Z",
        id: "web",
        stream: line.startsWith("!") ? "stderr" : "stdout",
        message: line.replace(/^!/, ""),
      });
    }
    return this.#settle();
  }

  happen(id: string | null, more: Partial<SupervisorEvent> = {}): this {
    const transition = {
      kind: "transition",
      from: "starting",
      to: "running",
      pid: 4711,
      reason: null,
    } as const;
    const sequence = ++this.#sequence;
    this.known.happened({ sequence, timestamp: "2026-01-31T11:58:00.000Z", id, ...transition, ...more });
    return this;
  }

  /** Press keys: names such as `down`, or what they type. */
  press(...keys: string[]): this {
    for (const name of keys) {
      const key: Key = NAMED.includes(name) || name === "backspace"
        ? { name }
        : name.startsWith("^")
        ? { name: name.slice(1), ctrl: true }
        : { text: name };
      const { page, pane: paneLength } = this.#division;
      const at = { rows: this.rows, pane: this.pane, pageLength: page, paneLength: Math.max(1, paneLength) };
      [this.state, this.effect] = pressKey(this.state, key, at);
      this.#settle();
    }
    return this;
  }

  type(text: string): this {
    return this.press(...text);
  }

  get rows(): readonly ProcessStatus[] {
    return rowsOf(this.known.statuses, this.state);
  }

  /** The ids in the list from the top down. */
  get ids(): string[] {
    return this.rows.map(({ id }) => id);
  }

  get pane(): Pane {
    return paneOf(this.state.pane, this.known, this.state.selected, {
      glyphs: this.glyphs,
      offsetMinutes: 0,
    });
  }

  /** The screen in pieces. */
  pieces(nowMs = NOW_MS): Line[] {
    const { state, known, rows, pane, size, glyphs } = this;
    return screenLines({ state, known, rows, pane, size, glyphs, nowMs, offsetMinutes: 0 });
  }

  /** The screen as it would be read, without blanks at the ends of lines. */
  get lines(): string[] {
    return this.pieces().map((line) => plain(line).trimEnd());
  }

  /** What of the pane is on the screen, below its heading. */
  get paneLines(): string[] {
    const { page, pane } = this.#division;
    return this.lines.slice(4 + page + 2, 4 + page + 2 + pane).filter((line) => line !== "");
  }

  get #division() {
    return divide(this.size, this.rows.length, this.state.isOpen);
  }

  #settle(): this {
    this.state = settle(this.state, this.rows, this.#division.page);
    this.state = searchAgain(this.state, { pane: this.pane, paneLength: Math.max(1, this.#division.pane) });
    return this;
  }
}
