import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { describe, test } from "node:test";
import fc from "fast-check";
import { healthBytes } from "../../../fleet/ingest/health_bytes.ts";
import { MESSAGE_LIMITS } from "../../../fleet/ingest/limits.ts";
import { readPayload } from "../../../fleet/ingest/read_message.ts";
import { Reading } from "../../../fleet/ingest/reading.ts";
import { readTopic } from "../../../fleet/ingest/topics.ts";
import { COLUMN_AT } from "../../../fleet/model/column.ts";
import { HEALTH, NOW_TEXT, only, published, read } from "../support/ingest.ts";

const place = readTopic(HEALTH)!;
/** One message in eight of those of a new shape is learned from. */
const UNTIL_LEARNED = 40;
const bytes = (text: string) => new TextEncoder().encode(text);

const exporter = (queued: unknown, dropped: unknown) => ({
  exporter: "mqtt",
  destination: "mqtts://broker",
  sent_count: 12,
  queued_count: queued,
  dropped_count: dropped,
});
const HEALTHY = {
  proplet_id: "host-1",
  agent_id: "a1",
  timestamp: NOW_TEXT,
  agent: {
    version: "1.2.3",
    pid: 7,
    uptime_seconds: 12.5,
    cpu_percent: 0.25,
    memory_bytes: 38_000_000,
    task_count: 10,
    exporters: [exporter(3, 0), exporter(4, 1)],
  },
  host: {
    uptime_seconds: 90_000,
    cpu_percent: 12.25,
    memory_total_bytes: 2 ** 34,
    memory_used_bytes: 2 ** 33,
  },
};

/** How many messages are read from bytes, once that has been tried often enough. */
function readDirectly(text: string): number {
  let count = 0;
  for (let time = 0; time < UNTIL_LEARNED && count === 0; time++) {
    const reading = new Reading(place, published(HEALTH, bytes(text)), MESSAGE_LIMITS, 0);
    count = healthBytes.read(bytes(text), reading, Infinity);
  }
  return count;
}

/** What a body tells; with a space in front of it, it is no longer what JSON.stringify writes. */
function told(text: string) {
  const { arrivals, faults, count } = readPayload(place, published(HEALTH, bytes(text)), MESSAGE_LIMITS);
  // Where JSON is wrong is said by its place, which a space moves.
  return { arrivals, count, faults: faults.map(({ reason, agent }) => ({ reason, agent })) };
}

describe("messages of agents on themselves and their hosts, read from their bytes", () => {
  test("what agents send is read so, alone, in arrays and packed, with the same outcome", () => {
    const { agent, host, ...names } = HEALTHY;
    const { exporters: _, ...alone } = agent;
    const bodies = [HEALTHY, [HEALTHY], { ...names, host }, { ...names, agent: { ...alone, exporters: [] } }];
    for (const body of bodies) {
      const text = JSON.stringify(body);
      assert.equal(readDirectly(text), 1);
      assert.deepEqual(told(text), told(` ${text}`));
      assert.deepEqual(only(read(HEALTH, gzipSync(text)), "host"), only(read(HEALTH, body), "host"));
    }
    const sample = only(read(HEALTH, HEALTHY), "host");
    const figure = (name: string) => sample.figures[COLUMN_AT.get(name)!];
    assert.deepEqual(
      ["agent_queued_count", "agent_dropped_count", "cpu_percent", "agent_cpu_percent", "memory_bytes"].map(
        figure,
      ),
      [7, 1, 12.25, 0.25, 2 ** 33],
    );
    assert.deepEqual(sample.agent, { version: "1.2.3", uptimeSeconds: 12.5, control: null });
  });

  test("what a shape does not know is left to the reader of objects", () => {
    const { agent } = HEALTHY;
    const control = { min_interval_seconds: 1, sequence: 4, in_force: [], refused: {} };
    const cpu = { ...HEALTHY, cpu_metrics: { percent: 5 } };
    const many = { ...agent, exporters: Array.from({ length: 17 }, () => exporter(1, 0)) };
    const neither = { proplet_id: "host-1", timestamp: NOW_TEXT };
    for (
      const body of [{ ...HEALTHY, agent: { ...agent, control } }, cpu, { ...HEALTHY, agent: many }, neither]
    ) {
      const text = JSON.stringify(body);
      assert.equal(readDirectly(text), 0);
      assert.deepEqual(told(text), told(` ${text}`));
    }
  });

  test("every body tells what it tells by JSON.parse, be its shape known or not", () => {
    const amount = fc.oneof(
      { weight: 6, arbitrary: fc.double({ min: 0, max: 1e12, noNaN: true }) },
      { weight: 1, arbitrary: fc.constantFrom<unknown>(null, -1, "7", [1], {}, 0, 1e300) },
    );
    const word = fc.constantFrom("a", "1.2.3", "", "x".repeat(257), "é", 'quo"te');
    const some = <T>(from: Record<string, fc.Arbitrary<T>>) => fc.record(from, { requiredKeys: [] });
    const message = fc.record({
      proplet_id: fc.oneof({ weight: 5, arbitrary: fc.constant("host-1") }, { weight: 1, arbitrary: word }),
      agent_id: word,
      timestamp: fc.constantFrom<unknown>(
        NOW_TEXT,
        NOW_TEXT,
        NOW_TEXT,
        "2999-01-01T00:00:00.000Z",
        12,
        "soon",
      ),
      agent: some<unknown>({
        version: word,
        uptime_seconds: amount,
        memory_bytes: amount,
        exporters: fc.array(some<unknown>({ queued_count: amount, dropped_count: amount }), { maxLength: 3 }),
        other: amount,
      }),
      host: some<unknown>({
        cpu_percent: amount,
        load_1m: amount,
        disk_used_bytes: amount,
        inner: some({ a: amount }),
      }),
    }, { requiredKeys: ["proplet_id", "timestamp"] });
    let direct = 0;
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 2 }), fc.boolean(), (made, isArray) => {
        const text = JSON.stringify(isArray ? made : made[0]);
        if (readDirectly(text) > 0) direct++;
        assert.deepEqual(told(text), told(` ${text}`));
      }),
      { numRuns: 500 },
    );
    assert.ok(direct > 10, `${direct} of 500 were read from bytes`);
  });
});
