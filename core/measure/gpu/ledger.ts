import { larger } from "../numbers.ts";
import { ClientShares, deviceMemory, deviceShares, keyOf, plus } from "./client_shares.ts";
import type { ClientShare } from "./client_shares.ts";
import type { GpuDevice, GpuProcess, HeldClient } from "./observation.ts";

/** What one look has found of some processes; null: that source does not serve here, or has said nothing yet. */
export interface GpuLook {
  readonly clients: readonly HeldClient[] | null;
  readonly processes: readonly GpuProcess[] | null;
}

/** What a tree has made of one device, as far as it was seen. */
class DeviceUse {
  maxPercent = NaN;
  peakMemoryBytes = NaN;
  peakSystemMemoryBytes = NaN;
  #busySeconds = NaN;

  constructor(readonly device: GpuDevice) {}

  /** @param intervalSeconds in which it was so busy */
  note(percent: number, memoryBytes: number, systemMemoryBytes: number, intervalSeconds: number): void {
    this.maxPercent = larger(this.maxPercent, percent);
    this.peakMemoryBytes = larger(this.peakMemoryBytes, memoryBytes);
    this.peakSystemMemoryBytes = larger(this.peakSystemMemoryBytes, systemMemoryBytes);
    if (!Number.isNaN(percent)) {
      this.#busySeconds = (this.#busySeconds || 0) + (percent / 100) * intervalSeconds;
    }
  }

