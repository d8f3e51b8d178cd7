import type {
  DiskIoStats,
  LoadAverage,
  Pressure,
  ProcessStats,
  Sensors,
  SystemInfo,
  Uptime,
} from "../core/schema/host_schema.ts";
import type {
  DiskReading,
  LoadReading,
  MachineReading,
  PressureReading,
  ProcessCounts,
  ResourcePressure,
  Stall,
  TemperatureReading,
  UptimeReading,
} from "../platform/mod.ts";
import { uint64 } from "./percent.ts";

/* Answers that are readings under other names: nothing is derived. */

/** The answer of RPCGetLoadAverage. */
export function loadAverage(
  { load1, load5, load15, runnableTasks, existingTasks }: LoadReading,
): LoadAverage {
  return { load1, load5, load15, runnable_tasks: runnableTasks, existing_tasks: existingTasks };
}

/** The answer of RPCGetUptime. */
export function uptime({ uptimeSeconds, idleSeconds }: UptimeReading): Uptime {
  return { uptime: uptimeSeconds, idle_time: idleSeconds };
}

/** The answer of RPCGetProcessStats. */
export function processStats(counts: ProcessCounts): ProcessStats {
  return {
    processes_running: counts.running,
    processes_sleeping: counts.sleeping,
    processes_stopped: counts.stopped,
    processes_zombie: counts.zombie,
    threads: counts.threads,
    procs_blocked: counts.blocked,
  };
}

/** The answer of RPCGetSystemInfo. */
export function systemInfo(machine: MachineReading): SystemInfo {
  const { container, bootTimeMs } = machine;
  return {
    hostname: machine.hostName,
    kernel: machine.kernel,
    os: machine.os,
    os_release: machine.osRelease,
    platform: machine.platform,
    processors: machine.processorCount,
    boot_time: bootTimeMs === null ? null : new Date(bootTimeMs).toISOString(),
    container: container && {
      runtime: container.runtime,
      lxcfs: container.isLxcfs,
      cpu_quota_cores: container.cpuQuotaCores,
      memory_limit_bytes: container.memoryLimitBytes,
    },
  };
}

/** The answer of RPCGetPressure. */
export function pressure({ cpu, memory, io }: PressureReading): Pressure {
  const stall = (reading: Stall | null) => {
    if (!reading) return null;
    const { totalSeconds, ...averages } = reading;
    return { ...averages, total_seconds: totalSeconds };
  };
  const resource = (reading: ResourcePressure | null) =>
    reading && { some: stall(reading.some), full: stall(reading.full) };
  return { cpu: resource(cpu), memory: resource(memory), io: resource(io) };
}

/** The answer of RPCGetDiskIO. */
export function diskIoStats(disks: readonly DiskReading[]): DiskIoStats {
  const physical = disks.filter(({ isPhysical }) => isPhysical);
  const devices = Object.fromEntries(disks.map((disk) => [disk.name, {
    physical: disk.isPhysical,
    reads: uint64(disk.readCount),
    read_bytes: uint64(disk.readBytes),
    read_seconds: disk.readSeconds,
    writes: uint64(disk.writeCount),
    write_bytes: uint64(disk.writeBytes),
    write_seconds: disk.writeSeconds,
    in_flight: disk.inFlightCount,
    busy_seconds: disk.busySeconds,
  }]));
  return {
    devices,
    total_read_bytes: uint64(physical.reduce((sum, { readBytes }) => sum + readBytes, 0)),
    total_write_bytes: uint64(physical.reduce((sum, { writeBytes }) => sum + writeBytes, 0)),
  };
}

/** The answer of RPCGetSensors. */
export function sensors(temperatures: readonly TemperatureReading[]): Sensors {
  return {
    temperatures: temperatures.map(({ chip, label, celsius, highCelsius, criticalCelsius }) => ({
      chip,
      label,
      celsius,
      high_celsius: highCelsius,
      critical_celsius: criticalCelsius,
    })),
  };
}
