import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { MOVING_IN_MESSAGES, MOVING_IN_SAMPLES, MovingLine } from "../../../core/measure/moving_line.ts";
import { seconds, timestamp } from "../../../core/measure/numbers.ts";
import { jsonl } from "../../../records/formats/jsonl.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const value = fc.oneof(
  fc.constant(null),
  fc.nat(),
  fc.double({ min: 0, max: 1e9, noNaN: true }).map((x) => seconds(x)),
);
const moment = fc.integer({ min: 0, max: 4e12 }).map(timestamp);
/** Names and texts as users give them: quotes, controls, what steers a terminal, halves of characters. */
const foreign = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom('a"b\\c', "\u202e\u001b[31m", "\ud800", "ü€😀", "timestamp", "metrics.timestamp"),
);

describe("lines of what stands still", () => {
  test("are byte for byte what the messages would be written as", () => {
    const moved = fc.record({
      timestamp: moment,
      uptime_seconds: value,
      avg_cpu_usage: value,
      avg_memory_usage: value,
      sample_count: fc.nat(),
    });
    const fixed = fc.record({ id: foreign, target: foreign, memory: value, disk: value });
    fc.assert(
      fc.property(
        fixed,
        fc.array(moved, { minLength: 1, maxLength: 8 }),
        ({ id, target, memory, disk }, all) => {
          const message = (now: typeof all[number]) => ({
            task_id: id,
            proplet_id: "here",
            timestamp: now.timestamp,
            metrics: {
              cpu_percent: 0,
              memory_bytes: memory,
              uptime_seconds: now.uptime_seconds,
              disk_read_bytes: disk,
              timestamp: now.timestamp,
              app: undefined,
            },
            aggregated: {
              avg_cpu_usage: now.avg_cpu_usage,
              max_cpu_usage: 12.5,
              avg_memory_usage: now.avg_memory_usage,
              sample_count: now.sample_count,
            },
            state: "running",
            process: { target, pid: 7, name: id, start_time: timestamp(0) },
            nothing: {},
          });
          const line = new MovingLine(message(all[0]), MOVING_IN_MESSAGES);
          for (const now of [...all, ...all.toReversed()]) {
            assert.equal(text(line.at(now)), jsonl.format(message(now)));
            assert.equal(text(line.last), jsonl.format(message(now)));
          }
        },
      ),
    );
  });

  test("are what samples would be written as, which may lack what moves", () => {
    const moved = fc.record({
      timestamp: moment,
      elapsed_seconds: value,
      interval_seconds: value,
      uptime_seconds: value,
    });
    fc.assert(fc.property(fc.array(moved, { minLength: 1, maxLength: 8 }), fc.boolean(), (all, isWhole) => {
      const sample = (now: typeof all[number]) => ({
        kind: "sample",
        ...(isWhole && { timestamp: now.timestamp, elapsed_seconds: now.elapsed_seconds }),
        interval_seconds: now.interval_seconds,
        uptime_seconds: now.uptime_seconds,
        process_count: 3,
      });
      const line = new MovingLine(sample(all[0]), MOVING_IN_SAMPLES);
      for (const now of all) assert.equal(text(line.at(now)), jsonl.format(sample(now)));
    }));
  });
});
