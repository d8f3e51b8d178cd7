import type { EnergyReading } from "../../contract/counters.ts";

/** A part of the machine whose energy is counted. */
export type EnergyPart = keyof EnergyReading;

/** The parts as people call them. */
export const PART_WORDS: Record<EnergyPart, string> = {
  packageJoules: "processors",
  coreJoules: "cores",
  graphicsJoules: "graphics",
  memoryJoules: "memory",
  platformJoules: "the whole platform",
};

/** A counter of one part, one of several where there are several processors; in joules, NaN where it cannot be read. */
export interface EnergyMeter {
  readonly part: EnergyPart;
  joules(): number;
}

/**
 * What meters say, added up by part. A counter that has not moved counts nothing, as those that virtual machines show:
 * no machine runs without energy.
 */
export function addMeters(meters: readonly EnergyMeter[]): EnergyReading {
  const sums: EnergyReading = {
    packageJoules: NaN,
    coreJoules: NaN,
    graphicsJoules: NaN,
    memoryJoules: NaN,
    platformJoules: NaN,
  };
  for (const part of Object.keys(sums) as EnergyPart[]) {
    const sum = meters.filter((meter) => meter.part === part)
      .reduce((total, meter) => total + meter.joules(), 0);
    if (sum > 0) sums[part] = sum;
  }
  return sums;
}
