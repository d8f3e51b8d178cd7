import type { CpuTimes, HostSource, ProcessDirectory } from "../platform/mod.ts";
import { usagePercent } from "./cpu.ts";

/** The machine at one moment; null where it is unknown. */
export interface MachineMoment {
  readonly timeMs: number;
  readonly uptimeSeconds: number | null;
  /** Of all CPUs together, since the moment before; 100 when all are busy. */
  readonly cpuPercent: number | null;
  /** The same of each, in their order; NaN where it is unknown. Left out where nobody asks, or can tell. */
  readonly corePercents?: readonly number[];
  readonly memoryUsedBytes: number | null;
  readonly memoryTotalBytes: number | null;
  readonly load: readonly [number, number, number] | null;
}

/** Measures the machine, and control groups as a whole, from one moment to the next: four files, and one a group. */
export class MachineMeter {
  #times: CpuTimes | null = null;
  #cores: readonly CpuTimes[] | null = null;
  #groups = new Map<string, { seconds: number; atMs: number }>();

  constructor(readonly source: HostSource, readonly directory: ProcessDirectory) {}

  /** The machine now. @param hasCores whether each CPU is asked for, too */
  moment(hasCores = false): MachineMoment {
    const { source } = this;
    const times = source.cpuTimes();
    const cpuPercent = times && this.#times ? usagePercent(this.#times, times) : null;
    this.#times = times;
    const corePercents = hasCores ? this.#corePercents() : null;
    const memory = source.memory();
    const load = source.load();
    return {
      timeMs: Date.now(),
      uptimeSeconds: source.uptime()?.uptimeSeconds ?? null,
      cpuPercent,
      ...(corePercents && { corePercents }),
      memoryUsedBytes: memory && memory.availableBytes !== null
        ? memory.totalBytes - memory.availableBytes
        : null,
      memoryTotalBytes: memory?.totalBytes ?? null,
      load: load && [load.load1, load.load5, load.load15],
    };
  }

  #corePercents(): number[] | null {
    const [before, now] = [this.#cores, this.source.coreTimes()];
    this.#cores = now;
    // One has gone, or come back: which of them it is nobody tells.
    const isSame = before?.length === now?.length;
    return now && now.map((times, at) => before && isSame ? usagePercent(before[at], times) ?? NaN : NaN);
  }

  /**
   * CPU of control groups since the last call, processes included that have ended since; those that are new are left
   * out.
   * @param nowMs on a monotonic clock
   */
  groupPercents(cgroups: ReadonlySet<string>, nowMs: number): Map<string, number> {
    const percents = new Map<string, number>();
    const now = new Map<string, { seconds: number; atMs: number }>();
    this.directory.keepCgroups(cgroups);
    for (const cgroup of cgroups) {
      const seconds = this.directory.cgroupCpuSeconds(cgroup);
      if (Number.isNaN(seconds)) continue;
      now.set(cgroup, { seconds, atMs: nowMs });
      const before = this.#groups.get(cgroup);
      if (before) percents.set(cgroup, ((seconds - before.seconds) / (nowMs - before.atMs)) * 1e5);
    }
    this.#groups = now;
    return percents;
  }
}
