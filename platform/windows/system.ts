import { absentParts, noWorkloads } from "../absent.ts";
import type { OperatingSystem } from "../contract/platform.ts";

const sentence = (what: string) => `proctor does not ${what} on Windows yet`;
const absence = (what: string) => ({ reason: sentence(what), advice: "it does on Linux" });

/** All of Windows. */
export const windowsSystem: OperatingSystem = {
  platform: async () => (await import("./mod.ts")).windows,
  host: async () => (await import("./machine/host_source.ts")).windowsHost,
  directory: async () => (await import("./processes/process_directory.ts")).windowsProcesses,
  workloadNames: () => Promise.resolve(noWorkloads),
  services: async () => (await import("./service/service_manager.ts")).windowsServices,
  ...absentParts({
    processEvents: absence("follow every process"),
    machineEnergy: absence("read energy"),
    gpus: absence("inspect GPUs"),
    datagrams: sentence("take datagrams"),
    datagramSender: sentence("send datagrams to sockets with a name"),
    processTraffic: sentence("report what processes receive and send"),
  }),
};