  /** Over so many seconds. */
  avgPercent(seconds: number): number {
    return seconds > 0 ? Math.min(100, (this.#busySeconds / seconds) * 100) : NaN;
  }
}

/** What one process of a tree has now. */
export interface ProcessGpuUse {
  percent: number;
  memoryBytes: number;
}

const NOTHING: ProcessGpuUse = { percent: 0, memoryBytes: 0 };
const UNKNOWN: ProcessGpuUse = { percent: NaN, memoryBytes: NaN };

/**
 * What a tree does with GPUs, drawn up from one look after another. 100 percent is one device busy; memory is the
 * device's own, or the machine's where the device has none.
 */
export class GpuLedger {
  /** Now; NaN as long as no source has said anything. */
  percent = NaN;
  memoryBytes = NaN;
  maxPercent = NaN;
  peakMemoryBytes = NaN;
  readonly #clients = new ClientShares();
  readonly #devices = new Map<string, DeviceUse>();
  #processes = new Map<number, ProcessGpuUse>();
  #lastMs: number;
  #isBaseline: boolean;
  #observedSeconds = 0;

  /**
   * @param startedMs when it begins to count, on the monotonic clock
   * @param countsAll whether what is found at the first look was all used since then
   */
  constructor(startedMs: number, countsAll: boolean) {
    this.#lastMs = startedMs;
    this.#isBaseline = !countsAll;
  }

  /** Take a look into account. */
  observe({ clients, processes }: GpuLook, nowMs: number): void {
    const intervalSeconds = Math.max(0, nowMs - this.#lastMs) / 1_000;
    this.#lastMs = nowMs;
    if (!clients && !processes) return this.#forget();
    this.#observedSeconds += intervalSeconds;
    const isBaseline = this.#isBaseline;
    this.#isBaseline = false;
    this.#processes = new Map();
    // Who uses no device has 0 of all; who uses such as tell nothing has nobody knows what.
    const none = clients?.length || processes?.length ? NaN : 0;
    [this.percent, this.memoryBytes] = [none, none];
    this.#takeClients(clients ?? [], intervalSeconds, isBaseline);
    this.#takeProcesses(processes ?? [], intervalSeconds);
    this.maxPercent = larger(this.maxPercent, this.percent);
    this.peakMemoryBytes = larger(this.peakMemoryBytes, this.memoryBytes);
  }

  /** What one process has now. */
  ofProcess(pid: number): ProcessGpuUse {
    return this.#processes.get(pid) ?? (Number.isNaN(this.percent) ? UNKNOWN : NOTHING);
  }

  /** The devices that were used, in the order in which they were. */
  get devices(): DeviceUse[] {
    return [...this.#devices.values()];
  }

  /** For how long it was known what GPUs did. */
  get observedSeconds(): number {
    return this.#observedSeconds;
  }

  /** Over the time observed; more than 100 where several devices were busy. */
  get avgPercent(): number {
    const means = this.devices.map((use) => use.avgPercent(this.#observedSeconds));
    return means.reduce(plus, Number.isNaN(this.maxPercent) ? NaN : 0);
  }

  /** By engine of a device, in seconds; empty where its driver does not tell them apart. */
  engineSeconds({ id }: GpuDevice): ReadonlyMap<string, number> {
    return this.#clients.engineSeconds.get(id) ?? new Map();
  }

  #forget(): void {
    [this.percent, this.memoryBytes] = [NaN, NaN];
    this.#processes = new Map();
  }

  #takeClients(held: readonly HeldClient[], intervalSeconds: number, isBaseline: boolean): void {
    const shares = this.#clients.observe(held.map(({ client }) => client), intervalSeconds, isBaseline);
    const byPid = Map.groupBy(held, ({ pid }) => pid);
    for (const [pid, own] of byPid) {
      const keys = new Set(own.map(({ client }) => keyOf(client)));
      const mine = [...keys].map((key) => shares.get(key)!);
      let use = UNKNOWN;
      for (const { percent, memoryBytes } of figures(mine)) use = added(use, percent, memoryBytes);
      this.#processes.set(pid, use);
    }
    for (const { device, percent, memoryBytes, systemBytes } of figures([...shares.values()])) {
      this.#note(device, percent, memoryBytes, systemBytes, intervalSeconds);
    }
  }

  #takeProcesses(processes: readonly GpuProcess[], intervalSeconds: number): void {
    const byDevice = new Map<GpuDevice, { percent: number; memoryBytes: number }>();
    for (const { pid, device, percent, memoryBytes } of processes) {
      this.#processes.set(pid, added(this.#processes.get(pid) ?? UNKNOWN, percent, memoryBytes));
      const sum = byDevice.get(device) ?? { percent: NaN, memoryBytes: NaN };
      sum.percent = plus(sum.percent, percent);
      sum.memoryBytes = plus(sum.memoryBytes, memoryBytes);
      byDevice.set(device, sum);
    }
    for (const [device, { percent, memoryBytes }] of byDevice) {
      this.#note(device, Math.min(100, percent), memoryBytes, NaN, intervalSeconds);
    }
  }

  #note(
    device: GpuDevice,
    percent: number,
    memoryBytes: number,
    systemBytes: number,
    intervalSeconds: number,
  ): void {
    let use = this.#devices.get(device.id);
    if (!use) this.#devices.set(device.id, use = new DeviceUse(device));
    use.note(percent, memoryBytes, systemBytes, intervalSeconds);
    this.percent = plus(this.percent, percent);
    this.memoryBytes = plus(this.memoryBytes, memoryBytes);
  }
}

/** What clients together have of each device; memory is the device's own, where any client has such. */
function figures(clients: readonly ClientShare[]) {
  const shares = deviceShares(clients);
  const memory = deviceMemory(clients.map(({ client }) => client));
  const devices = new Map(clients.map(({ client: { device } }) => [device.id, device]));
  return [...devices.values()].map((device) => {
    const { memoryBytes, systemMemoryBytes } = memory.get(device.id)!;
    const hasOwn = !Number.isNaN(memoryBytes);
    return {
      device,
      percent: shares.get(device.id)! * 100,
      memoryBytes: hasOwn ? memoryBytes : systemMemoryBytes,
      systemBytes: systemMemoryBytes,
    };
  });
}

function added(use: ProcessGpuUse, percent: number, memoryBytes: number): ProcessGpuUse {
  return { percent: plus(use.percent, percent), memoryBytes: plus(use.memoryBytes, memoryBytes) };
}
