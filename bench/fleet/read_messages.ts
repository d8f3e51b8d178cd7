/**
 * What it costs to take in messages of tasks.
 *
 * usage: read_messages.ts WAY; for each line with a number on stdin, prints the nanoseconds of CPU that so many
 * payloads took. WAY is one of the keys of `ways`.
 */
import process from "node:process";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { taskMessageSchema } from "../../core/schema/task_message.ts";
import type { TaskMessage } from "../../core/schema/task_message.ts";
import { Intake } from "../../fleet/ingest/intake.ts";
import { readMessage } from "../../fleet/ingest/read_message.ts";
import { answerBatches, cpuMs } from "../lib/batches.ts";
import { madeMessage } from "../lib/made_message.ts";

const [way] = process.argv.slice(2);
const TOPIC = "m/factory/c/line-1/control/proplet/task_metrics";
const NOW = Date.UTC(2026, 0, 15, 10, 30);
/** Payloads of different agents: what is read again and again would be in caches that nobody has. */
const PAYLOADS = 500;

/** Messages of tasks as `proctor watch` sends them, none like its neighbour's. */
function messagesOf(agent: number, count: number): TaskMessage[] {
  return Array.from({ length: count }, (_, task) => {
    const odd = (agent * 7_919 + task * 104_729) % 100_000;
    return {
      ...madeMessage(`web-${task}:${odd}`, `host-${agent}`, {
        cpu_percent: odd / 1_000,
        memory_bytes: 67_108_864 + 4_096 * odd,
        disk_read_bytes: 1_024 * odd,
        cpu_seconds: odd * 1.234567,
        timestamp: new Date(NOW + odd).toISOString(),
      }),
      process: {
        target: `web-${task}`,
        pid: 1_000 + odd,
        name: "nginx",
        start_time: "2026-01-15T09:30:00.000Z",
        restart_count: 0,
      },
    };
  });
}

/** @param count messages of an array; 0: one that is in none */
function payloadsOf(count: number, pack: (json: string) => Uint8Array): Uint8Array[] {
  return Array.from({ length: PAYLOADS }, (_, agent) => {
    const messages = messagesOf(agent, Math.max(1, count));
    return pack(JSON.stringify(count === 0 ? messages[0] : messages));
  });
}

const plain = (json: string): Uint8Array => Buffer.from(json);
const read = (payload: Uint8Array) =>
  readMessage({ topic: TOPIC, payload, receivedAt: NOW, isRetained: false }).arrivals;
const intake = new Intake();
const take = (payload: Uint8Array) =>
  intake.take({ topic: TOPIC, payload, receivedAt: NOW, isRetained: false });
const parse = (payload: Uint8Array) => JSON.parse(Buffer.from(payload).toString());
const unpackAndParse = (payload: Uint8Array) => JSON.parse(gunzipSync(payload).toString());

interface Way {
  payloads(): Uint8Array[];
  take(payload: Uint8Array): unknown;
}

const ways: Record<string, Way> = {
  single: { payloads: () => payloadsOf(0, plain), take: read },
  single_parse: { payloads: () => payloadsOf(0, plain), take: parse },
  single_schema: {
    payloads: () => payloadsOf(0, plain),
    take: (payload) => taskMessageSchema.parse(parse(payload)),
  },
  single_gzip: { payloads: () => payloadsOf(0, gzipSync), take: read },
  array: { payloads: () => payloadsOf(10, plain), take: read },
  array_gzip: { payloads: () => payloadsOf(10, gzipSync), take: read },
  array_gzip_parse: { payloads: () => payloadsOf(10, gzipSync), take: unpackAndParse },
  array_gzip_schema: {
    payloads: () => payloadsOf(10, gzipSync),
    take: (payload) => (unpackAndParse(payload) as unknown[]).map((one) => taskMessageSchema.parse(one)),
  },
  array_gzip_admitted: { payloads: () => payloadsOf(10, gzipSync), take },
  array_zstd: { payloads: () => payloadsOf(10, zstdCompressSync), take: read },
};

const { payloads, take: takeOne } = ways[way];
const all = payloads();
let number = 0;
answerBatches((count) => {
  for (let at = 0; at < count; at++) takeOne(all[number++ % PAYLOADS]);
}, cpuMs);
