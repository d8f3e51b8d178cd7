import type { Counts } from "../../contract/counters.ts";
import { unknownCounts } from "../../contract/counters.ts";
import { closeFile } from "../proc/kernel_file.ts";
import { addCounters } from "./counter_sum.ts";
import { HARDWARE_NAMES, HARDWARE_PAIRS, SOFTWARE_EVENTS } from "./counted_events.ts";
import type { CountName } from "./counted_events.ts";
import { openCounter, readCounter } from "./perf_event.ts";
import type { CounterReading, PerfTarget } from "./perf_event.ts";

const NANOSECONDS = 1e9;

/** The counters of a tree: of one event several, on each CPU one or of each command. */
export class CounterSet {
  readonly #descriptors: { readonly name: CountName; readonly descriptor: number }[] = [];
  /** Why the processor's counters could not be had, as errno(3) numbers it; 0 where they could, or nobody tried. */
  hardwareErrno = 0;

  /**
   * Count what the kernel counts itself.
   * @returns 0, or the error number of what was refused; nothing is open of that target then
   */
  addSoftware(target: PerfTarget): number {
    const withoutKernel = "pid" in target && target.withoutKernel;
    const events = SOFTWARE_EVENTS.filter(({ isOfKernel }) => !withoutKernel || !isOfKernel);
    const before = this.#descriptors.length;
    for (const event of events) {
      const descriptor = openCounter(event, target);
      if (descriptor < 0) {
        this.#descriptors.splice(before).forEach(({ descriptor }) => closeFile(descriptor));
        return -descriptor;
      }
      this.#descriptors.push({ name: event.name, descriptor });
    }
    return 0;
  }

  /**
   * Count what the processor counts, as far as it does. It is all targets or none: a figure that lacks a CPU would be
   * none.
   */
  addHardware(targets: readonly PerfTarget[]): void {
    for (const pair of HARDWARE_PAIRS) {
      const missing = new Set<CountName>();
      for (const target of targets) {
        // What one CPU lacks is not asked of all the others.
        if (missing.size === pair.length) break;
        let leader: number | undefined;
        for (const event of pair) {
          if (missing.has(event.name)) continue;
          const descriptor = openCounter(event, target, leader);
          if (descriptor >= 0) {
            leader ??= descriptor;
            this.#descriptors.push({ name: event.name, descriptor });
          } else {
            this.hardwareErrno ||= -descriptor;
            missing.add(event.name);
            this.#drop(event.name);
          }
        }
      }
    }
  }

  /** Whether it has counters of the processor. */
  get hasHardware(): boolean {
    return this.#descriptors.some(({ name }) => HARDWARE_NAMES.includes(name));
  }

  /** All that was counted so far. */
  read(): Counts {
    const readings = new Map<CountName, CounterReading[]>();
    for (const { name, descriptor } of this.#descriptors) {
      const reading = readCounter(descriptor);
      const list = readings.get(name) ?? [];
      if (reading) list.push(reading);
      readings.set(name, list);
    }
    const counts = unknownCounts();
    let enabledNs = 0;
    let runningNs = 0;
    for (const [name, list] of readings) {
      const sum = addCounters(list);
      if (!HARDWARE_NAMES.includes(name)) {
        // The kernel's own run whenever the tree does: they need no scaling.
        const value = list.reduce((total, { value }) => total + value, 0);
        counts[name] = name === "taskClockSeconds" ? value / NANOSECONDS : value;
        continue;
      }
      counts[name] = Math.round(sum.value);
      enabledNs += sum.enabledNs;
      runningNs += sum.runningNs;
    }
    if (this.hasHardware) counts.runningShare = enabledNs > 0 ? runningNs / enabledNs : 1;
    return counts;
  }

  /** Count no more. */
  close(): void {
    this.#descriptors.splice(0).forEach(({ descriptor }) => closeFile(descriptor));
  }

  /** Take the counters of one event away. */
  #drop(name: CountName): void {
    for (let at = this.#descriptors.length - 1; at >= 0; at--) {
      const entry = this.#descriptors[at];
      if (entry.name !== name) continue;
      closeFile(entry.descriptor);
      this.#descriptors.splice(at, 1);
    }
  }
}
