import { noServices } from "../absent.ts";
import type { OperatingSystem } from "../contract/platform.ts";

/** All of Linux: most commands need a part of it only, and load no other. */
export const linuxSystem: OperatingSystem = {
  platform: async () => (await import("./mod.ts")).linux,
  host: async (roots) => (await import("./machine/host_source.ts")).linuxHost(roots),
  directory: async () => (await import("./processes/process_directory.ts")).linuxProcesses(),
  workloadNames: async (roots) =>
    new (await import("./workloads/workload_names.ts")).LinuxWorkloadNames(roots),
  processEvents: async (request) => (await import("./events/process_events.ts")).openProcessEvents(request),
  processEventsFinding: async () => (await import("./events/process_events.ts")).processEventsFinding(),
  datagrams: async (kind, place) =>
    (await import("./sys/datagram_socket.ts")).DatagramSocket.open(kind, place),
  datagramSender: async (path) => (await import("./sys/datagram_sender.ts")).UnixDatagramSender.open(path),
  machineEnergy: async () => (await import("./energy/machine_energy.ts")).openMachineEnergy(),
  machineEnergyFinding: async () => await (await import("./energy/machine_energy.ts")).machineEnergyFinding(),
  processTraffic: async () => (await import("./sockets/process_traffic.ts")).LinuxProcessTraffic.open(),
  gpus: async () => (await import("./gpu/gpus.ts")).linuxGpus,
  services: () => noServices("for systemd docs/proctor.service is a unit"),
};
