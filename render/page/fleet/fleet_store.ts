import type { Host } from "./server.ts";

/** Figures of hosts that the map and the list show; NaN where nothing is known. */
export interface HostFigures {
  readonly cpu_percent: number;
  readonly memory_percent: number;
  readonly swap_percent: number;
}

const UNKNOWN: HostFigures = { cpu_percent: NaN, memory_percent: NaN, swap_percent: NaN };
/** In the order of the numbers that they are told by. */
const PRESENCES = ["online", "offline", "lost"] as const;
/** A percentage is told times this, in a byte … */
const PERCENT_SCALE = 2.5;
/** … and this is that nothing is known. */
const NO_FIGURE = 255;

/** Columns of one byte a host, in base64. */
type Columns = Readonly<
  Record<"presence" | "cpu_percent" | "memory_percent" | "swap_percent" | "task_count", string>
>;

/** All hosts, as the stream begins. */
export interface Snapshot {
  readonly hosts: readonly number[];
  readonly columns: Columns;
}

/** What has changed of hosts, by their places in the snapshot. */
export interface Delta {
  readonly places: readonly number[];
  readonly columns: Columns;
}

/** What the page knows of all hosts. */
export class FleetStore {
  readonly #hosts = new Map<number, Host>();
  readonly #figures = new Map<number, HostFigures>();
  #ordered: readonly Host[] | null = null;
  /** Numbers of hosts in the order of the stream. */
  #places: readonly number[] = [];

  /** By domain, channel and name. */
  get hosts(): readonly Host[] {
    return this.#ordered ??= [...this.#hosts.values()].sort((a, b) =>
      a.unit === b.unit ? compare(a.proplet_id, b.proplet_id) : compare(a.unit, b.unit)
    );
  }

  host(id: number): Host | undefined {
    return this.#hosts.get(id);
  }

  figures(id: number): HostFigures {
    return this.#figures.get(id) ?? UNKNOWN;
  }

  find(unit: string, propletId: string): Host | undefined {
    return this.hosts.find((host) => host.unit === unit && host.proplet_id === propletId);
  }

  /** All hosts there are. */
  takeHosts(hosts: readonly Host[]): void {
    this.#hosts.clear();
    for (const host of hosts) this.#hosts.set(host.id, host);
    this.#ordered = null;
  }

  /** The figures of all hosts. @returns whether there are some of which nothing else is known */
  takeSnapshot({ hosts, columns }: Snapshot): boolean {
    this.#places = hosts;
    this.#take(hosts, columns);
    return hosts.some((id) => !this.#hosts.has(id));
  }

  /** Figures that have changed. */
  takeDelta({ places, columns }: Delta): void {
    this.#take(places.map((place) => this.#places[place]), columns);
  }

  #take(ids: readonly number[], columns: Columns): void {
    const [presence, cpu, memory, swap, counts] = [
      columns.presence,
      columns.cpu_percent,
      columns.memory_percent,
      columns.swap_percent,
      columns.task_count,
    ].map(bytesOf);
    ids.forEach((id, n) => {
      const [cpu_percent, memory_percent, swap_percent] = [cpu, memory, swap].map((of) => percentOf(of[n]));
      this.#figures.set(id, { cpu_percent, memory_percent, swap_percent });
      const host = this.#hosts.get(id);
      const told = PRESENCES[presence[n]];
      const task_count = counts[n] >= NO_FIGURE - 1 ? host?.task_count ?? 0 : counts[n];
      if (!host || (host.presence === told && host.task_count === task_count)) return;
      const since = host.presence === told ? host.presence_since : Date.now();
      this.#hosts.set(id, { ...host, presence: told, presence_since: since, task_count });
      this.#ordered = null;
    });
  }
}

/** In the order that people expect: web-2 before web-10. */
const { compare } = new Intl.Collator(undefined, { numeric: true });

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
}

function percentOf(byte: number): number {
  return byte === NO_FIGURE ? NaN : byte / PERCENT_SCALE;
}
