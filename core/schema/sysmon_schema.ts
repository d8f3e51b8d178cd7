import { z } from "zod";
import {
  cpuUsageSchema,
  diskIoStatsSchema,
  diskUsageSchema,
  loadAverageSchema,
  memoryInfoSchema,
  networkStatsSchema,
  pressureSchema,
  processStatsSchema,
  sensorsSchema,
  sysMetricsSchema,
  systemInfoSchema,
  uptimeSchema,
} from "./host_schema.ts";

/* The messages of the sysmon service: what its methods take and give, and the envelopes around that. */

/** The parameters of a method that takes none: absent, null, or empty. */
const noParameters = z.unknown().refine(isEmpty, {
  error: ({ input }) => `takes no parameters${strayKeys(input)}; leave them out or write {}`,
});

function isEmpty(input: unknown): boolean {
  return input === undefined || input === null ||
    (typeof input === "object" && Object.keys(input).length === 0);
}

function strayKeys(input: unknown): string {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return "";
  return `, and was given ${Object.keys(input).slice(0, 3).map((key) => JSON.stringify(key)).join(", ")}`;
}

/** The methods that read, and what each gives. */
export const READING_METHODS = {
  RPCGetSysMetrics: { result: sysMetricsSchema, summary: "the machine at a glance" },
  RPCGetDiskUsage: { result: diskUsageSchema, summary: "space by mount point" },
  RPCGetNetworkStats: { result: networkStatsSchema, summary: "counters by network interface" },
  RPCGetMemoryInfo: { result: memoryInfoSchema, summary: "memory and swap" },
  RPCGetLoadAverage: { result: loadAverageSchema, summary: "load averages and tasks" },
  RPCGetUptime: { result: uptimeSchema, summary: "seconds since boot, and idle ones" },
  RPCCPUUsage: { result: cpuUsageSchema, summary: "CPU times, and how busy the CPUs are" },
  RPCGetProcessStats: { result: processStatsSchema, summary: "processes by state" },
  RPCGetSystemInfo: { result: systemInfoSchema, summary: "what the machine is" },
  RPCGetPressure: { result: pressureSchema, summary: "pressure stall information" },
  RPCGetDiskIO: { result: diskIoStatsSchema, summary: "counters by block device" },
  RPCGetSensors: { result: sensorsSchema, summary: "temperatures" },
} as const;

/** A method that reads something of the machine. */
export type ReadingMethod = keyof typeof READING_METHODS;

const readingMethod = z.enum(Object.keys(READING_METHODS) as [ReadingMethod, ...ReadingMethod[]]);

/** What `RPCSubscribe` takes. */
const subscribeParametersSchema = z.strictObject({
  methods: z.array(readingMethod).min(1).max(Object.keys(READING_METHODS).length),
  interval_ms: z.int().min(10).max(2_147_483_647),
});

/** What `RPCUnsubscribe` takes. */
const unsubscribeParametersSchema = z.strictObject({ subscription: z.string() });

const subscribed = z.object({
  subscription: z.string(),
  methods: z.array(readingMethod),
  interval_ms: z.int(),
});
const unsubscribed = z.object({
  subscription: z.string(),
  frames: z.int().min(0).describe("sent"),
  dropped: z.int().min(0).describe("left out, in all"),
});

/** What one event of a subscription carries. */
export const frameSchema = z.object({
  subscription: z.string(),
  sequence: z.int().min(0).describe("number of the interval since the subscription; dropped ones count"),
  timestamp: z.iso.datetime({ precision: 3 }),
  dropped: z.int().min(0).describe(
    "frames left out since the last one, because the reader or a reading was slow",
  ),
  readings: z.record(z.string(), z.unknown()).describe("by method"),
  errors: z.record(z.string(), z.object({ code: z.string(), message: z.string() })).describe("by method"),
});

/** Every method: its parameters, its result, and what it is for. */
export const METHODS = {
  ...Object.fromEntries(
    Object.entries(READING_METHODS).map(([name, method]) => [name, { ...method, parameters: noParameters }]),
  ) as { [M in ReadingMethod]: typeof READING_METHODS[M] & { parameters: typeof noParameters } },
  RPCSubscribe: {
    parameters: subscribeParametersSchema,
    result: subscribed,
    summary: "readings again and again, as events sysmon_sample on the same stream",
  },
  RPCUnsubscribe: {
    parameters: unsubscribeParametersSchema,
    result: unsubscribed,
    summary: "the end of a subscription",
  },
  "rpc.discover": {
    parameters: noParameters,
    result: z.looseObject({ openrpc: z.string() }),
    summary: "this document",
  },
};

/** The name of a method. */
export type MethodName = keyof typeof METHODS;

/** A message that asks for something, in the broker's envelope. */
export const requestSchema = z.looseObject({
  type: z.literal("request"),
  id: z.string().describe("the method"),
  payload: z.unknown().optional(),
  source: z.string().nullish(),
  target: z.string().nullish(),
  correlation_id: z.unknown().optional(),
});

/** A request or notification of JSON-RPC 2.0. */
export const jsonRpcRequestSchema = z.looseObject({
  jsonrpc: z.literal("2.0"),
  method: z.string(),
  params: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).optional(),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
});
