import { MOST_ORDERED_TASKS } from "../../core/schema/profile_order.ts";
import { ORDER_REFUSALS } from "../../exporters/control/order_reader.ts";
import type { AgentControl, HostSample } from "../model/arrival.ts";
import { COLUMN_AT, noFigures } from "../model/column.ts";
import { amountOf, isFields, isName, textOf } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { Reading } from "./reading.ts";
import { timeOf } from "./sample_time.ts";
import { MOST_EXPORTERS } from "./shape.ts";

type Names = readonly (readonly [of: string, column: string])[];

/** What a message tells of a host, and the columns of that. */
export const HOST: Names = [
  "uptime_seconds",
  "cpu_percent",
  "memory_total_bytes",
  "memory_percent",
  "load_1m",
  "load_5m",
  "load_15m",
  "swap_percent",
  "disk_total_bytes",
  "disk_used_bytes",
  "network_rx_bytes",
  "network_tx_bytes",
].map((name) => [name, name] as const).concat([["memory_used_bytes", "memory_bytes"]]);
/** What it tells of the agent. */
export const AGENT: Names = [
  "cpu_percent",
  "memory_bytes",
  "task_count",
  "late_tick_count",
  "missed_tick_count",
]
  .map((name) => [name, `agent_${name}`] as const);
/** Of all exporters together. */
export const EXPORTERS: Names = [["queued_count", "agent_queued_count"], [
  "dropped_count",
  "agent_dropped_count",
]];

/** Reads a message of an agent's own health and that of its host: one of ours, or one of a worker node. */
export function readHealth(message: Fields, reading: Reading): void {
  const sender = reading.senderOf(message);
  if (sender === null) return;
  const { agent, host, cpu_metrics: cpu, memory_metrics: memory } = message;
  const isOurs = isFields(agent) || isFields(host);
  if (!isOurs && !isFields(cpu) && !isFields(memory)) {
    return reading.refuseForm(
      "has neither agent and host, nor cpu_metrics and memory_metrics",
      message,
      sender.propletId,
    );
  }
  // A heap that has something free is that of a chip, whose clock begins at boot.
  const isEmbedded = !isOurs && isFields(memory) && "heap_free_bytes" in memory;
  const when = reading.timeOf(timeOf(message, null, isEmbedded), sender);
  if (when === null) return;
  const figures = noFigures();
  const take = (from: Fields, names: Names) => {
    for (const [name, column] of names) figures[COLUMN_AT.get(column)!] = amountOf(from[name]);
  };
  if (isFields(host)) take(host, HOST);
  if (isFields(agent)) {
    take(agent, AGENT);
    if (Array.isArray(agent.exporters)) takeExporters(agent.exporters, figures);
  }
  if (!isOurs && isFields(cpu)) take(cpu, [["percent", "cpu_percent"]]);
  if (!isOurs && isFields(memory)) take(memory, isEmbedded ? CHIP : WORKER);
  const uptime = isFields(agent) ? amountOf(agent.uptime_seconds) : NaN;
  reading.arrivals.push(
    {
      kind: "host",
      sender,
      time: when.time,
      isApproximate: when.isApproximate,
      figures,
      agent: {
        version: isFields(agent) ? textOf(agent.version) : null,
        uptimeSeconds: Number.isNaN(uptime) ? null : uptime,
        control: isFields(agent) && isFields(agent.control) ? controlOf(agent.control) : null,
      },
    } satisfies HostSample,
  );
}

/** As far as it has the form. */
function controlOf(
  { min_interval_seconds: least, sequence, in_force: inForce, refused }: Fields,
): AgentControl {
  const counts = isFields(refused) ? refused : {};
  return {
    minIntervalSeconds: amountOf(least) || 0,
    sequence: Number.isSafeInteger(sequence) ? sequence as number : null,
    inForce: (Array.isArray(inForce) ? inForce : []).slice(0, MOST_ORDERED_TASKS).filter(isFields).flatMap(
      ({ task_id: taskId, interval_seconds: interval }) =>
        isName(taskId) ? [{ taskId, intervalSeconds: amountOf(interval) || 0 }] : [],
    ),
    refused: Object.fromEntries(ORDER_REFUSALS.flatMap((reason) => {
      const count = amountOf(counts[reason]);
      return count > 0 ? [[reason, count]] : [];
    })),
  };
}

/** A worker node tells the memory of its own process, and what its container has. */
const WORKER: Names = [["rss_bytes", "agent_memory_bytes"]];
/** Of a chip the heap is all the memory that there is. */
const CHIP: Names = [["heap_inuse_bytes", "memory_bytes"], ["heap_sys_bytes", "memory_total_bytes"]];

function takeExporters(exporters: readonly unknown[], figures: Float64Array): void {
  for (const [name, column] of EXPORTERS) {
    const amounts = exporters.slice(0, MOST_EXPORTERS).filter(isFields)
      .map((exporter) => amountOf(exporter[name]))
      .filter((amount) => !Number.isNaN(amount));
    if (amounts.length > 0) figures[COLUMN_AT.get(column)!] = amounts.reduce((sum, amount) => sum + amount);
  }
}
