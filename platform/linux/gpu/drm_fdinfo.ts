import type { GpuClient, GpuEngine } from "../../../core/measure/gpu/observation.ts";

/**
 * Regions of a device's own memory. Those of the machine have other names (`gtt`, `system0`, `stolen`, `memory`);
 * `stolen-local0` is the device's.
 */
const OWN_MEMORY = /^(?:stolen-)?(?:vram|local|lmem)\d*$/;
/** What amdgpu lists beside memory: registers and small stores on the chip. */
const NO_MEMORY = new Set(["gds", "gws", "oa", "doorbell"]);
const UNITS: Readonly<Record<string, number>> = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
/** In order of preference; `memory` is the old name of `resident`. */
const SIZES = ["resident", "memory", "total"] as const;

/** What the lines tell of one engine; NaN where one is missing. */
interface EngineLines {
  busyNs: number;
  cycles: number;
  totalCycles: number;
  maxHz: number;
  capacity: number;
}

/**
 * What `/proc/PID/fdinfo/FD` tells of a file of a DRM driver (Documentation/gpu/drm-usage-stats.rst); null for any
 * other file, and for drivers that number no clients. Lines that are no such, or out of all bounds, are passed over.
 *
 * @param path of the device, which stands for it where the driver names no place on a bus
 */
export function parseDrmFdinfo(text: string, path: string): GpuClient | null {
  let [driver, id, place] = ["", "", path];
  const engines = new Map<string, EngineLines>();
  const sizes = { resident: new Map(), memory: new Map(), total: new Map() } as Record<
    typeof SIZES[number],
    Map<string, number>
  >;
  for (const line of text.split("\n")) {
    const [, key, value] = /^drm-([^:\s]+):\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined) continue;
    if (key === "driver") driver = value;
    else if (key === "pdev") place = value || path;
    else if (key === "client-id") id = /^\d+$/.test(value) ? value : "";
    else if (!takeEngine(engines, key, value)) takeSize(sizes, key, value);
  }
  if (driver === "" || id === "") return null;
  const [memoryBytes, systemMemoryBytes] = memoryOf(sizes);
  return {
    device: { id: place, name: null, driver, source: "fdinfo" },
    id,
    engines: new Map([...engines].map(([name, lines]): [string, GpuEngine] => [name, engineOf(lines)])),
    memoryBytes,
    systemMemoryBytes,
  };
}

/** By prefix, the longer before those that they begin with. */
const ENGINE_LINES: readonly (readonly [prefix: string, unit: RegExp, column: keyof EngineLines])[] = [
  ["engine-capacity-", /^$/, "capacity"],
  ["engine-", /^ns$/, "busyNs"],
  ["total-cycles-", /^$/, "totalCycles"],
  ["cycles-", /^$/, "cycles"],
  ["maxfreq-", /^(?:[KMG]?Hz)?$/, "maxHz"],
];
const HERTZ: Readonly<Record<string, number>> = { "": 1, Hz: 1, KHz: 1e3, MHz: 1e6, GHz: 1e9 };

/** @returns whether the key is one of an engine's */
function takeEngine(engines: Map<string, EngineLines>, key: string, value: string): boolean {
  const row = ENGINE_LINES.find(([prefix]) => key.startsWith(prefix) && key.length > prefix.length);
  if (!row) return false;
  const [prefix, units, column] = row;
  const [number, unit] = numberAndUnit(value);
  if (Number.isNaN(number) || !units.test(unit)) return true;
  const name = key.slice(prefix.length);
  let lines = engines.get(name);
  if (!lines) {
    engines.set(name, lines = { busyNs: NaN, cycles: NaN, totalCycles: NaN, maxHz: NaN, capacity: NaN });
  }
  lines[column] = column === "maxHz" ? number * HERTZ[unit] : number;
  return true;
}

function engineOf({ busyNs, cycles, totalCycles, maxHz, capacity }: EngineLines): GpuEngine {
  // Cycles without their total, but with a highest frequency: as if all of them had been at that.
  const byFrequency = Number.isNaN(totalCycles) && maxHz > 0 ? cycles / maxHz : NaN;
  return {
    busySeconds: Number.isNaN(busyNs) ? byFrequency : busyNs / 1e9,
    cycles,
    totalCycles,
    capacity: capacity >= 1 ? capacity : 1,
  };
}

function takeSize(sizes: Record<typeof SIZES[number], Map<string, number>>, key: string, value: string) {
  const kind = SIZES.find((name) => key.startsWith(`${name}-`));
  if (!kind) return;
  const [number, unit] = numberAndUnit(value);
  const bytes = number * (UNITS[unit] ?? NaN);
  if (!Number.isNaN(bytes)) sizes[kind].set(key.slice(kind.length + 1), bytes);
}

/** The device's own memory, NaN where it has none; and the machine's. */
function memoryOf(sizes: Record<typeof SIZES[number], Map<string, number>>): [own: number, system: number] {
  const regions = new Map([...sizes.total, ...sizes.memory, ...sizes.resident]);
  let [own, system] = [NaN, NaN];
  for (const [region, bytes] of regions) {
    if (OWN_MEMORY.test(region)) own = (own || 0) + bytes;
    else if (!NO_MEMORY.has(region)) system = (system || 0) + bytes;
  }
  return [own, system];
}

function numberAndUnit(text: string): [number, string] {
  const [, digits, unit = ""] = /^(\d{1,20})(?:\s+([A-Za-z]+))?$/.exec(text) ?? [];
  return [digits === undefined ? NaN : Number(digits), unit];
}
