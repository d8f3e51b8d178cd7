import { join } from "../../../core/posix_path.ts";
import { unknownUsage } from "../../contract/containment.ts";
import type { ContainerUsage } from "../../contract/containment.ts";
import { nextInteger } from "../proc/bytes.ts";
import { text, textAsString } from "../proc/kernel_file.ts";
import { KeptFile } from "../proc/kept_file.ts";
import { TICKS_PER_SECOND } from "../proc/proc_stat.ts";
import { CgroupCounters } from "./cgroup_counters.ts";
import type { ObservedDirectories } from "./observed_places.ts";
import { MEMORY_FILES } from "./v1_groups.ts";

/**
 * What the kernel counts for a cgroup that others have made, by v2 where it is there, else by v1: CPU and disk from the
 * first look on. blkio of v1 leaves out what goes through the page cache, so that disk is not taken from there.
 */
export class ObservedCounters {
  readonly usage = unknownUsage();
  /** Whether CPU is counted, and by which version. */
  readonly cpu: "cgroup" | "cgroup_v1" | null;
  /** Whether memory is counted, and by which version. */
  readonly memory: "cgroup" | "cgroup_v1" | null;
  readonly countsDisk: boolean;
  readonly countsPeakMemory: boolean;
  readonly #v2: CgroupCounters | null;
  readonly #v1: V1Counters;
  /** What was used before we came. */
  #before: ContainerUsage | null = null;

  constructor({ v2, v1Cpu, v1Memory }: ObservedDirectories) {
    this.#v2 = v2 === null ? null : new CgroupCounters(v2, undefined);
    this.#v2?.refresh();
    const hasV2Memory = this.#v2?.countsMemory === true;
    const hasV2Cpu = this.#v2 !== null && !Number.isNaN(this.#v2.usage.cpuSeconds);
    const v1 = new V1Counters(hasV2Cpu ? null : v1Cpu, hasV2Memory ? null : v1Memory);
    this.cpu = hasV2Cpu ? "cgroup" : v1.countsCpu ? "cgroup_v1" : null;
    this.memory = hasV2Memory ? "cgroup" : v1.countsMemory ? "cgroup_v1" : null;
    this.#v1 = v1;
    this.countsDisk = this.#v2?.countsDisk ?? false;
    this.countsPeakMemory = this.#v2?.countsPeakMemory === true || v1.countsPeakMemory;
  }

  /** Renew {@link usage}; false when no CPU was used since the last time. */
  refresh(): boolean {
    const cpuBefore = this.usage.cpuSeconds;
    this.#v2?.refresh();
    const now = { ...this.#v2?.usage ?? unknownUsage() };
    this.#v1.readInto(now);
    this.#before ??= { ...now };
    for (const key of Object.keys(now) as (keyof ContainerUsage)[]) {
      const isGauge = key === "memoryBytes" || key === "peakMemoryBytes";
      this.usage[key] = isGauge ? now[key] : now[key] - this.#before[key];
    }
    return this.cpu === null || this.usage.cpuSeconds !== cpuBefore;
  }

  /** Close what is kept open. */
  close(): void {
    this.#v2?.close();
    this.#v1.close();
  }
}

/** Files of cgroup v1 (Documentation/admin-guide/cgroup-v1, cpuacct.rst and memory.rst). */
class V1Counters {
  readonly countsCpu: boolean;
  readonly countsMemory: boolean;
  readonly countsPeakMemory: boolean;
  readonly #usage: KeptFile | null;
  readonly #split: KeptFile | null;
  readonly #memory: KeptFile | null;
  readonly #peak: KeptFile | null;

  constructor(cpu: string | null, memory: string | null) {
    const open = (directory: string | null, name: string) =>
      directory === null ? null : new KeptFile(join(directory, name));
    this.#usage = open(cpu, "cpuacct.usage");
    this.#split = open(cpu, "cpuacct.stat");
    this.#memory = open(memory, MEMORY_FILES.v1.current);
    this.#peak = open(memory, MEMORY_FILES.v1.peak);
    this.countsCpu = this.#usage?.read() ?? false;
    this.countsMemory = this.#memory?.read() ?? false;
    this.countsPeakMemory = this.#peak?.read() ?? false;
  }

  readInto(usage: ContainerUsage): void {
    if (this.countsCpu && this.#usage?.read()) {
      usage.cpuSeconds = nextInteger(text.bytes, 0, text.length) / 1e9;
    }
    if (this.countsCpu && this.#split?.read()) {
      const [, user, system] = /^user (\d+)\nsystem (\d+)/.exec(textAsString()) ?? [];
      usage.userSeconds = Number(user ?? NaN) / TICKS_PER_SECOND;
      usage.systemSeconds = Number(system ?? NaN) / TICKS_PER_SECOND;
    }
    if (this.#memory?.read()) usage.memoryBytes = nextInteger(text.bytes, 0, text.length);
    if (this.#peak?.read()) usage.peakMemoryBytes = nextInteger(text.bytes, 0, text.length);
  }

  close(): void {
    for (const file of [this.#usage, this.#split, this.#memory, this.#peak]) file?.close();
  }
}
