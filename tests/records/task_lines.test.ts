/* Lines of tasks that stand still are put together from pieces: byte for byte what JSON makes of the message. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { TaskMessage } from "../../core/schema/task_message.ts";
import { jsonl } from "../../records/formats/jsonl.ts";
import { TaskLines } from "../../records/formats/task_lines.ts";

const value = fc.oneof(
  fc.constant(null),
  fc.constant(undefined),
  fc.constantFrom(0, 1, 0.25, 1e21, 123_456_789),
);
const hole = fc.constantFrom("@hole:metrics:cpu_percent@", "x", 'quo"te', "\u2028");

/** One that has what it had, mostly, and what is new in every message. */
const messages = fc.array(
  fc.record({
    task_id: fc.constantFrom("one", "two", "@hole:metrics:timestamp@"),
    timestamp: fc.constantFrom("2026-11-30T10:00:00.000Z", "2026-11-30T10:00:01.000Z"),
    cpu_percent: value,
    uptime_seconds: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    memory_bytes: fc.constantFrom(1, 2),
    count: fc.nat(3),
    state: fc.constantFrom("running", "running", "running", "ended"),
    name: hole,
    processes: fc.constantFrom(undefined, undefined, undefined, { count: 1 }),
    hasThreads: fc.boolean(),
  }),
  { maxLength: 40 },
);

test("every line is that of JSON, whatever stands in it and whatever has come before", () => {
  let isPutTogether = false;
  fc.assert(fc.property(messages, (all) => {
    const lines = new TaskLines<{ kind: "process" }>();
    const processes = new Map<string, { name: string }>();
    for (const one of all) {
      const key = `${one.task_id} ${one.name}`;
      if (!processes.has(key)) processes.set(key, { name: one.name });
      const { timestamp, cpu_percent, uptime_seconds, memory_bytes, hasThreads } = one;
      const message = {
        task_id: one.task_id,
        proplet_id: "here",
        timestamp,
        metrics: {
          cpu_percent,
          memory_bytes,
          uptime_seconds,
          ...(hasThreads && { thread_count: 1 }),
          timestamp,
        },
        aggregated: { avg_cpu_usage: cpu_percent, sample_count: one.count },
        state: one.state,
        process: processes.get(key),
        processes: one.processes,
      } as unknown as TaskMessage;
      const pieces = lines.pieces(message);
      isPutTogether ||= pieces.length > 1;
      assert.equal(pieces.join(""), jsonl.format(message));
    }
  }));
  assert.ok(isPutTogether);
});

test("records of another kind are as they are", () => {
  const lines = new TaskLines<{ kind: string }>();
  assert.deepEqual(lines.pieces({ kind: "process" }), ['{"kind":"process"}\n']);
});
