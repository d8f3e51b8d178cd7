import type { EnergyReading, MachineEnergy, NoMachineEnergy } from "../../contract/counters.ts";
import type { Finding } from "../../contract/self.ts";
import { howToCount, whyNotCounted } from "../perf/perf_refusal.ts";
import { addMeters, PART_WORDS } from "./energy_parts.ts";
import type { EnergyMeter, EnergyPart } from "./energy_parts.ts";
import { PowerPmu, readPowerEvents } from "./power_pmu.ts";
import { openPowercap } from "./powercap.ts";

/** At a kilowatt the smallest counter of RAPL, of 65 kilojoules, goes round in a minute. */
const PATIENCE_MS = 30_000;
/** Counters are renewed once a millisecond. */
const TRIAL_MS = 100;

const NOTHING = "the processor shows no counters of energy here, as in most virtual machines";
const HARDWARE = "a processor with RAPL (Intel since 2011, AMD since 2017), not in a virtual machine";
const STANDSTILL = "the counters of energy stand still, as in virtual machines";

/**
 * Counters of the machine's energy: perf's, which CAP_PERFMON opens, or those of the power capping framework, which are
 * root's.
 */
export function openMachineEnergy(sys = "/sys"): MachineEnergy | NoMachineEnergy {
  const events = readPowerEvents(sys);
  const pmu = events.length > 0 ? PowerPmu.open(events) : null;
  if (pmu instanceof PowerPmu) {
    return meter("perf_power", pmu.meters, Infinity, () => {}, () => pmu.close());
  }
  const powercap = openPowercap(sys);
  if ("meters" in powercap) {
    return meter("powercap", powercap.meters, PATIENCE_MS, () => powercap.look(), () => {});
  }
  const reasons = [pmu === null ? null : whyNotCounted(pmu, "everybody"), powercap.reason].filter(Boolean);
  return reasons.length > 0
    ? { reason: reasons.join("; "), advice: howToCount() }
    : { reason: NOTHING, advice: HARDWARE };
}

function meter(
  source: string,
  meters: readonly EnergyMeter[],
  patienceMs: number,
  look: () => void,
  close: () => void,
): MachineEnergy {
  const read = (): EnergyReading => {
    look();
    return addMeters(meters);
  };
  return { source, patienceMs, look, read, close };
}

/** Whether energy can be told: its counters are watched for a moment. */
export async function machineEnergyFinding(sys = "/sys"): Promise<Finding> {
  const topic = "energy";
  const energy = openMachineEnergy(sys);
  if ("reason" in energy) return { topic, ok: false, detail: energy.reason, advice: energy.advice };
  await new Promise((resolve) => setTimeout(resolve, TRIAL_MS));
  const told = partsOf(energy.read());
  energy.close();
  if (told.length === 0) return { topic, ok: false, detail: STANDSTILL, advice: HARDWARE };
  const parts = told.map((part) => PART_WORDS[part]).join(", ");
  return {
    topic,
    ok: true,
    detail: `that of the machine can be reported: of ${parts} (--counters)`,
    advice: null,
  };
}

function partsOf(reading: EnergyReading): EnergyPart[] {
  return (Object.keys(reading) as EnergyPart[]).filter((part) => !Number.isNaN(reading[part]));
}
