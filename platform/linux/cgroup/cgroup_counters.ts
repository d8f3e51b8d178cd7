import { join } from "../../../core/posix_path.ts";
import { unknownUsage } from "../../contract/containment.ts";
import type { StillFile } from "../../contract/stand_still.ts";
import { nextInteger } from "../proc/bytes.ts";
import { parseCpuStat, parseIoStat } from "./cgroup_files.ts";
import { parseOomKills } from "./cgroup_limits.ts";
import { text, textAsString } from "../proc/kernel_file.ts";
import { KeptFile } from "../proc/kept_file.ts";
import { MEMORY_FILES } from "./v1_groups.ts";

/** What the kernel counts for a cgroup, the dead included: CPU always, the rest where a controller does. */
export class CgroupCounters {
  readonly usage = unknownUsage();
  readonly countsDisk: boolean;
  readonly countsMemory: boolean;
  readonly countsPeakMemory: boolean;
  readonly #files: Record<"cpuStat" | "memoryCurrent" | "memoryPeak" | "memoryEvents" | "ioStat", KeptFile>;

  /** @param v1Memory the directory in the memory hierarchy of cgroup v1, where that one counts memory */
  constructor(directory: string, v1Memory: string | undefined) {
    const open = (name: string) => new KeptFile(join(directory, name));
    const memoryNames = MEMORY_FILES[v1Memory === undefined ? "v2" : "v1"];
    const openMemory = (name: keyof typeof memoryNames) =>
      new KeptFile(join(v1Memory ?? directory, memoryNames[name]));
    this.#files = {
      cpuStat: open("cpu.stat"),
      memoryCurrent: openMemory("current"),
      memoryPeak: openMemory("peak"),
      memoryEvents: openMemory("events"),
      ioStat: open("io.stat"),
    };
    this.countsMemory = this.#files.memoryCurrent.exists();
    this.countsPeakMemory = this.#files.memoryPeak.exists(); // memory.peak: since Linux 5.19
    this.countsDisk = this.#files.ioStat.exists();
  }

  /** What tells whether CPU was used since {@link refresh}; null where some was. */
  stillFile(): StillFile | null {
    const { cpuStat } = this.#files;
    if (!cpuStat.read() || !cpuStat.isOpen) return null;
    parseCpuStat(text.bytes, text.length, scratch);
    if (scratch.cpuSeconds !== this.usage.cpuSeconds) return null;
    return { descriptor: cpuStat.descriptor, text: text.bytes.slice(0, text.length), everyMs: 0 };
  }

  /** Renew {@link usage}; false when no CPU was used since the last time. */
  refresh(): boolean {
    const before = this.usage.cpuSeconds;
    const isKnown = this.#files.cpuStat.read();
    if (isKnown) parseCpuStat(text.bytes, text.length, this.usage);
    const moved = !isKnown || this.usage.cpuSeconds !== before;
    if (this.countsMemory) {
      this.usage.memoryBytes = readInteger(this.#files.memoryCurrent);
      if (this.countsPeakMemory) this.usage.peakMemoryBytes = readInteger(this.#files.memoryPeak);
    }
    if (this.countsDisk && moved && this.#files.ioStat.readWhole()) {
      Object.assign(this.usage, parseIoStat(textAsString()));
    }
    return moved;
  }

  /** Members that the kernel has killed: out of memory so far; NaN when nobody counts them. */
  oomKillCount(): number {
    return this.countsMemory && this.#files.memoryEvents.read()
      ? parseOomKills(text.bytes, text.length)
      : NaN;
  }

  /** Close what is kept open. */
  close(): void {
    for (const file of Object.values(this.#files)) file.close();
  }
}

const scratch = unknownUsage();

function readInteger(file: KeptFile): number {
  return file.read() ? nextInteger(text.bytes, 0, text.length) : NaN;
}
