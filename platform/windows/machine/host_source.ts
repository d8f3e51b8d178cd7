import { nodeOs } from "../../../io/builtins.ts";
import type {
  CpuTimes,
  HostSource,
  MachineReading,
  MemoryReading,
  UptimeReading,
} from "../../contract/host.ts";
import { processSnapshot } from "../processes/snapshot.ts";
import { machineLibrary } from "../sys/libraries.ts";
import { getU64, scratchMemory } from "../sys/memory.ts";
import { seconds } from "../sys/times.ts";
import { readDrives } from "./drives.ts";
import { readInterfaces } from "./network_interfaces.ts";

/** MEMORYSTATUSEX by offset. */
export const MEMORY = { size: 64, total: 8, available: 16, commitLimit: 24, commitAvailable: 32 } as const;

/** The machine by kernel32, ntdll and iphlpapi. Windows has no load averages, and no stalls. */
export const windowsHost: HostSource = {
  cpuTimes: readCpuTimes,
  // Of each there would be NtQuerySystemInformation, which nothing asks yet.
  coreTimes: () => null,
  memory: readMemory,
  load: () => null,
  uptime: readUptime,
  interfaces: readInterfaces,
  spaces: readDrives,
  processes() {
    processSnapshot.expire();
    return { ...processSnapshot.counts(), zombie: null, blocked: null };
  },
  machine: readMachine,
  // MachineGuid is in the registry, which nothing reads yet.
  identity: () => ({ machineId: null, bootId: null }),
  pressure: () => null,
  // Disks are asked by IOCTL_DISK_PERFORMANCE, and temperatures by drivers: both not yet.
  disks: () => null,
  temperatures: () => null,
};

/** Of all processors together; what the kernel took has the idle time in it (GetSystemTimes). */
function readCpuTimes(): CpuTimes | null {
  const { address, view } = scratchMemory();
  if (machineLibrary().GetSystemTimes(address, address + 8, address + 16) === 0) return null;
  const idle = seconds(view, 0);
  return {
    user: seconds(view, 16),
    system: seconds(view, 8) - idle,
    idle,
    nice: null,
    iowait: null,
    irq: null,
    softirq: null,
    steal: null,
    guest: null,
    guestNice: null,
  };
}

/** Swap is what can be committed beyond the memory that there is: the paging files. */
function readMemory(): MemoryReading | null {
  const { address, view } = scratchMemory();
  view.setUint32(0, MEMORY.size, true);
  if (machineLibrary().GlobalMemoryStatusEx(address) === 0) return null;
  const totalBytes = getU64(view, MEMORY.total);
  const availableBytes = getU64(view, MEMORY.available);
  const swapTotalBytes = Math.max(0, getU64(view, MEMORY.commitLimit) - totalBytes);
  const beyondMemory = getU64(view, MEMORY.commitAvailable) - availableBytes;
  return {
    totalBytes,
    availableBytes,
    freeBytes: null,
    buffersBytes: null,
    cachedBytes: null,
    swapTotalBytes,
    swapFreeBytes: Math.min(swapTotalBytes, Math.max(0, beyondMemory)),
  };
}

function readUptime(): UptimeReading {
  return { uptimeSeconds: uptimeMs() / 1_000, idleSeconds: readCpuTimes()?.idle ?? null };
}

function readMachine(): MachineReading {
  const os = nodeOs();
  return {
    hostName: os.hostname(),
    kernel: os.release(),
    os: "Windows",
    osRelease: os.version(),
    platform: os.machine(),
    processorCount: os.cpus().length,
    bootTimeMs: Date.now() - uptimeMs(),
    container: null,
  };
}

const uptimeMs = () => machineLibrary().GetTickCount64();
