import type { GpuClient, GpuEngine } from "./observation.ts";

/** What one client had of its device in the interval before the last look. */
export interface ClientShare {
  readonly client: GpuClient;
  /** By engine: 1 is all engines of the kind, all of the time; NaN where it cannot be told. */
  readonly shares: ReadonlyMap<string, number>;
}

/** The most that was seen of an engine's counters. */
interface Mark {
  busySeconds: number;
  cycles: number;
  totalCycles: number;
}

/** So many clients are remembered that are no longer held. */
const MOST_REMEMBERED = 4_096;

/**
 * Turns counters of clients into shares of their devices. Whoever holds a client: it counts once. Counters that fall,
 * as some drivers let them, stand still; of a client that is closed what was seen last remains.
 */
export class ClientShares {
  /** By device and engine, in seconds, all that was ever seen of it. */
  readonly engineSeconds = new Map<string, Map<string, number>>();
  readonly #marks = new Map<string, Map<string, Mark>>();

  /**
   * Take what clients tell now.
   * @param intervalSeconds since the look before
   * @param isBaseline whether what they have used so far is none of ours
   * @returns by {@link keyOf}
   */
  observe(
    clients: Iterable<GpuClient>,
    intervalSeconds: number,
    isBaseline: boolean,
  ): Map<string, ClientShare> {
    const seen = new Map<string, ClientShare>();
    for (const client of clients) {
      const key = keyOf(client);
      // What another descriptor tells of it is the same, a moment later.
      if (seen.has(key)) continue;
      const marks = this.#marks.get(key) ?? new Map<string, Mark>();
      // The newest stand last: those that nobody holds any more are the first to be forgotten.
      this.#marks.delete(key);
      this.#marks.set(key, marks);
      const shares = new Map<string, number>();
      for (const [name, engine] of client.engines) {
        shares.set(name, this.#share(client, name, engine, marks, intervalSeconds, isBaseline));
      }
      seen.set(key, { client, shares });
    }
    for (const key of this.#marks.keys()) {
      if (this.#marks.size <= Math.max(MOST_REMEMBERED, seen.size)) break;
      this.#marks.delete(key);
    }
    return seen;
  }

  #share(
    client: GpuClient,
    name: string,
    engine: GpuEngine,
    marks: Map<string, Mark>,
    intervalSeconds: number,
    isBaseline: boolean,
  ): number {
    const before = marks.get(name);
    const mark = {
      busySeconds: Math.max(engine.busySeconds, before?.busySeconds ?? engine.busySeconds),
      cycles: Math.max(engine.cycles, before?.cycles ?? engine.cycles),
      totalCycles: Math.max(engine.totalCycles, before?.totalCycles ?? engine.totalCycles),
    };
    marks.set(name, mark);
    if (!Number.isNaN(mark.busySeconds)) {
      // Who is first seen late brings all it has done.
      const used = mark.busySeconds - (before?.busySeconds ?? (isBaseline ? mark.busySeconds : 0));
      this.#add(client, name, used);
      return intervalSeconds > 0 ? used / intervalSeconds / engine.capacity : NaN;
    }
    // That clock runs since the machine does: what a first look shows is not a share of anything.
    const cycles = mark.cycles - (before?.cycles ?? NaN);
    const total = mark.totalCycles - (before?.totalCycles ?? NaN);
    if (!(total > 0)) return total === 0 ? 0 : NaN;
    this.#add(client, name, (cycles / total) * intervalSeconds);
    return cycles / total / engine.capacity;
  }

  #add({ device }: GpuClient, engine: string, seconds: number): void {
    let engines = this.engineSeconds.get(device.id);
    if (!engines) this.engineSeconds.set(device.id, engines = new Map());
    engines.set(engine, (engines.get(engine) ?? 0) + seconds);
  }
}

/** What tells a client from all others. */
export function keyOf({ device, id }: Pick<GpuClient, "device" | "id">): string {
  return `${device.id} ${id}`;
}

/**
 * How busy clients together keep each device, by its id: as busy as its busiest kind of engine; 1 at most, NaN where
 * its driver tells of none.
 */
export function deviceShares(clients: Iterable<ClientShare>): Map<string, number> {
  const engines = new Map<string, Map<string, number>>();
  for (const { client: { device }, shares } of clients) {
    let ofDevice = engines.get(device.id);
    if (!ofDevice) engines.set(device.id, ofDevice = new Map());
    for (const [name, share] of shares) {
      if (!Number.isNaN(share)) ofDevice.set(name, (ofDevice.get(name) ?? 0) + share);
    }
  }
  const busiest = (shares: Map<string, number>) => shares.size > 0 ? Math.max(...shares.values()) : NaN;
  return new Map([...engines].map(([id, ofDevice]) => [id, Math.min(1, busiest(ofDevice))]));
}

/** The memory that clients together have on each device, by its id: the device's own, and the machine's. */
export function deviceMemory(
  clients: Iterable<GpuClient>,
): Map<string, { memoryBytes: number; systemMemoryBytes: number }> {
  const sums = new Map<string, { memoryBytes: number; systemMemoryBytes: number }>();
  for (const { device, memoryBytes, systemMemoryBytes } of clients) {
    const sum = sums.get(device.id) ?? { memoryBytes: NaN, systemMemoryBytes: NaN };
    sum.memoryBytes = plus(sum.memoryBytes, memoryBytes);
    sum.systemMemoryBytes = plus(sum.systemMemoryBytes, systemMemoryBytes);
    sums.set(device.id, sum);
  }
  return sums;
}

/** The sum of two, where NaN is nothing. */
export function plus(a: number, b: number): number {
  return Number.isNaN(a) ? b : Number.isNaN(b) ? a : a + b;
}
