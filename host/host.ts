import { ABORT_SIGNAL, checkOptions, FLAG, MILLISECONDS, NUMBER, OBJECT } from "../core/option.ts";
import type {
  CpuUsage,
  DiskIoStats,
  DiskUsage,
  LoadAverage,
  MemoryInfo,
  NetworkStats,
  Pressure,
  ProcessStats,
  Sensors,
  SysMetrics,
  SystemInfo,
  Uptime,
} from "../core/schema/host_schema.ts";
import { loadHostSource } from "../platform/mod.ts";
import type { HostRoots, HostSource, SpaceReadings } from "../platform/mod.ts";
import { diskIoStats, loadAverage, pressure, processStats, sensors, systemInfo, uptime } from "./answers.ts";
import { Cached } from "./cached.ts";
import { cpuUsage, CpuWindow } from "./cpu.ts";
import { diskTotals, diskUsage } from "./disk.ts";
import { HostError } from "./host_error.ts";
import { memoryInfo } from "./memory.ts";
import { networkStats } from "./network.ts";
import { ticks } from "./ticks.ts";
import { pause } from "../io/deadline.ts";

/** How long a reading is used again, unless told otherwise. */
const DEFAULT_CACHE_MS = 1_000;

/** How the machine is read. */
export interface HostOptions {
  /** How long a reading is used again, in milliseconds; default 1000, 0 reads anew each time. */
  readonly cacheMs?: number;
  /** Whether the loopback counts in the totals of the network; default true. */
  readonly loopback?: boolean;
  /** Whether file systems of other machines count as disks; default false. */
  readonly networkMounts?: boolean;
  /** Where to read instead of /proc, /sys and the rest, for captured trees. */
  readonly roots?: HostRoots;
}

/** How {@link Host.watch} watches. */
export interface HostWatchOptions {
  /** Time between readings in milliseconds; default 1000. */
  readonly intervalMs?: number;
  /** Ends the watching. */
  readonly signal?: AbortSignal;
}

/** What each part of the machine is called, and what is told of it. */
export interface HostParts {
  /** The machine at a glance. */
  metrics: SysMetrics;
  /** CPU times in seconds since boot, and the use in percent. */
  cpu: CpuUsage;
  /** Memory and swap, in bytes. */
  memory: MemoryInfo;
  /** Space of file systems by mount point, in bytes. */
  disk: DiskUsage;
  /** Counters since boot by network interface. */
  network: NetworkStats;
  /** Load averages over 1, 5 and 15 minutes. */
  load: LoadAverage;
  /** Uptime and idle time, in seconds. */
  uptime: Uptime;
  /** Processes by state. */
  processes: ProcessStats;
  /** What the machine is. */
  system: SystemInfo;
  /** Pressure stall information, in percent and seconds. */
  pressure: Pressure;
  /** Counters since boot by block device. */
  diskIo: DiskIoStats;
  /** Temperatures in degrees Celsius. */
  sensors: Sensors;
}

type Readings = { readonly [P in keyof HostParts]: Cached<HostParts[P]> };

/**
 * The machine: CPU, memory, disks, network and the rest, as the sysmon methods give them. Readings are kept for a
 * second, so that asking often costs little.
 *
 * ```ts
 * const machine = new Host({ cacheMs: 0 });
 * console.log((await machine.memory()).usage_percent);
 * ```
 */
export class Host {
  /** How long a reading is served again, in milliseconds. */
  readonly cacheMs: number;
  readonly #options: HostOptions;
  readonly #cpu = new CpuWindow();
  #source: HostSource | undefined;
  #loading: Promise<HostSource> | undefined;
  readonly #readings: Readings;
  readonly #spaces: Cached<SpaceReadings>;

