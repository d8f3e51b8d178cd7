import { join } from "../../../core/posix_path.ts";
import { readText, text } from "../proc/kernel_file.ts";
import { listDirectory } from "../sys/directory.ts";
import { EACCES } from "../sys/errno.ts";
import type { EnergyMeter, EnergyPart } from "./energy_parts.ts";

/** RAPL's zones of a processor and its parts; those of `intel-rapl-mmio` count the same energy a second time. */
const ZONE = /^intel-rapl:\d+(?::\d+)?$/;
const MICROJOULES = 1e6;

const PARTS: Record<string, EnergyPart> = {
  core: "coreJoules",
  uncore: "graphicsJoules",
  dram: "memoryJoules",
  psys: "platformJoules",
};

/** The zones of the power capping framework (Documentation/power/powercap/powercap.rst), or why there are none. */
export function openPowercap(sys = "/sys"): Powercap | { readonly reason: string | null } {
  const root = join(sys, "class/powercap");
  const zones: Zone[] = [];
  let isForbidden = false;
  for (const { name } of listDirectory(root)) {
    if (!ZONE.test(name)) continue;
    const directory = join(root, name);
    const part = partOf(readText(join(directory, "name"))?.trim() ?? "");
    const rangeMicrojoules = numberIn(join(directory, "max_energy_range_uj"));
    if (part === undefined || !(rangeMicrojoules > 0)) continue;
    const zone = new Zone(part, join(directory, "energy_uj"), rangeMicrojoules);
    if (zone.isReadable) zones.push(zone);
    else isForbidden ||= text.errno === EACCES;
  }
  if (zones.length > 0) return new Powercap(zones);
  return { reason: isForbidden ? `${root}/*/energy_uj is for root alone` : null };
}

/** `package-0`, or `package-0-die-1`, is a processor; the others have names of their own. */
function partOf(name: string): EnergyPart | undefined {
  return name.startsWith("package") ? "packageJoules" : Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
}

function numberIn(file: string): number {
  const content = readText(file)?.trim();
  return content ? Number(content) : NaN;
}

/** All zones together. */
class Powercap {
  constructor(readonly meters: readonly Zone[]) {}

  /** Take up what was counted since the last time: before a counter has gone round twice. */
  look(): void {
    for (const zone of this.meters) zone.look();
  }
}

/** One zone: a counter of microjoules that begins anew at its range, some ten minutes or more at full load. */
class Zone implements EnergyMeter {
  #last: number;
  #microjoules = 0;

  constructor(
    readonly part: EnergyPart,
    readonly file: string,
    readonly rangeMicrojoules: number,
  ) {
    this.#last = numberIn(file);
  }

  get isReadable(): boolean {
    return this.#last >= 0;
  }

  look(): void {
    const now = numberIn(this.file);
    const grown = now - this.#last;
    this.#microjoules += grown >= 0 ? grown : grown + this.rangeMicrojoules;
    this.#last = now;
  }

  joules(): number {
    return this.#microjoules / MICROJOULES;
  }
}
