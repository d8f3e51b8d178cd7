/* Written by scripts/build_types.ts from the schemas. */

/** CPU times, and how busy the machine is. */
export type CpuUsage = {
  /** Seconds since boot, all CPUs together; includes guest. */
  user: number;
  /** Seconds since boot, all CPUs together; includes guest_nice. */
  nice: number | null;
  /** Seconds since boot, all CPUs together. */
  system: number;
  /** Seconds since boot, all CPUs together. */
  idle: number;
  /** Idle while a task of the CPU waited for I/O; counts as idle. */
  iowait: number | null;
  /** Seconds since boot, all CPUs together. */
  irq: number | null;
  /** Seconds since boot, all CPUs together. */
  softirq: number | null;
  /** Taken by the hypervisor while we had something to do; counts as busy. */
  steal: number | null;
  /** Of user: running virtual CPUs. */
  guest: number | null;
  /** Of nice: running virtual CPUs. */
  guest_nice: number | null;
  /** Of all CPUs, over the time since the previous reading; null when the clocks did not move. */
  usage_percent: number | null;
};

/** Memory and swap. */
export type MemoryInfo = {
  /** Bytes. */
  total: number;
  /** MemAvailable: to be had without swapping. */
  available: number | null;
  /** Total less available. */
  used: number | null;
  /** Percent. */
  usage_percent: number | null;
  /** Bytes. */
  buffers: number | null;
  /** Bytes. */
  cached: number | null;
  /** MemFree: used for nothing at all. */
  free: number | null;
  /** Bytes. */
  swap_total: number;
  /** Bytes. */
  swap_free: number;
  /** Bytes. */
  swap_used: number;
  /** 0 where there is no swap. */
  swap_usage_percent: number;
};

/** Load averages. */
export type LoadAverage = {
  load1: number;
  load5: number;
  load15: number;
  runnable_tasks: number | null;
  existing_tasks: number | null;
};

/** Uptime and idle time. */
export type Uptime = {
  /** Seconds. */
  uptime: number;
  /** Seconds, all CPUs together. */
  idle_time: number | null;
};

/** The space of one file system. */
export type DiskSpace = {
  /** Bytes. */
  used: number;
  /** Bytes. */
  total: number;
  /** Used, of what users without privileges may use (as df). */
  used_percent: number;
  /** For users without privileges. */
  available: number;
  file_system: string;
  device: string;
};

/** Space by mount point. */
export type DiskUsage = {
  /** By mount point. */
  disk: Record<string, DiskSpace>;
  /** Mount points whose file system refused, or did not answer in time. */
  unanswered: Array<string>;
};

/** The counters of one network interface. */
export type InterfaceStats = {
  rx_bytes: number;
  tx_bytes: number;
  rx_packets: number;
  tx_packets: number;
  rx_errors: number;
  tx_errors: number;
};

/** Counters by network interface. */
export type NetworkStats = {
  /** By interface. */
  network: Record<string, InterfaceStats>;
  /** Bytes. */
  total_rx: number;
  /** Bytes. */
  total_tx: number;
};

/** Processes by state. */
export type ProcessStats = {
  /** State R. */
  processes_running: number | null;
  /** States S, D and I. */
  processes_sleeping: number | null;
  /** States T and t. */
  processes_stopped: number | null;
  /** State Z. */
  processes_zombie: number | null;
  threads: number;
  /** Tasks that wait for I/O. */
  procs_blocked: number | null;
};

/** What the machine is. */
export type SystemInfo = {
  hostname: string | null;
  /** As of uname -r. */
  kernel: string | null;
  /** As of uname -s. */
  os: string;
  /** PRETTY_NAME of os-release. */
  os_release: string | null;
  /** As of uname -m. */
  platform: string;
  /** Online. */
  processors: number | null;
  /** RFC 3339, UTC. */
  boot_time: string | null;
  /** Null when nothing says that this is one, or limited. */
  container: {
    /** Docker, podman, lxc …; null when only limits show it. */
    runtime: string | null;
    /** Whether lxcfs shows the container's share in place of the machine. */
    lxcfs: boolean;
    /** The least quota of all cgroups above; null: none. */
    cpu_quota_cores: number | null;
    /** The least limit of all cgroups above; null: none. */
    memory_limit_bytes: number | null;
  } | null;
};