  /** The machine, or the one that `source` stands for. @param source what tells the facts; the machine's own when left out */
  constructor(options: HostOptions = {}, source?: HostSource) {
    checkOptions(options, { cacheMs: MILLISECONDS, loopback: FLAG, networkMounts: FLAG, roots: OBJECT });
    this.cacheMs = options.cacheMs ?? DEFAULT_CACHE_MS;
    this.#options = options;
    this.#source = source;
    const nowMs = () => performance.now();
    const cached = <T>(read: (source: HostSource, maxAgeMs: number) => T | Promise<T>) =>
      new Cached(
        (maxAgeMs) =>
          this.#source ? read(this.#source, maxAgeMs) : this.#load().then((source) => read(source, maxAgeMs)),
        nowMs,
      );
    const derived = <T, A>(read: (source: HostSource) => T | null, answer: (reading: T) => A, what: string) =>
      cached((source) => answer(known(read(source), what)));
    this.#spaces = cached((source) =>
      known(source.spaces(options.networkMounts ?? false), "disk statistics")
    );
    this.#readings = {
      metrics: cached((_, maxAgeMs) => this.#readMetrics(maxAgeMs)),
      cpu: cached((source) => this.#readCpu(source)),
      memory: derived((source) => source.memory(), memoryInfo, "memory information"),
      disk: cached((_, maxAgeMs) => after(this.#spaces.get(maxAgeMs), diskUsage)),
      network: derived(
        (source) => source.interfaces(),
        (interfaces) => networkStats(interfaces, options.loopback ?? true),
        "network statistics",
      ),
      load: derived((source) => source.load(), loadAverage, "load average"),
      uptime: derived((source) => source.uptime(), uptime, "uptime"),
      processes: derived((source) => source.processes(), processStats, "process statistics"),
      system: cached((source) => systemInfo(source.machine())),
      pressure: derived((source) => source.pressure(), pressure, "pressure stall information"),
      diskIo: derived((source) => source.disks(), diskIoStats, "disk I/O statistics"),
      sensors: derived((source) => source.temperatures(), sensors, "sensors"),
    };
  }

  /** CPU times, and the usage since the previous reading; the first one takes 100 ms. */
  async cpu(): Promise<CpuUsage> {
    return await this.read("cpu");
  }

  /** Memory and swap. */
  async memory(): Promise<MemoryInfo> {
    return await this.read("memory");
  }

  /** Space by mount point. */
  async disk(): Promise<DiskUsage> {
    return await this.read("disk");
  }

  /** Counters by network interface. */
  async network(): Promise<NetworkStats> {
    return await this.read("network");
  }

  /** Load averages. */
  async load(): Promise<LoadAverage> {
    return await this.read("load");
  }

  /** Seconds since boot. */
  async uptime(): Promise<Uptime> {
    return await this.read("uptime");
  }

  /** Processes by state. */
  async processes(): Promise<ProcessStats> {
    return await this.read("processes");
  }

  /** What the machine is. */
  async system(): Promise<SystemInfo> {
    return await this.read("system");
  }

  /** Pressure stall information. */
  async pressure(): Promise<Pressure> {
    return await this.read("pressure");
  }

  /** Counters by block device. */
  async diskIo(): Promise<DiskIoStats> {
    return await this.read("diskIo");
  }

  /** Temperatures. */
  async sensors(): Promise<Sensors> {
    return await this.read("sensors");
  }

  /** The machine at a glance. */
  async metrics(): Promise<SysMetrics> {
    return await this.read("metrics");
  }

  /**
   * The machine at a glance, again and again; a reading that comes late is left out, never made up.
   *
   * ```ts
   * for await (const { cpu_usage } of host.watch({ intervalMs: 5_000 })) console.log(cpu_usage);
   * ```
   * @throws ProctorError of kind `usage` for an interval that is none
   */
  async *watch(options: HostWatchOptions = {}): AsyncGenerator<SysMetrics, void> {
    checkOptions(options, { intervalMs: NUMBER, signal: ABORT_SIGNAL });
    const { intervalMs = 1_000, signal } = options;
    for await (const _ of ticks(intervalMs, signal)) yield await this.read("metrics", intervalMs / 2);
  }

  /**
   * A part of the machine by name, no older than `maxAgeMs` (the cache's duration when left out); at once where that
   * needs no waiting.
   * @throws HostError when it cannot be read
   */
  read<P extends keyof HostParts>(
    part: P,
    maxAgeMs: number = this.cacheMs,
  ): HostParts[P] | Promise<HostParts[P]> {
    return this.#readings[part].get(maxAgeMs);
  }

  #load(): Promise<HostSource> {
    this.#loading ??= loadHostSource(this.#options.roots).then((source) => this.#source = source);
    return this.#loading;
  }

  #readCpu(source: HostSource): CpuUsage | Promise<CpuUsage> {
    if (this.#cpu.isEmpty) this.#addCpu(source);
    const waitMs = this.#cpu.waitMs(performance.now());
    if (waitMs === 0) return this.#addCpu(source);
    // A timer may go off a little early: then it waits once more.
    return pause(waitMs).then(() => this.#readCpu(source));
  }

  #addCpu(source: HostSource): CpuUsage {
    const times = known(source.cpuTimes(), "CPU statistics");
    return cpuUsage(times, this.#cpu.add({ atMs: performance.now(), times }));
  }

  /** What of the machine can be read; what cannot is null. */
  async #readMetrics(maxAgeMs: number): Promise<SysMetrics> {
    const part = async <P extends keyof HostParts>(name: P) => {
      try {
        return await this.read(name, maxAgeMs);
      } catch (error) {
        if (error instanceof HostError) return null;
        throw error;
      }
    };
    const [cpu, memory, load, up, disk, network] = await Promise.all([
      part("cpu"),
      part("memory"),
      part("load"),
      part("uptime"),
      part("disk"),
      part("network"),
    ]);
    if (!(cpu || memory || load || up || disk || network)) {
      throw new HostError("ServiceUnavailable", "No metrics can be collected at the moment");
    }
    const totals = disk && diskTotals((await this.#spaces.get(Infinity)).spaces);
    return {
      cpu_usage: cpu?.usage_percent ?? null,
      memory_usage: memory?.usage_percent ?? null,
      load_avg: load && [load.load1, load.load5, load.load15],
      uptime: up?.uptime ?? null,
      disk_usage: totals?.used ?? null,
      disk_total: totals?.total ?? null,
      disk: disk?.disk ?? null,
      swap_usage: memory?.swap_usage_percent ?? null,
      net_rx: network?.total_rx ?? null,
      net_tx: network?.total_tx ?? null,
      network: network?.network ?? null,
    };
  }
}

/**
 * The machine that this program runs on.
 *
 * ```ts
 * console.log((await host.cpu()).usage_percent, (await host.memory()).available);
 * ```
 */
export const host: Host = new Host();

/** The reading, or an error in the specification's words. */
function known<T>(reading: T | null, what: string): T {
  if (reading === null) throw new HostError("InternalError", `Failed to read ${what}`);
  return reading;
}

/** Apply a function now or when the value is there. */
function after<T, A>(value: T | Promise<T>, apply: (value: T) => A): A | Promise<A> {
  return value instanceof Promise ? value.then(apply) : apply(value);
}
