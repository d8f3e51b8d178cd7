/**
 * What a message costs with an exporter.
 *
 * usage: feed_exporter.ts WAY [URL]; for each line with a number on stdin, prints the nanoseconds that so many
 * messages (or scrapes) took. WAY is one of the keys of `ways`; URL is that of a collector.
 */
import process from "node:process";
import { Gauge, Registry } from "prom-client";
import type { TaskMessage } from "../core/schema/task_message.ts";
import { Board } from "../exporters/prometheus/board.ts";
import { Exposition } from "../exporters/prometheus/exposition.ts";
import { openExporters } from "../exporters/open.ts";
import { answerBatches } from "./lib/batches.ts";
import { madeMessage } from "./lib/made_message.ts";

const TASKS = 500;
const [way, url] = process.argv.slice(2);

/** A message of every task, none like its neighbour's. */
const messages = Array.from({ length: TASKS }, (_, number) =>
  madeMessage(`task-${number}`, "node-7", {
    cpu_percent: 42.5 + number / 100,
    memory_bytes: 67_108_864 + 4_096 * number,
    disk_read_bytes: 1_048_576 * number,
    disk_write_bytes: 524_288 * number,
    network_rx_bytes: 4_096 * number,
    network_tx_bytes: 8_192 * number,
    cpu_seconds: 51.234567 + number,
  }));

/** Hand over so many messages, of one task after the other. */
function feed(count: number, take: (message: TaskMessage) => unknown): void {
  for (let number = 0; number < count; number++) take(messages[number % TASKS]);
}

function fullBoard(): Board {
  const board = new Board({ agent: "node-7" });
  feed(TASKS, (message) => board.message(message));
  return board;
}

/** How prom-client is used where nothing else is: a gauge for each metric, set with every message. */
function byHand() {
  const registry = new Registry();
  const names = Object.keys(messages[0].metrics).filter((name) => name !== "timestamp");
  const gauges = names.map((name) => {
    const gauge = new Gauge({ name, help: name, labelNames: ["task", "agent"], registers: [registry] });
    return { name: name as "cpu_percent", gauge };
  });
  const take = ({ task_id: task, proplet_id: agent, metrics }: TaskMessage) => {
    for (const { name, gauge } of gauges) gauge.set({ task, agent }, metrics[name]!);
  };
  feed(TASKS, take);
  return { registry, take };
}

/** To the last byte: opened, fed and closed. */
async function delivered(count: number, protocol: "http/protobuf" | "http/json"): Promise<void> {
  const exporters = await openExporters({ otlp: url, otlp_protocol: protocol }, { variables: {} });
  feed(count, exporters.message);
  await exporters.close(60_000);
  const [{ sent_count }] = exporters.reports;
  if (sent_count !== count) throw new Error(`${sent_count} of ${count} messages were taken`);
}

/** Render so many times. */
async function rendered(count: number, render: () => Promise<string>): Promise<void> {
  for (let left = count; left > 0; left--) await render();
}

const ways: Record<string, () => (count: number) => void | Promise<void>> = {
  json: () => (count) => feed(count, (message) => JSON.stringify(message)),
  prometheus: () => {
    const board = fullBoard();
    return (count) => feed(count, (message) => board.message(message));
  },
  prometheus_by_hand: () => {
    const { take } = byHand();
    return (count) => feed(count, take);
  },
  scrape_text: () => {
    const exposition = new Exposition(fullBoard());
    return (count) => rendered(count, () => exposition.write("text"));
  },
  scrape_openmetrics: () => {
    const exposition = new Exposition(fullBoard());
    return (count) => rendered(count, () => exposition.write("openmetrics"));
  },
  scrape_by_hand: () => {
    const { registry } = byHand();
    return (count) => rendered(count, () => registry.metrics());
  },
  otlp_protobuf: () => (count) => delivered(count, "http/protobuf"),
  otlp_json: () => (count) => delivered(count, "http/json"),
};

await answerBatches(ways[way]());
