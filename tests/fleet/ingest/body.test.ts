import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { openBody } from "../../../fleet/ingest/body.ts";
import { MESSAGE_LIMITS } from "../../../fleet/ingest/limits.ts";
import { readMessage } from "../../../fleet/ingest/read_message.ts";
import { madeMessage } from "../../../bench/lib/made_message.ts";
import {
  ALIVE,
  anyText,
  HEALTH,
  NOW,
  NOW_TEXT,
  only,
  published,
  read,
  reasons,
  ROOT,
  taskMessage,
  TASKS,
} from "../support/ingest.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const open = (payload: Uint8Array) => openBody(payload, MESSAGE_LIMITS);
const reasonOf = (payload: Uint8Array) => {
  const body = open(payload);
  return "reason" in body ? body.reason : null;
};

describe("payloads", () => {
  const batch = Array.from({ length: 10 }, (_, number) => taskMessage({ task_id: `t${number}` }));

  for (
    const [way, pack] of Object.entries({
      plain: (b: Uint8Array) => b,
      gzip: gzipSync,
      zstd: zstdCompressSync,
    })
  ) {
    test(`one message and an array of them: ${way}`, () => {
      assert.equal(only(read(TASKS, pack(bytes(JSON.stringify(taskMessage())))), "sample").taskId, "web");
      const { arrivals, count, bytes: size } = read(TASKS, pack(bytes(JSON.stringify(batch))));
      assert.deepEqual(
        arrivals.map((arrival) => "taskId" in arrival && arrival.taskId),
        batch.map((_, at) => `t${at}`),
      );
      assert.deepEqual([count, size], [10, JSON.stringify(batch).length]);
    });
  }

  test("no more than a mebibyte as it comes", () => {
    const text = (size: number) => bytes(JSON.stringify("x".repeat(size - 2)));
    assert.equal(reasonOf(text(1024 * 1024)), null);
    const body = open(text(1024 * 1024 + 1));
    assert.deepEqual(body, { reason: "payload_size", detail: "1048577 bytes; 1048576 are taken", bytes: 0 });
  });

  test("bombs are given up at eight mebibytes", () => {
    const size = 64 * 1024 * 1024;
    for (const pack of [gzipSync, zstdCompressSync]) {
      const bomb = pack(Buffer.alloc(size, 0x20));
      assert.ok(bomb.length < 100_000);
      const body = open(bomb);
      assert.ok("reason" in body && body.reason === "body_size", JSON.stringify(body));
      assert.equal(body.bytes, MESSAGE_LIMITS.bodyBytes);
    }
    const fits = gzipSync(bytes(JSON.stringify("x".repeat(MESSAGE_LIMITS.bodyBytes - 2))));
    assert.equal(reasonOf(fits), null);
  });

  test("a zstd frame that asks for a window of memory is refused before", () => {
    const wide = zstdCompressSync(Buffer.alloc(20 * 1024 * 1024), {
      params: { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_compressionLevel]: 19 },
    });
    assert.equal(reasonOf(wide), "compression");
  });

  test("a bomb of many small frames is one, too", () => {
    const part = gzipSync(Buffer.alloc(1024 * 1024, 0x20));
    assert.equal(reasonOf(Buffer.concat(Array.from({ length: 100 }, () => part))), "body_size");
  });

  test("what is broken is told by its kind", () => {
    const packed = gzipSync(bytes(JSON.stringify(batch)));
    assert.equal(reasonOf(packed.subarray(0, -9)), "compression");
    assert.equal(reasonOf(Uint8Array.of(0x1f, 0x8b)), "compression");
    // A frame without its end is as much text as there is of it.
    assert.equal(reasonOf(zstdCompressSync(bytes(JSON.stringify(batch))).subarray(0, 60)), "json");
    assert.equal(reasonOf(Uint8Array.of(0x22, 0xff, 0x22)), "encoding");
    assert.equal(reasonOf(bytes("{")), "json");
    assert.equal(reasonOf(bytes("\0")), "json");
    assert.equal(reasonOf(bytes(JSON.stringify(Array(1_001).fill({})))), "nesting");
    assert.equal(reasonOf(bytes(JSON.stringify(Array(1_001).fill(taskMessage())))), "batch");
    assert.equal(reasonOf(bytes(JSON.stringify(Array(1_000).fill(taskMessage())))), null);
  });

  test("nesting and brackets without end are refused before they are parsed", () => {
    for (const one of ["[", '{"a":', "[[],"]) {
      assert.equal(reasonOf(bytes(one.repeat(100_000))), "nesting", one);
      assert.equal(reasonOf(gzipSync(bytes(one.repeat(1_000_000)))), "nesting", one);
    }
    // No deeper than it has brackets.
    assert.equal(reasonOf(bytes("[".repeat(200) + "]".repeat(200))), null);
  });

  test("what our largest messages have is not a nesting", () => {
    const row = { name: "n", executable: null, cpu_seconds: 1, process_count: 1 };
    const processes = { programs: Array(10).fill(row), dearest: Array(100).fill(row) };
    const message = { ...madeMessage("t", "host-1", { timestamp: NOW_TEXT }), processes };
    assert.equal(reasons(read(TASKS, Array(100).fill(message))).length, 0);
  });
});

