/**
 * Publishes through the exporter as fast as it goes: for each line with a number of messages (and of milliseconds
 * between them) on stdin, hands over so many, waits until all are delivered, and prints what that took as JSON.
 * Arguments: the port, then settings as JSON.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { openExporters } from "../exporters/open.ts";
import { madeMessage } from "./lib/made_message.ts";

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

const message = () =>
  madeMessage("550e8400-e29b-41d4-a716-446655440001", "bench", { timestamp: new Date().toISOString() });

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
