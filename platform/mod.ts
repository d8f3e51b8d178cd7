import { ProctorError } from "../core/error.ts";
import type { HostRoots, HostSource } from "./host_types.ts";
import type { ProcessDirectory } from "./process_types.ts";
import type { Platform } from "./types.ts";
import { unsupported } from "./unsupported.ts";

export type {
  ContainerReading,
  CpuTimes,
  DiskReading,
  HostRoots,
  HostSource,
  InterfaceReading,
  LoadReading,
  MachineReading,
  MemoryReading,
  PressureReading,
  ProcessCounts,
  ResourcePressure,
  SpaceReading,
  SpaceReadings,
  Stall,
  TemperatureReading,
  UptimeReading,
} from "./host_types.ts";
export type { ProcessEntry, ProcessLookup } from "./lookup_types.ts";
export type { ProcessDirectory, ProcessOrigin } from "./process_types.ts";
export { Look } from "./types.ts";
export type {
  ChildExit,
  Container,
  ContainerRequest,
  FileLock,
  Finding,
  Launched,
  LaunchFailure,
  LaunchSpec,
  Obstacle,
  Platform,
  ProcessIdentity,
  ProcessReader,
  ThreadReading,
  Wanted,
} from "./types.ts";

/**
 * The operating system proctor runs on. Loaded on first use: on the others, opening libc would fail already
 * when the module is evaluated.
 */
export async function loadPlatform(): Promise<Platform> {
  if (process.platform !== "linux") return unsupported;
  const { linux } = await import("./linux/mod.ts");
  return linux;
}

/**
 * The machine as a whole; loaded apart, since most commands never ask for it.
 *
 * @param roots where to read instead of /proc and the like, for captured trees
 * @throws ProctorError of kind `system` where no platform is written yet
 */
export async function loadHostSource(roots?: HostRoots): Promise<HostSource> {
  if (process.platform !== "linux") {
    throw new ProctorError(
      "system",
      `proctor cannot read the machine on ${process.platform} yet; it runs on Linux`,
    );
  }
  const { linuxHost } = await import("./linux/host_source.ts");
  return linuxHost(roots);
}

/**
 * All processes of the machine; loaded apart, too.
 *
 * @throws ProctorError of kind `system` where no platform is written yet
 */
export async function loadProcessDirectory(): Promise<ProcessDirectory> {
  if (process.platform !== "linux") {
    throw new ProctorError(
      "system",
      `proctor cannot list the processes of ${process.platform} yet; it runs on Linux`,
    );
  }
  const { linuxProcesses } = await import("./linux/process_directory.ts");
  return linuxProcesses();
}
