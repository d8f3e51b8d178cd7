import { z } from "zod";
export type {
  CpuUsage,
  DiskIoStats,
  DiskSpace,
  DiskUsage,
  InterfaceStats,
  LoadAverage,
  MemoryInfo,
  MessageStats,
  NetworkStats,
  Pressure,
  ProcessStats,
  Sensors,
  SysMetrics,
  SystemInfo,
  Uptime,
} from "./types/host.ts";

/*
 * What is told of the host: the answers of the sysmon methods, of `proctor host --json` and of the library's `host`.
 * The names are those of the service's specification; what it leaves open is null where it cannot be read.
 */

/** An unsigned 64-bit integer; exact up to 2^53 (9 petabytes), above that to the nearest that JSON's numbers hold. */
const uint64 = z.number().min(0).refine(Number.isInteger, "must be a whole number").meta({
  type: "integer",
  format: "uint64",
});
const bytes = uint64.describe("bytes");
const count = z.int().min(0);
const seconds = z.number().min(0).describe("seconds");
const percent = z.number().min(0).max(100).describe("percent");
const cpuSeconds = seconds.describe("seconds since boot, all CPUs together");

/** RPCCPUUsage. */
export const cpuUsageSchema = z.object({
  user: cpuSeconds.describe("seconds since boot, all CPUs together; includes guest"),
  nice: cpuSeconds.nullable().describe("seconds since boot, all CPUs together; includes guest_nice"),
  system: cpuSeconds,
  idle: cpuSeconds,
  iowait: cpuSeconds.nullable().describe("idle while a task of the CPU waited for I/O; counts as idle"),
  irq: cpuSeconds.nullable(),
  softirq: cpuSeconds.nullable(),
  steal: cpuSeconds.nullable().describe(
    "taken by the hypervisor while we had something to do; counts as busy",
  ),
  guest: cpuSeconds.nullable().describe("of user: running virtual CPUs"),
  guest_nice: cpuSeconds.nullable().describe("of nice: running virtual CPUs"),
  usage_percent: percent.nullable().describe(
    "of all CPUs, over the time since the previous reading; null when the clocks did not move",
  ),
});

/** RPCGetMemoryInfo. */
export const memoryInfoSchema = z.object({
  total: bytes,
  available: bytes.nullable().describe("MemAvailable: to be had without swapping"),
  used: bytes.nullable().describe("total less available"),
  usage_percent: percent.nullable(),
  buffers: bytes.nullable(),
  cached: bytes.nullable(),
  free: bytes.nullable().describe("MemFree: used for nothing at all"),
  swap_total: bytes,
  swap_free: bytes,
  swap_used: bytes,
  swap_usage_percent: percent.describe("0 where there is no swap"),
});

/** RPCGetLoadAverage. */
export const loadAverageSchema = z.object({
  load1: z.number().min(0),
  load5: z.number().min(0),
  load15: z.number().min(0),
  runnable_tasks: count.nullable(),
  existing_tasks: count.nullable(),
});

/** RPCGetUptime. */
export const uptimeSchema = z.object({
  uptime: seconds,
  idle_time: seconds.nullable().describe("seconds, all CPUs together"),
});

/** The space of one file system. */
const diskSpaceSchema = z.object({
  used: bytes,
  total: bytes,
  used_percent: percent.describe("used, of what users without privileges may use (as df)"),
  available: bytes.describe("for users without privileges"),
  file_system: z.string(),
  device: z.string(),
});

const disk = z.record(z.string(), diskSpaceSchema).describe("by mount point");

/** RPCGetDiskUsage. */
export const diskUsageSchema = z.object({
  disk,
  unanswered: z.array(z.string()).describe(
    "mount points whose file system refused, or did not answer in time",
  ),
});

/** The counters of one network interface. */
const interfaceStatsSchema = z.object({
  rx_bytes: uint64,
  tx_bytes: uint64,
  rx_packets: uint64,
  tx_packets: uint64,
  rx_errors: uint64,
  tx_errors: uint64,
});

const network = z.record(z.string(), interfaceStatsSchema).describe("by interface");

/** RPCGetNetworkStats. */
export const networkStatsSchema = z.object({ network, total_rx: bytes, total_tx: bytes });

