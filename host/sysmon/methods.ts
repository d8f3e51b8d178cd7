import type { ReadingMethod } from "../../core/schema/sysmon_schema.ts";
import type { HostParts } from "../host.ts";

/** Which part of the machine each method reads. */
export const PART_OF: Readonly<Record<ReadingMethod, keyof HostParts>> = {
  RPCGetSysMetrics: "metrics",
  RPCGetDiskUsage: "disk",
  RPCGetNetworkStats: "network",
  RPCGetMemoryInfo: "memory",
  RPCGetLoadAverage: "load",
  RPCGetUptime: "uptime",
  RPCCPUUsage: "cpu",
  RPCGetProcessStats: "processes",
  RPCGetSystemInfo: "system",
  RPCGetPressure: "pressure",
  RPCGetDiskIO: "diskIo",
  RPCGetSensors: "sensors",
};
