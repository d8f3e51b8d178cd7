import type { Host } from "./server.ts";

/** Figures of hosts that the map and the list show; NaN where nothing is known. */
export interface HostFigures {
  readonly cpu_percent: number;
  readonly memory_percent: number;
  readonly load_1m: number;
}

const UNKNOWN: HostFigures = { cpu_percent: NaN, memory_percent: NaN, load_1m: NaN };

/** What the page knows of all hosts. */
export class FleetStore {
  readonly #hosts = new Map<number, Host>();
  readonly #figures = new Map<number, HostFigures>();
  #ordered: readonly Host[] | null = null;
  /** The latest moment of the manager's clock, ms since 1970. */
  nowMs = 0;

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

  /** Hosts that are new or different. */
  takeChanged(hosts: readonly Host[]): void {
    for (const host of hosts) {
      const before = this.#hosts.get(host.id);
      if (before?.unit !== host.unit || before.proplet_id !== host.proplet_id) this.#ordered = null;
      this.#hosts.set(host.id, host);
    }
    if (hosts.length > 0) this.#ordered = null;
  }

  takeFigures(id: number, figures: HostFigures): void {
    this.#figures.set(id, figures);
  }
}

/** In the order that people expect: web-2 before web-10. */
const { compare } = new Intl.Collator(undefined, { numeric: true });
