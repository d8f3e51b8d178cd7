import { COLUMN_AT } from "../../model/column.ts";
import type { AgentView, FleetView } from "../../model/view.ts";

/** The columns of a board; of each host one byte in each of them. */
const BOARD_COLUMNS = [
  "presence",
  "cpu_percent",
  "memory_percent",
  "swap_percent",
  "task_count",
] as const;
const WIDTH = BOARD_COLUMNS.length;
/** That a figure is not known. */
const UNKNOWN = 255;
const PRESENCE = { online: 0, offline: 1, lost: 2 } as const;
const LOOK_EVERY_MS = 1_000;

interface Row {
  readonly bytes: Uint8Array;
  /** The look at which it changed last. */
  changed: number;
}

/**
 * How it stands with every host, in a byte a figure: looked at once a second for all who watch. Nobody is queued for:
 * each watcher knows up to which look it has been told, and asks for what has changed since.
 */
export class HostBoard {
  readonly #rows = new Map<number, Row>();
  readonly #waiting = new Set<() => void>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #watchers = 0;
  /** Counts looks from when the manager began, so that those of an earlier one are all before them. */
  #look: number;

  constructor(readonly view: FleetView, now: number = Date.now()) {
    this.#look = Math.floor(now / LOOK_EVERY_MS);
  }

  /** The number of the latest look. */
  get look(): number {
    return this.#look;
  }

  /** Look at all hosts as long as there is one who watches. @returns ends that */
  watch(): () => void {
    if (this.#watchers++ === 0) {
      this.lookNow();
      this.#timer = setInterval(() => this.lookNow(), LOOK_EVERY_MS);
      this.#timer.unref?.();
    }
    return () => {
      if (--this.#watchers === 0) clearInterval(this.#timer);
    };
  }

  /** Look at all hosts, and tell those who wait. */
  lookNow(): void {
    const look = ++this.#look;
    for (const [id, agent] of this.view.agents) {
      const bytes = bytesOf(agent);
      const row = this.#rows.get(id);
      if (!row) this.#rows.set(id, { bytes, changed: look });
      else if (bytes.some((byte, at) => byte !== row.bytes[at])) {
        row.bytes.set(bytes);
        row.changed = look;
      }
    }
    if (this.#rows.size > this.view.agents.size) {
      for (const id of this.#rows.keys()) if (!this.view.agents.has(id)) this.#rows.delete(id);
    }
    for (const wake of [...this.#waiting]) wake();
  }

  /** Wait for the next look, or the signal. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener("abort", done);
      if (signal.aborted) done();
    });
  }

  /** The bytes of some hosts, a column after another, in base64. */
  columns(hosts: readonly number[]): Record<string, string> {
    return Object.fromEntries(BOARD_COLUMNS.map((name, column) => {
      const bytes = Uint8Array.from(hosts, (id) => this.#rows.get(id)?.bytes[column] ?? UNKNOWN);
      return [name, Buffer.from(bytes).toString("base64")];
    }));
  }

  /** Which of some hosts have changed after a look, by their places among them. */
  changedSince(look: number, hosts: readonly number[]): number[] {
    const places: number[] = [];
    hosts.forEach((id, at) => {
      if ((this.#rows.get(id)?.changed ?? 0) > look) places.push(at);
    });
    return places;
  }
}

function bytesOf({ presence, hostTask, tasks }: AgentView): Uint8Array {
  const percent = (name: string) => {
    const value = hostTask?.last[COLUMN_AT.get(name)!] ?? NaN;
    return Number.isNaN(value) ? UNKNOWN : Math.round(Math.min(100, Math.max(0, value)) * 2.5);
  };
  const bytes = new Uint8Array(WIDTH);
  bytes[0] = PRESENCE[presence];
  bytes[1] = percent("cpu_percent");
  bytes[2] = percent("memory_percent");
  bytes[3] = percent("swap_percent");
  bytes[4] = Math.min(UNKNOWN - 1, tasks.size);
  return bytes;
}
