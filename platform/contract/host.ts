/*
 * What an operating system can tell about the whole machine: raw facts in base units, null where one cannot be
 * had: absent is not zero. Room host/ makes the answers of them.
 */

/**
 * CPU time since boot in seconds, summed over all CPUs; `user` includes `guest`, and `nice` `guestNice`. What a system
 * does not tell apart is null, and in one of the others.
 */
export interface CpuTimes {
  readonly user: number;
  readonly nice: number | null;
  readonly system: number;
  readonly idle: number;
  readonly iowait: number | null;
  readonly irq: number | null;
  readonly softirq: number | null;
  readonly steal: number | null;
  readonly guest: number | null;
  readonly guestNice: number | null;
}

/** Memory and swap in bytes. */
export interface MemoryReading {
  readonly totalBytes: number;
  readonly freeBytes: number | null;
  /** What programs could still get without swapping, as the kernel estimates it. */
  readonly availableBytes: number | null;
  readonly buffersBytes: number | null;
  readonly cachedBytes: number | null;
  readonly swapTotalBytes: number;
  readonly swapFreeBytes: number;
}

/** Load averages, and how many tasks (threads) there are. */
export interface LoadReading {
  readonly load1: number;
  readonly load5: number;
  readonly load15: number;
  readonly runnableTasks: number | null;
  readonly existingTasks: number | null;
}

/** Seconds since boot, and idle seconds summed over all CPUs. */
export interface UptimeReading {
  readonly uptimeSeconds: number;
  readonly idleSeconds: number | null;
}

/** The counters of one network interface, since it came up. */
export interface InterfaceReading {
  readonly name: string;
  readonly isLoopback: boolean;
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly rxPackets: number;
  readonly txPackets: number;
  readonly rxErrors: number;
  readonly txErrors: number;
}

/** The space of one mounted file system. */
export interface SpaceReading {
  readonly point: string;
  readonly type: string;
  readonly source: string;
  /** What tells file systems apart whose space is not the same. */
  readonly space: string;
  /** File systems of one pool take their free space from one another; null for one of its own. */
  readonly pool: string | null;
  readonly totalBytes: number;
  readonly usedBytes: number;
  /** What is left for users without privileges. */
  readonly availableBytes: number;
}

/** All mounted file systems that count, and the mount points of those that gave no answer. */
export interface SpaceReadings {
  readonly spaces: readonly SpaceReading[];
  readonly unanswered: readonly string[];
}

/** Processes by state, and threads. */
export interface ProcessCounts {
  readonly running: number | null;
  readonly sleeping: number | null;
  readonly stopped: number | null;
  readonly zombie: number | null;
  readonly threads: number;
  readonly blocked: number | null;
}

/** What the machine is. */
export interface MachineReading {
  readonly hostName: string | null;
  readonly kernel: string | null;
  readonly os: string;
  readonly osRelease: string | null;
  readonly platform: string;
  readonly processorCount: number | null;
  readonly bootTimeMs: number | null;
  readonly container: ContainerReading | null;
}

/** What tells this installation from all others, and this run of it from those before. */
export interface MachineIdentity {
  /**
   * 32 hexadecimal digits, which stay whatever the machine is called. They are to be kept confidential (machine-id(5)):
   * what leaves the machine may only be made of them.
   */
  readonly machineId: string | null;
  readonly bootId: string | null;
}

/** What is known of the container, or the limits, that we run in. */
export interface ContainerReading {
  readonly runtime: string | null;
  /** Whether files of /proc are lxcfs's, which shows the container's share in place of the machine. */
  readonly isLxcfs: boolean;
  readonly cpuQuotaCores: number | null;
  readonly memoryLimitBytes: number | null;
}

/** Shares of time in percent in which tasks were stalled, and the seconds in all. */
export interface Stall {
  readonly avg10: number;
  readonly avg60: number;
  readonly avg300: number;
  readonly totalSeconds: number;
}

/** Stalls of one resource: of some tasks, and of all at once. */
export interface ResourcePressure {
  readonly some: Stall | null;
  readonly full: Stall | null;
}

/** Pressure by resource. */
export interface PressureReading {
  readonly cpu: ResourcePressure | null;
  readonly memory: ResourcePressure | null;
  readonly io: ResourcePressure | null;
}

/** The counters of one block device since boot. */
export interface DiskReading {
  readonly name: string;
  /** Whether it is a device of its own, not a partition, nor made of other devices, nor of memory or a file. */
  readonly isPhysical: boolean;
  readonly readCount: number;
  readonly readBytes: number;
  readonly readSeconds: number | null;
  readonly writeCount: number;
  readonly writeBytes: number;
  readonly writeSeconds: number | null;
  readonly inFlightCount: number | null;
  readonly busySeconds: number | null;
}

/** One temperature sensor. */
export interface TemperatureReading {
  readonly chip: string;
  readonly label: string;
  readonly celsius: number | null;
  readonly highCelsius: number | null;
  readonly criticalCelsius: number | null;
}

/** Where the machine is read; the root of /proc and the like is an argument, so that captured trees can be read. */
export interface HostRoots {
  /** In place of /proc. */
  readonly proc: string;
  /** In place of /sys. */
  readonly sys: string;
  /** What /etc and /run lie in: empty for the machine itself. */
  readonly files: string;
}

/** What an operating system can tell about the machine; each is null when its source cannot be read. */
export interface HostSource {
  cpuTimes(): CpuTimes | null;
  /** The same of each CPU that is online, in their order. */
  coreTimes(): CpuTimes[] | null;
  memory(): MemoryReading | null;
  load(): LoadReading | null;
  uptime(): UptimeReading | null;
  interfaces(): InterfaceReading[] | null;
  /** @param withNetwork whether file systems of other machines count as well */
  spaces(withNetwork: boolean): SpaceReadings | Promise<SpaceReadings> | null;
  processes(): ProcessCounts | null;
  machine(): MachineReading;
  identity(): MachineIdentity;
  pressure(): PressureReading | null;
  disks(): DiskReading[] | null;
  temperatures(): TemperatureReading[] | null;
}
