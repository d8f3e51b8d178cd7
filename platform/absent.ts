import type { OperatingSystem } from "./contract/platform.ts";
import type { Finding } from "./contract/self.ts";
import type { WorkloadNames } from "./contract/workloads.ts";

/** Why something cannot be had here, and where it can. */
export interface Absence {
  readonly reason: string;
  readonly advice: string;
}

/** What only some systems tell; of each that this one does not tell, a sentence that says so. */
export interface Absences {
  readonly processEvents: Absence;
  readonly machineEnergy: Absence;
  readonly gpus: Absence;
  readonly datagrams: string;
  readonly datagramSender: string;
  readonly processTraffic: string;
}

/** A service of the system is Windows's; what others have is told in files of their own. */
export const noServices = (instead: string): Promise<string> =>
  Promise.resolve(`services that proctor installs are Windows's; ${instead}`);

/** Those parts of an operating system, where it has none of them. */
export function absentParts(
  { processEvents, machineEnergy, gpus, datagrams, datagramSender, processTraffic }: Absences,
): Pick<OperatingSystem, keyof Absences | "processEventsFinding" | "machineEnergyFinding"> {
  return {
    processEvents: () => Promise.resolve(processEvents),
    processEventsFinding: () => Promise.resolve(finding("process events", processEvents)),
    machineEnergy: () => Promise.resolve(machineEnergy),
    machineEnergyFinding: () => Promise.resolve(finding("energy", machineEnergy)),
    datagrams: () => Promise.resolve(datagrams),
    datagramSender: () => Promise.resolve(datagramSender),
    processTraffic: () => Promise.resolve(processTraffic),
    gpus: () =>
      Promise.resolve({
        openReader: () => ({
          poll() {},
          look: () => ({ clients: null, processes: null }),
          sources: [],
          obstacle: gpus.reason,
        }),
        finding: () => Promise.resolve(finding("gpu", gpus)),
      }),
  };
}

function finding(topic: string, { reason, advice }: Absence): Finding {
  return { topic, ok: false, detail: reason, advice };
}

const NAMELESS = { container: null, pod: null, podNamespace: null };

/** Names of containers where there are none: they are Linux's, and run in a virtual machine on other systems. */
export const noWorkloads: WorkloadNames = {
  absence: "containers, pods and units are found on Linux only",
  revision: 0,
  refresh() {},
  isAsking: false,
  settled: () => Promise.resolve(),
  ofContainer: () => NAMELESS,
  ofPod: () => NAMELESS,
  problems: () => [],
};
