import { z } from "zod";
import { exporterReportSchema } from "./record.ts";
export type { ControlReport, HealthMessage } from "./types/states.ts";

const count = z.int().min(0);
const amount = z.number().min(0);

/** How an agent follows the orders of its manager. */
const controlReportSchema = z.object({
  min_interval_seconds: amount.describe("no sample is taken more often, even when asked for"),
  sequence: count.nullable().describe("of the last order that was followed; null before the first"),
  in_force: z.array(z.object({ task_id: z.string(), interval_seconds: amount, until: z.iso.datetime() })),
  refused: z.record(z.string(), count).describe("orders that were not followed, by the reason"),
});

/** How the agent itself is, and the machine it is on. */
export const healthMessageSchema = z.object({
  proplet_id: z.string(),
  agent_id: z.string().optional().describe("which agent; independent of the host's name"),
  timestamp: z.iso.datetime(),
  agent: z.object({
    version: z.string(),
    pid: count,
    uptime_seconds: amount,
    cpu_seconds: amount,
    cpu_percent: amount.describe("of one core, since the message before"),
    memory_bytes: count.nullable(),
    peak_memory_bytes: count.nullable().optional().describe("the most it has ever had resident"),
    voluntary_context_switches: count.nullable().optional().describe(
      "how often one of its threads went to sleep",
    ),
    task_count: count.describe("tasks that are being watched"),
    tick_count: count.optional().describe(
      "samples, and measurements between them, that it took of all tasks",
    ),
    late_tick_count: count.optional().describe(
      "samples that came late by a tenth of their interval or more",
    ),
    missed_tick_count: count.optional().describe("samples that were skipped, late by an interval or more"),
    exporters: z.array(exporterReportSchema),
    control: controlReportSchema.optional().describe(
      "where a manager may ask for denser samples: what is in force, and what was refused",
    ),
  }),
  host: z.object({
    uptime_seconds: amount.nullable(),
    cpu_percent: amount.nullable().describe("of all cores together: 100 is all of them busy"),
    memory_total_bytes: count.nullable(),
    memory_used_bytes: count.nullable(),
    memory_percent: amount.nullable(),
    load_1m: amount.nullable(),
    load_5m: amount.nullable(),
    load_15m: amount.nullable(),
    swap_percent: amount.nullable().optional(),
    disk_total_bytes: count.nullable().optional().describe(
      "of all disks together, but for network file systems",
    ),
    disk_used_bytes: count.nullable().optional(),
    network_rx_bytes: count.nullable().optional().describe("since boot, all interfaces together"),
    network_tx_bytes: count.nullable().optional(),
  }),
});

/** The format of a health message as JSON Schema (draft 2020-12). */
export function healthMessageJsonSchema(): Record<string, unknown> {
  return { title: "proctor health message", ...z.toJSONSchema(healthMessageSchema) };
}