/** RPCGetProcessStats. */
export const processStatsSchema = z.object({
  processes_running: count.nullable().describe("state R"),
  processes_sleeping: count.nullable().describe("states S, D and I"),
  processes_stopped: count.nullable().describe("states T and t"),
  processes_zombie: count.nullable().describe("state Z"),
  threads: count,
  procs_blocked: count.nullable().describe("tasks that wait for I/O"),
});

/** What says that we see only a part of the machine. */
const containerSchema = z.object({
  runtime: z.string().nullable().describe("docker, podman, lxc …; null when only limits show it"),
  lxcfs: z.boolean().describe("whether lxcfs shows the container's share in place of the machine"),
  cpu_quota_cores: z.number().positive().nullable().describe(
    "the least quota of all cgroups above; null: none",
  ),
  memory_limit_bytes: uint64.nullable().describe("the least limit of all cgroups above; null: none"),
});

/** RPCGetSystemInfo. */
export const systemInfoSchema = z.object({
  hostname: z.string().nullable(),
  kernel: z.string().nullable().describe("as of uname -r"),
  os: z.string().describe("as of uname -s"),
  os_release: z.string().nullable().describe("PRETTY_NAME of os-release"),
  platform: z.string().describe("as of uname -m"),
  processors: count.nullable().describe("online"),
  boot_time: z.iso.datetime().nullable().describe("RFC 3339, UTC"),
  container: containerSchema.nullable().describe("null when nothing says that this is one, or limited"),
});

const stall = z.object({
  avg10: percent,
  avg60: percent,
  avg300: percent,
  total_seconds: seconds,
}).nullable();
const resourcePressure = z.object({
  some: stall.describe("some tasks were stalled"),
  full: stall.describe("all tasks were stalled at once"),
}).nullable();

/** RPCGetPressure. */
export const pressureSchema = z.object({
  cpu: resourcePressure,
  memory: resourcePressure,
  io: resourcePressure,
});

/** The counters of one block device. */
const diskIoSchema = z.object({
  physical: z.boolean().describe("neither a partition, nor made of other devices, of memory or of a file"),
  reads: uint64,
  read_bytes: uint64,
  read_seconds: seconds.nullable(),
  writes: uint64,
  write_bytes: uint64,
  write_seconds: seconds.nullable(),
  in_flight: count.nullable(),
  busy_seconds: seconds.nullable(),
});

/** RPCGetDiskIO. */
export const diskIoStatsSchema = z.object({
  devices: z.record(z.string(), diskIoSchema).describe(
    "since boot, by device; those never used are left out",
  ),
  total_read_bytes: uint64.describe("of physical devices"),
  total_write_bytes: uint64.describe("of physical devices"),
});

/** One temperature. */
const temperatureSchema = z.object({
  chip: z.string(),
  label: z.string(),
  celsius: z.number().nullable(),
  high_celsius: z.number().nullable(),
  critical_celsius: z.number().nullable(),
});

/** RPCGetSensors. */
export const sensorsSchema = z.object({ temperatures: z.array(temperatureSchema) });

/** The sysmon service's own counts, and the broker's where one answers. */
const messageStatsSchema = z.object({
  received: count.describe("messages, bad lines included"),
  answered: count.describe("responses and errors sent"),
  errors: count,
  received_bytes: uint64,
  sent_bytes: uint64,
  by_method: z.record(z.string(), count).describe("requests by method"),
  broker: z.unknown().optional().describe(
    "what the broker answered to RPCGetMessageStats; left out when it did not",
  ),
});

/** RPCGetSysMetrics. */
export const sysMetricsSchema = z.object({
  cpu_usage: percent.nullable(),
  memory_usage: percent.nullable(),
  load_avg: z.array(z.number().min(0)).length(3).nullable().describe("over 1, 5 and 15 minutes"),
  uptime: seconds.nullable(),
  disk_usage: bytes.nullable(),
  disk_total: bytes.nullable(),
  disk: disk.nullable(),
  swap_usage: percent.nullable(),
  net_rx: bytes.nullable(),
  net_tx: bytes.nullable(),
  network: network.nullable(),
  message_stats: messageStatsSchema.optional().describe("by the service only"),
});
