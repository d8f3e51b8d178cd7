import type { Absence, Absences } from "../absent.ts";

const onLinux = (reason: string): Absence => ({ reason, advice: "run on Linux, which reports it" });

/** What macOS does not tell, or tells its own programs only. */
export const ABSENCES: Absences = {
  processEvents: onLinux(
    "macOS reports every new process to programs that Apple has approved (Endpoint Security), and to no others",
  ),
  machineEnergy: onLinux("macOS reports the energy of the machine to its own programs only"),
  gpus: onLinux("macOS does not report which process uses the GPU"),
  datagrams: "metrics that programs send by datagrams are collected on Linux only",
  datagramSender: "datagrams are sent to sockets with a name on Linux only",
  processTraffic: "what a process receives and sends is reported on Linux only",
};
