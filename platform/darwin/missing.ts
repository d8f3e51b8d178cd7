import type { Absence, Absences } from "../absent.ts";

const onLinux = (reason: string): Absence => ({ reason, advice: "run on Linux, which tells it" });

/** What macOS does not tell, or tells its own programs only. */
export const ABSENCES: Absences = {
  processEvents: onLinux(
    "macOS tells of every process that is born to programs that Apple has approved (Endpoint Security), and to no others",
  ),
  machineEnergy: onLinux("macOS tells the energy of the machine to programs of its own only"),
  gpus: onLinux("macOS does not tell which process uses the GPU"),
  datagrams: "what programs tell of themselves by datagrams is taken on Linux only",
  datagramSender: "datagrams are sent to sockets with a name on Linux only",
  processTraffic: "what a process receives and sends is told on Linux only",
};
