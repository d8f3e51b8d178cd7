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
  readonly #figures = new Map<number, { -readonly [K in keyof HostFigures]: HostFigures[K] }>();
  #ordered: Host[] = [];
  /** Where each host stands in that order. */
  #at = new Map<number, number>();
  /** Numbers of hosts in the order of the stream. */
  #places: readonly number[] = [];

  /** Counts changes of what there is and in which state it is; figures alone are none. */
  version = 0;

  /** By domain, channel and name. */
  get hosts(): readonly Host[] {
    return this.#ordered;
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
    this.version++;
    // To sort thousands of names takes longer than a frame, and mostly there are those that there were.
    const isSame = hosts.length === this.#hosts.size && hosts.every((host) => {
      const before = this.#hosts.get(host.id);
      return before !== undefined && before.unit === host.unit && before.proplet_id === host.proplet_id;
    });
    if (isSame) return hosts.forEach((host) => this.#put(host));
    this.#hosts.clear();
    for (const host of hosts) this.#hosts.set(host.id, host);
    this.#ordered = [...hosts].sort((a, b) =>
      a.unit === b.unit ? compare(a.proplet_id, b.proplet_id) : compare(a.unit, b.unit)
    );
    this.#at = new Map(this.#ordered.map(({ id }, at) => [id, at]));
  }

  /** The figures of all hosts. @returns whether there are some of which nothing else is known */
  takeSnapshot({ hosts, columns }: Snapshot): boolean {
    this.#places = hosts;
    this.#take(hosts, columns);
    return hosts.some((id) => !this.#hosts.has(id));
  }

  /** Figures that have changed. @returns whether a host has come or gone */
  takeDelta({ places, columns }: Delta): boolean {
    return this.#take(places.map((place) => this.#places[place]), columns);
  }

  #put(host: Host): void {
    this.#hosts.set(host.id, host);
    this.#ordered[this.#at.get(host.id)!] = host;
  }

  #take(ids: readonly number[], columns: Columns): boolean {
    const [presence, cpu, memory, swap, counts] = [
      columns.presence,
      columns.cpu_percent,
      columns.memory_percent,
      columns.swap_percent,
      columns.task_count,
    ].map(bytesOf);
    let hasMoved = false;
    ids.forEach((id, n) => {
      let figures = this.#figures.get(id);
      if (!figures) this.#figures.set(id, figures = { ...UNKNOWN });
      figures.cpu_percent = percentOf(cpu[n]);
      figures.memory_percent = percentOf(memory[n]);
      figures.swap_percent = percentOf(swap[n]);
      const host = this.#hosts.get(id);
      const told = PRESENCES[presence[n]];
      const task_count = counts[n] >= NO_FIGURE - 1 ? host?.task_count ?? 0 : counts[n];
      if (!host || (host.presence === told && host.task_count === task_count)) return;
      const isSame = host.presence === told;
      const since = isSame ? host.presence_since : new Date().toISOString();
      this.#put({ ...host, presence: told, presence_since: since, task_count });
      if (isSame) return;
      hasMoved = true;
      this.version++;
    });
    return hasMoved;
  }
}

/** In the order that people expect: web-2 before web-10. */
const { compare } = new Intl.Collator(undefined, { numeric: true });

function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

function percentOf(byte: number): number {
  return byte === NO_FIGURE ? NaN : byte / PERCENT_SCALE;
}
