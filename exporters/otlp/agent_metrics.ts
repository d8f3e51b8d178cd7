import type { HealthMessage } from "../../core/schema/health_message.ts";
import type { ExporterReport } from "../../core/schema/record.ts";
import type { Instrument, Measured, Point } from "./instruments.ts";

type Count = "sent_count" | "dropped_count" | "failed_count" | "queued_count";

/** How we are ourselves, and the machine. */
export function agentMeasurements({ agent, host }: HealthMessage): Measured[] {
  const exporters = (name: string, kind: Instrument["kind"], description: string, count: Count): Measured => [
    { name: `proctor.exporter.${name}`, unit: "{message}", kind, type: "int", description },
    agent.exporters.map((report): Point => [report[count], exporterAttributes(report)]),
  ];
  const one = (
    name: string,
    unit: string,
    kind: Instrument["kind"],
    type: Instrument["type"],
    description: string,
    value: number | null,
  ): Measured => [{ name, unit, kind, type, description }, [[value]]];
  const load = (minutes: "1m" | "5m" | "15m") =>
    one(`proctor.host.load.${minutes}`, "1", "gauge", "double", "Load average.", host[`load_${minutes}`]);
  const { memory_total_bytes: total, memory_used_bytes: used, cpu_percent: percent } = host;
  return [
    one("process.cpu.time", "s", "counter", "double", "Total CPU time.", agent.cpu_seconds),
    one(
      "process.memory.usage",
      "By",
      "up_down_counter",
      "int",
      "Physical memory in use.",
      agent.memory_bytes,
    ),
    one(
      "process.uptime",
      "s",
      "gauge",
      "double",
      "The time the process has been running.",
      agent.uptime_seconds,
    ),
    one(
      "proctor.task.count",
      "{task}",
      "up_down_counter",
      "int",
      "Tasks that are being watched.",
      agent.task_count,
    ),
    exporters("sent", "counter", "Messages delivered.", "sent_count"),
    exporters(
      "dropped",
      "counter",
      "Messages dropped because a queue was full or time ran out.",
      "dropped_count",
    ),
    exporters("failed", "counter", "Attempts to deliver that failed.", "failed_count"),
    exporters("queued", "up_down_counter", "Messages that wait.", "queued_count"),
    one(
      "proctor.host.cpu.utilization",
      "1",
      "gauge",
      "double",
      "CPU of the machine; 1 is all cores busy.",
      percent === null ? null : percent / 100,
    ),
    one("system.memory.limit", "By", "up_down_counter", "int", "Memory of the machine.", total),
    [
      {
        name: "system.memory.usage",
        unit: "By",
        kind: "up_down_counter",
        type: "int",
        description: "Memory of the machine by state.",
      },
      [
        [used, { "system.memory.state": "used" }],
        [total === null || used === null ? null : total - used, { "system.memory.state": "available" }],
      ],
    ],
    one(
      "system.uptime",
      "s",
      "gauge",
      "double",
      "The time the machine has been running.",
      host.uptime_seconds,
    ),
    load("1m"),
    load("5m"),
    load("15m"),
  ];
}

function exporterAttributes({ exporter, destination }: ExporterReport): Record<string, string> {
  return { "proctor.exporter": exporter, "proctor.destination": destination };
}
