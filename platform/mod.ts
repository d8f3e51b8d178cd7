import { ProctorError } from "../core/error.ts";
import type { Datagrams, DatagramSender, DatagramsKind, DatagramsPlace } from "./contract/datagrams.ts";
import type { MachineEnergy, NoMachineEnergy } from "./contract/counters.ts";
import type { ProcessDirectory } from "./contract/directory.ts";
import type { Gpus } from "./contract/gpu.ts";
import type { HostRoots, HostSource } from "./contract/host.ts";
import type { OperatingSystem, Platform } from "./contract/platform.ts";
import type { Services } from "./contract/services.ts";
import type { ProcessTraffic } from "./contract/traffic.ts";
import type { WorkloadNames, WorkloadRoots } from "./contract/workloads.ts";
import type { NoProcessEvents, ProcessEvents, ProcessEventsRequest } from "./contract/process_events.ts";
import type { Finding } from "./contract/self.ts";

export type * from "./contract/children.ts";
export type * from "./contract/containment.ts";
export type * from "./contract/datagrams.ts";
export type * from "./contract/counters.ts";
export type * from "./contract/directory.ts";
export type * from "./contract/gpu.ts";
export type * from "./contract/host.ts";
export type * from "./contract/launch.ts";
export type * from "./contract/lookup.ts";
export type * from "./contract/platform.ts";
export type * from "./contract/process_events.ts";
export * from "./contract/processes.ts";
export type * from "./contract/self.ts";
export type * from "./contract/services.ts";
export type * from "./contract/signals.ts";
export type * from "./contract/stand_still.ts";
export type * from "./contract/streams.ts";
export type * from "./contract/traffic.ts";
export type * from "./contract/users.ts";
export type * from "./contract/workloads.ts";
export type * from "./contract/waits.ts";

export { linkTarget } from "./posix/link_target.ts";
export { lockHolder, LockTaken, takeLock } from "./posix/lock.ts";
export { readOwnFile } from "./posix/own_file.ts";
export { isOwnAccount, isRoot, isStranger } from "./posix/own_user.ts";
export { isReplaceable, isWritable } from "./posix/replaceable.ts";
export { fifoReader, writeFileWhole } from "./posix/write_file.ts";
export { defaultBaseDirectory } from "./posix/base_directory.ts";
export { namesOfLoopback } from "./posix/hosts_file.ts";
export { signalNames } from "./posix/signals.ts";
export { makePrivately } from "./posix/umask.ts";
export { listenLocally, localAddress, refuseStrangersDoor, STRANGERS_DOOR } from "./local_door.ts";
export { foreignHand } from "./posix/found_file.ts";
export { HeldDirectory } from "./posix/held_directory.ts";
export { takePrivateDirectory } from "./posix/private_directory.ts";
export { trustedPath } from "./posix/trusted_path.ts";
export { reopenTerminal } from "./linux/sys/reopen_terminal.ts";
export { wasClosedAtStart } from "./linux/sys/closed_at_start.ts";

/** Loaded on first use: on any other system, opening its libraries would fail already when a module is evaluated. */
async function operatingSystem(): Promise<OperatingSystem> {
  switch (process.platform) {
    case "linux":
      return (await import("./linux/system.ts")).linuxSystem;
    case "win32":
      return (await import("./windows/system.ts")).windowsSystem;
    case "darwin":
      return (await import("./darwin/mod.ts")).macOS();
    default:
      throw new ProctorError(
        "system",
        `proctor does not run on ${process.platform} yet; it runs on Linux, macOS and Windows`,
      );
  }
}

/**
 * The operating system proctor runs on.
 * @throws ProctorError of kind `system` where no platform is written yet, as the other two
 */
export async function loadPlatform(): Promise<Platform> {
  return await (await operatingSystem()).platform();
}

/**
 * The machine as a whole.
 * @param roots where to read instead of the machine itself, for captured trees
 */
export async function loadHostSource(roots?: HostRoots): Promise<HostSource> {
  return await (await operatingSystem()).host(roots);
}

/** All processes of the machine. */
export async function loadProcessDirectory(): Promise<ProcessDirectory> {
  return await (await operatingSystem()).directory();
}

/**
 * What containers and pods are called.
 * @param roots where to read instead of where runtimes have it, for captured trees
 */
export async function loadWorkloadNames(roots?: WorkloadRoots): Promise<WorkloadNames> {
  return await (await operatingSystem()).workloadNames(roots);
}

/** A feed of every process that is born or ends, opened; or why there is none. */
export async function openProcessEvents(
  request: ProcessEventsRequest = {},
): Promise<ProcessEvents | NoProcessEvents> {
  return await (await operatingSystem()).processEvents(request);
}

/** What such a feed would tell here, for `proctor doctor`. */
export async function processEventsFinding(): Promise<Finding> {
  return await (await operatingSystem()).processEventsFinding();
}

/** A socket that other programs send datagrams to, opened; or why there is none. */
export async function openDatagrams(
  kind: DatagramsKind,
  place: DatagramsPlace = {},
): Promise<Datagrams | string> {
  return await (await operatingSystem()).datagrams(kind, place);
}

/** What sends datagrams to a socket with a name, without ever waiting; or why there is none. */
export async function openDatagramSender(path: string): Promise<DatagramSender | string> {
  return await (await operatingSystem()).datagramSender(path);
}

/** The traffic of each process, counted from now on; or why it is not. */
export async function openProcessTraffic(): Promise<ProcessTraffic | string> {
  return await (await operatingSystem()).processTraffic();
}

/** Counters of the energy that the machine uses, opened; or why there are none. */
export async function openMachineEnergy(): Promise<MachineEnergy | NoMachineEnergy> {
  return await (await operatingSystem()).machineEnergy();
}

/** What such counters would tell here, for `proctor doctor`. */
export async function machineEnergyFinding(): Promise<Finding> {
  return await (await operatingSystem()).machineEnergyFinding();
}

/** Who tells what processes do with GPUs. */
export async function loadGpus(): Promise<Gpus> {
  return await (await operatingSystem()).gpus();
}

/** Programs that the system starts by itself; or why there are none. */
export async function loadServices(): Promise<Services | string> {
  return await (await operatingSystem()).services();
}