/** Pressure stall information. */
export type Pressure = {
  cpu: {
    /** Some tasks were stalled. */
    some: {
      /** Percent. */
      avg10: number;
      /** Percent. */
      avg60: number;
      /** Percent. */
      avg300: number;
      /** Seconds. */
      total_seconds: number;
    } | null;
    /** All tasks were stalled at once. */
    full: {
      /** Percent. */
      avg10: number;
      /** Percent. */
      avg60: number;
      /** Percent. */
      avg300: number;
      /** Seconds. */
      total_seconds: number;
    } | null;
  } | null;
  memory: {
    /** Some tasks were stalled. */
    some: {
      /** Percent. */
      avg10: number;
      /** Percent. */
      avg60: number;
      /** Percent. */
      avg300: number;
      /** Seconds. */
      total_seconds: number;
    } | null;
    /** All tasks were stalled at once. */
    full: {
      /** Percent. */
      avg10: number;
      /** Percent. */
      avg60: number;
      /** Percent. */
      avg300: number;
      /** Seconds. */
      total_seconds: number;
    } | null;
  } | null;
  io: {
    /** Some tasks were stalled. */
    some: {
      /** Percent. */
      avg10: number;
      /** Percent. */
      avg60: number;
      /** Percent. */
      avg300: number;
      /** Seconds. */
      total_seconds: number;
    } | null;
    /** All tasks were stalled at once. */
    full: {
      /** Percent. */
      avg10: number;
      /** Percent. */
      avg60: number;
      /** Percent. */
      avg300: number;
      /** Seconds. */
      total_seconds: number;
    } | null;
  } | null;
};

/** Counters by block device. */
export type DiskIoStats = {
  /** Since boot, by device; those never used are left out. */
  devices: Record<string, {
    /** Neither a partition, nor made of other devices, of memory or of a file. */
    physical: boolean;
    reads: number;
    read_bytes: number;
    /** Seconds. */
    read_seconds: number | null;
    writes: number;
    write_bytes: number;
    /** Seconds. */
    write_seconds: number | null;
    in_flight: number | null;
    /** Seconds. */
    busy_seconds: number | null;
  }>;
  /** Of physical devices. */
  total_read_bytes: number;
  /** Of physical devices. */
  total_write_bytes: number;
};

/** Temperatures. */
export type Sensors = {
  temperatures: Array<{
    chip: string;
    label: string;
    celsius: number | null;
    high_celsius: number | null;
    critical_celsius: number | null;
  }>;
};

/** The service's message counts. */
export type MessageStats = {
  /** Messages, bad lines included. */
  received: number;
  /** Responses and errors sent. */
  answered: number;
  errors: number;
  received_bytes: number;
  sent_bytes: number;
  /** Requests by method. */
  by_method: Record<string, number>;
  /** What the broker answered to RPCGetMessageStats; left out when it did not. */
  broker?: unknown;
};

/** The machine at a glance. */
export type SysMetrics = {
  /** Percent. */
  cpu_usage: number | null;
  /** Percent. */
  memory_usage: number | null;
  /** Over 1, 5 and 15 minutes. */
  load_avg: Array<number> | null;
  /** Seconds. */
  uptime: number | null;
  /** Bytes. */
  disk_usage: number | null;
  /** Bytes. */
  disk_total: number | null;
  /** By mount point. */
  disk: Record<string, DiskSpace> | null;
  /** Percent. */
  swap_usage: number | null;
  /** Bytes. */
  net_rx: number | null;
  /** Bytes. */
  net_tx: number | null;
  /** By interface. */
  network: Record<string, InterfaceStats> | null;
  /** By the service only. */
  message_stats?: MessageStats | undefined;
};
