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

/**
 * A group in which nobody has run is read every so many times, a share of them at each: somebody from outside may have
 * started something in it that has ended already.
 */
const REST = 10;

/** Measures the machine, and control groups as a whole, from one moment to the next: four files, and one a group. */
export class MachineMeter {
  #times: CpuTimes | null = null;
  #cores: readonly CpuTimes[] | null = null;
  #groups = new Map<string, { seconds: number; atMs: number }>();
  #turn = 0;

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
   * @param stirred those in which somebody has run since, has come or has ended: the others have used nothing
   * @param nowMs on a monotonic clock
   */
  groupPercents(
    cgroups: ReadonlySet<string>,
    stirred: ReadonlySet<string>,
    nowMs: number,
  ): Map<string, number> {
    let turn = this.#turn++;
    // Between the first two looks all files are opened: what runs meanwhile is seen by nobody else.
    const readsAll = turn < 2;
    const percents = new Map<string, number>();
    const now = new Map<string, { seconds: number; atMs: number }>();
    this.directory.keepCgroups(cgroups);
    for (const cgroup of cgroups) {
      const known = this.#groups.get(cgroup);
      if (known && !readsAll && turn++ % REST !== 0 && !stirred.has(cgroup)) {
        now.set(cgroup, { seconds: known.seconds, atMs: nowMs });
        percents.set(cgroup, 0);
        continue;
      }
      const seconds = this.directory.cgroupCpuSeconds(cgroup);
      if (Number.isNaN(seconds)) continue;
      now.set(cgroup, { seconds, atMs: nowMs });
      if (known) percents.set(cgroup, ((seconds - known.seconds) / (nowMs - known.atMs)) * 1e5);
    }
    this.#groups = now;
    return percents;
  }
}
