import { join } from "../../../core/posix_path.ts";
import { openCounter, readCounter } from "../perf/perf_event.ts";
import type { PerfEvent } from "../perf/perf_event.ts";
import { parseCpuList } from "../proc/cpu_list.ts";
import { closeFile, readText } from "../proc/kernel_file.ts";
import type { EnergyMeter, EnergyPart } from "./energy_parts.ts";

const EVENTS: Record<string, EnergyPart> = {
  "energy-pkg": "packageJoules",
  "energy-cores": "coreJoules",
  "energy-gpu": "graphicsJoules",
  "energy-ram": "memoryJoules",
  "energy-psys": "platformJoules",
};

/** A counter that the PMU `power` offers. */
export interface PowerEvent extends PerfEvent {
  readonly part: EnergyPart;
  /** What one count is worth. */
  readonly joules: number;
  /** One CPU of each processor, which reads it for all of that. */
  readonly cpus: readonly number[];
}

/** What the PMU `power` offers (arch/x86/events/rapl.c); nothing where there is none. */
export function readPowerEvents(sys = "/sys"): PowerEvent[] {
  const root = join(sys, "bus/event_source/devices/power");
  const word = (name: string) => readText(join(root, name))?.trim() ?? "";
  const type = Number(word("type") || NaN);
  const cpus = parseCpuList(word("cpumask"));
  if (Number.isNaN(type) || cpus === null) return [];
  return Object.entries(EVENTS).flatMap(([name, part]) => {
    const config = Number(/^event=(0x[0-9a-f]+|\d+)$/.exec(word(`events/${name}`))?.[1] ?? NaN);
    const joules = Number(word(`events/${name}.scale`) || NaN);
    if (Number.isNaN(config) || !(joules > 0) || word(`events/${name}.unit`) !== "Joules") return [];
    // The platform is one, whatever number of processors tells of it.
    return [{ part, type, config, joules, cpus: part === "platformJoules" ? cpus.slice(0, 1) : cpus }];
  });
}

/** Counters of energy by perf, which the kernel keeps from going round. */
export class PowerPmu {
  private constructor(readonly meters: readonly PowerMeter[]) {}

  /** @returns why not as errno(3) numbers it, where it is refused */
  static open(events: readonly PowerEvent[]): PowerPmu | number {
    const meters: PowerMeter[] = [];
    for (const event of events) {
      for (const cpu of event.cpus) {
        const descriptor = openCounter(event, { cpu });
        if (descriptor < 0) {
          meters.forEach((meter) => meter.close());
          return -descriptor;
        }
        meters.push(new PowerMeter(event, descriptor));
      }
    }
    return new PowerPmu(meters);
  }

  close(): void {
    this.meters.forEach((meter) => meter.close());
  }
}

class PowerMeter implements EnergyMeter {
  readonly part: EnergyPart;
  readonly #joules: number;
  readonly #descriptor: number;

  constructor({ part, joules }: PowerEvent, descriptor: number) {
    this.part = part;
    this.#joules = joules;
    this.#descriptor = descriptor;
  }

  joules(): number {
    return (readCounter(this.#descriptor)?.value ?? NaN) * this.#joules;
  }

  close(): void {
    closeFile(this.#descriptor);
  }
}
