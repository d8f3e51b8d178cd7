/**
 * Publishes through the exporter as fast as it goes: for each line with a number of messages (and of milliseconds
 * between them) on stdin, hands over so many, waits until all are delivered, and prints what that took as JSON.
 * Arguments: the port, then settings as JSON.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { TaskMessage } from "../core/task_message.ts";
import { openExporters } from "../exporters/open.ts";

const [port, settings] = process.argv.slice(2);
const exporters = await openExporters({
  mqtt: `mqtt://127.0.0.1:${port}`,
  domain: "bench",
  channel: "bench",
  proplet_id: "bench",
  mqtt_queue: 1_000_000,
  mqtt_queue_size: "4G",
  ...JSON.parse(settings),
});

/** With everything that the profile `standard` has; as large as those of a real run. */
const message = (): TaskMessage => ({
  task_id: "550e8400-e29b-41d4-a716-446655440001",
  proplet_id: "bench",
  metrics: {
    cpu_percent: 42.5,
    memory_bytes: 67_108_864,
    memory_percent: 1.5,
    disk_read_bytes: 1_048_576,
    disk_write_bytes: 524_288,
    network_rx_bytes: null,
    network_tx_bytes: null,
    uptime_seconds: 120.123456,
    thread_count: 4,
    file_descriptor_count: 12,
    timestamp: new Date().toISOString(),
    process_count: 1,
    cpu_seconds: 12.345678,
    io_read_bytes: 123_456,
    io_write_bytes: 234_567,
    minor_faults: 3_456,
    major_faults: 1,
    voluntary_context_switches: 234,
    involuntary_context_switches: 23,
  },
  aggregated: {
    avg_cpu_usage: 38.2,
    max_cpu_usage: 65,
    avg_memory_usage: 62_914_560,
    max_memory_usage: 71_303_168,
    total_disk_read: 2_097_152,
    total_disk_write: 1_048_576,
    total_network_rx: null,
    total_network_tx: null,
    sample_count: 24,
  },
  state: "running",
});

async function publish(count: number, pauseMs: number) {
  const messages = Array.from({ length: count }, message);
  const before = exporters.reports[0].sent_count;
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (const one of messages) {
    exporters.message(one);
    if (pauseMs > 0) await sleep(pauseMs);
  }
  const handed = performance.now();
  while (exporters.reports[0].sent_count < before + count) await sleep(1);
  const { user, system } = process.cpuUsage(cpu);
  return {
    seconds: (performance.now() - start) / 1_000,
    cpu_seconds: (user + system) / 1e6,
    hand_seconds: (handed - start) / 1_000,
  };
}

exporters.message(message());
while (exporters.reports[0].sent_count < 1) await sleep(1);
console.log(JSON.stringify(message()));
for await (const line of createInterface({ input: process.stdin })) {
  const [count, pauseMs = 0] = line.split(" ").map(Number);
  console.log(JSON.stringify(await publish(count, pauseMs)));
}
await exporters.close(5_000);