describe("whatever comes", () => {
  const topics = fc.constantFrom(
    TASKS,
    HEALTH,
    ALIVE,
    `${TASKS}/host-1`,
    ...["create", "results", "invoke_results", "events"].map((tail) => `${ROOT}/control/proplet/${tail}`),
    `${ROOT}/metrics/proplet`,
    "other",
  );
  /** Nothing throws, and all that comes out is within the bounds. */
  const hold = (topic: string, payload: Uint8Array) => {
    const { arrivals, faults } = readMessage(published(topic, payload));
    for (const arrival of arrivals) {
      assert.ok(arrival.sender.propletId.length > 0);
      assert.ok(
        arrival.time <= NOW + MESSAGE_LIMITS.aheadMs && Number.isInteger(arrival.time),
        `${arrival.time}`,
      );
      if (arrival.kind !== "sample" && arrival.kind !== "host") continue;
      assert.ok(arrival.time >= NOW - MESSAGE_LIMITS.behindMs);
      for (const figure of arrival.figures) {
        assert.ok(Number.isNaN(figure) || (figure >= 0 && figure < Infinity));
      }
      if (arrival.kind === "host") continue;
      for (const [name, value] of arrival.custom ?? []) {
        assert.match(name, /^[a-z_][a-z0-9_]{0,63}$/);
        assert.ok(Number.isFinite(value));
      }
      assert.ok((arrival.custom?.size ?? 0) <= 32);
    }
    return arrivals.length + faults.length;
  };

  test("random bytes, plain and behind the beginnings of packed ones", () => {
    const magic = fc.constantFrom([], [0x1f, 0x8b, 8], [0x28, 0xb5, 0x2f, 0xfd]);
    fc.assert(
      fc.property(topics, magic, fc.uint8Array({ maxLength: 300 }), (topic, start, rest) => {
        const payload = Uint8Array.from([...start, ...rest]);
        if (payload.length > 0) assert.ok(hold(topic, payload) > 0 || topic.endsWith("invoke_results"));
      }),
      { numRuns: 500 },
    );
  });

  const keys = fc.constantFrom(
    ...[
      "task_id",
      "proplet_id",
      "metrics",
      "state",
      "timestamp",
      "process",
      "app",
      "agent",
      "host",
      "status",
    ],
    ...["cpu_metrics", "memory_metrics", "cpu_percent", "memory_bytes", "exporters", "kind", "id", "error"],
    ...[
      "metadata",
      "tags",
      "accounting",
      "__proto__",
      "constructor",
      "secs_since_epoch",
      "start_time",
      "trace",
    ],
  );
  const leaves = fc.oneof(
    fc.constantFrom("host-1", "running", "online", "alive", NOW_TEXT, NOW, -1, 1e308, null, true, ""),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    anyText,
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaves,
      fc.dictionary(keys, tie("tree"), { maxKeys: 8, noNullPrototype: true }),
      fc.array(tie("tree"), { maxLength: 4 }),
    ),
  }));

  test("random JSON of the words that we know", () => {
    fc.assert(fc.property(topics, tree, (topic, value) => void hold(topic, bytes(JSON.stringify(value)))), {
      numRuns: 1_000,
    });
  });

  test("messages with some of their characters changed, cut, packed and broken", () => {
    const texts = [
      JSON.stringify(madeMessage("web", "host-1", { timestamp: NOW_TEXT, app: { app_x: 1 } } as never)),
      JSON.stringify([taskMessage(), taskMessage({ trace: { trace_id: "x" } })]),
    ];
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    const packs = fc.constantFrom((b: Uint8Array) => b, gzipSync, zstdCompressSync);
    fc.assert(
      fc.property(
        topics,
        fc.constantFrom(...texts),
        fc.array(change, { maxLength: 6 }),
        packs,
        fc.boolean(),
        (topic, text, changes, pack, isAfter) => {
          const spoil = (data: Uint8Array) => {
            for (const [at, byte] of changes) data[at % data.length] = byte;
            return data;
          };
          const plain = bytes(text);
          hold(topic, isAfter ? spoil(Uint8Array.from(pack(plain))) : pack(spoil(plain)));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
