import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { describe, test } from "node:test";
import fc from "fast-check";
import { METRICS } from "../../../core/measure/metrics.ts";
import { MESSAGE_LIMITS } from "../../../fleet/ingest/limits.ts";
import { readPayload } from "../../../fleet/ingest/read_message.ts";
import { Reading } from "../../../fleet/ingest/reading.ts";
import { taskBytes } from "../../../fleet/ingest/task_bytes.ts";
import { readTopic } from "../../../fleet/ingest/topics.ts";
import { NOW, NOW_TEXT, published, reasons, taskMessage, TASKS } from "../support/ingest.ts";

const place = readTopic(TASKS)!;
/** One message in eight of those of a new shape is learned from; an array may have several. */
const UNTIL_LEARNED = 40;
const encoder = new TextEncoder();

/** How many messages are read from bytes, once that has been tried often enough. */
function readDirectly(text: string, mostBrackets = Infinity): number {
  const bytes = encoder.encode(text);
  let count = 0;
  for (let time = 0; time < UNTIL_LEARNED && count === 0; time++) {
    count = taskBytes.read(
      bytes,
      new Reading(place, published(TASKS, bytes), MESSAGE_LIMITS, 0),
      mostBrackets,
    );
  }
  return count;
}

/** What a body tells; with a space in front of it, it is no longer what JSON.stringify writes. */
const told = (text: string) => {
  const { arrivals, faults, count } = readPayload(
    place,
    published(TASKS, encoder.encode(text)),
    MESSAGE_LIMITS,
  );
  return { arrivals, count, faults: faults.map(({ reason, agent, detail }) => ({ reason, agent, detail })) };
};
/** Where JSON is wrong is said by its place, which the space has moved. */
const withoutPlaces = ({ faults, ...rest }: ReturnType<typeof told>) => ({
  ...rest,
  faults: faults.map((fault) => fault.reason === "json" ? { ...fault, detail: null } : fault),
});

function assertSame(text: string): void {
  assert.deepEqual(withoutPlaces(told(text)), withoutPlaces(told(` ${text}`)));
}

const good = fc.oneof(
  fc.constant(null),
  fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  fc.double({ min: 0, max: 1e300, noNaN: true }),
  fc.integer({ min: 0, max: 1e9 }).map((value) => value / 100),
  fc.constantFrom(0, 1, 12.5, 0.001, 1e21, 5e-324),
);
/** Now and then something that is seldom sent. */
const often = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: rare });
const figure = often(good, fc.constantFrom(-1, -0, -1e-9));
const word = often(fc.constantFrom("web", "task-1", "a b:c/d"), fc.string({ maxLength: 30 }));
const time = often(
  fc.date({ min: new Date(NOW - 1e9), max: new Date(NOW + 4e5), noInvalidDate: true })
    .map((date) => date.toISOString()),
  fc.constantFrom(
    "2026-11-29T12:00:00Z",
    "2026-11-29T13:00:00.5+01:00",
    "2026-13-29T12:00:00.000Z",
    "today",
    "",
  ),
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const known = METRICS.map(({ name }) => name);
const names = often(fc.constantFrom(...known, "uptime_seconds", "process_count"), fc.constant("own_figure"));
const message = fc.record({
  task_id: word,
  proplet_id: word,
  agent_id: maybe(word),
  timestamp: maybe(time),
  metrics: fc.dictionary(names, figure, { maxKeys: 12, noNullPrototype: true })
    .chain((figures) => time.map((timestamp) => ({ ...figures, timestamp }))),
  aggregated: maybe(fc.record({ avg_cpu_usage: figure, sample_count: figure, note: maybe(word) })),
  state: often(fc.constantFrom("running", "ended", "stopped"), fc.constant("gone")),
  process: maybe(fc.oneof(
    fc.record({
      target: word,
      pid: figure,
      name: maybe(word),
      start_time: time,
      restart_count: maybe(figure),
      unit: maybe(word),
      pod_name: maybe(word),
    }),
    // Any of it may be away, all included, and what is not known may be there.
    fc.record({
      target: maybe(word),
      pid: maybe(figure),
      start_time: maybe(time),
      unit: maybe(word),
      own_field: maybe(fc.oneof(word, figure, fc.constant({ target: "web" }))),
    }),
    fc.record({ own_field: word }),
  )),
  accounting: maybe(
    fc.record({ cpu: fc.record({ source: word, quality: fc.constantFrom("exact", "sampled", "") }) }),
  ),
  gpu: often(fc.constant(undefined), fc.constant({ memory_bytes: 5 })),
  something_else: often<unknown>(fc.constantFrom(undefined, { a: [], b: { c: "d" } }), fc.jsonValue()),
});

describe("messages of tasks, read from their bytes", () => {
  test("what agents send is read so, alone and in arrays, with the same outcome", () => {
    const process = { target: "web", pid: 12, name: "nginx", start_time: NOW_TEXT, restart_count: 2 };
    const one = taskMessage({ timestamp: NOW_TEXT, state: "running", process });
    const contained = taskMessage({
      process: { ...process, container_name: "web-1", unit: "web.service" },
      accounting: { cpu: { source: "cgroup", quality: "exact" } },
    });
    for (const body of [one, [one], [one, { ...one, task_id: "db" }, contained], contained]) {
      const text = JSON.stringify(body);
      assert.equal(readDirectly(text), [body].flat().length);
      assertSame(text);
    }
    const [arrival] = told(JSON.stringify(contained)).arrivals;
    assert.equal(arrival.kind, "sample");
    assert.deepEqual(arrival.kind === "sample" && [arrival.facts?.labels, arrival.quality], [
      { container_name: "web-1", unit: "web.service" },
      { cpu: "exact" },
    ]);
  });

  test("every body tells what it tells by JSON.parse, be its shape known or not", () => {
    let direct = 0;
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 3 }), fc.boolean(), (made, isArray) => {
        const text = JSON.stringify(isArray ? made : made[0]);
        if (readDirectly(text) > 0) direct++;
        assertSame(text);
      }),
      { numRuns: 600 },
    );
    assert.ok(direct > 10, `${direct} of 600 were read from bytes`);
  });

  test("so does what differs in a few characters from a shape that is known", () => {
    const usual = JSON.stringify([
      taskMessage({ agent_id: "a1", state: "ended", process: { target: "t", pid: 7, start_time: NOW_TEXT } }),
      taskMessage({
        metrics: { cpu_percent: 0.25, memory_bytes: null, cpu_seconds: 1e-7, timestamp: NOW_TEXT },
      }),
    ]);
    assert.equal(readDirectly(usual), 2);
    const edit = fc.record({
      at: fc.nat({ max: usual.length - 1 }),
      cut: fc.nat({ max: 3 }),
      put: fc.oneof(
        fc.constantFrom(
          "",
          "0",
          "9",
          "-",
          ".",
          "e",
          "e400",
          "null",
          '"',
          ",",
          "{",
          "}",
          "[",
          "]",
          "\\",
          " ",
          "é",
        ),
        fc.constantFrom(
          '"cpu_percent":1,',
          '"task_id":"x",',
          "1.",
          ".5",
          "00",
          "1e5",
          "123456789012345678",
          "\n",
        ),
      ),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 2 }), (edits) => {
        readDirectly(usual);
        let text = usual;
        for (const { at, cut, put } of edits) text = text.slice(0, at) + put + text.slice(at + cut);
        assertSame(text);
      }),
      { numRuns: 4_000 },
    );
  });

  test("what the limits leave out is left to the reader that says so", () => {
    const many = JSON.stringify(Array.from({ length: MESSAGE_LIMITS.batch + 1 }, () => taskMessage()));
    assert.equal(readDirectly(many), 0);
    assert.deepEqual(reasons(readPayload(place, published(TASKS, encoder.encode(many)), MESSAGE_LIMITS)), [
      "batch",
    ]);
    const three = JSON.stringify([taskMessage(), taskMessage(), taskMessage()]);
    assert.deepEqual([readDirectly(three, 7), readDirectly(three, 6)], [3, 0]);
    const long = (bytes: number) =>
      JSON.stringify(taskMessage({ note: "x".repeat(bytes), agent_id: "long" }));
    assert.deepEqual([readDirectly(long(60_000)), readDirectly(long(10))], [1, 1]);
    const longer = JSON.stringify(taskMessage({ notes: ["x".repeat(66_000)] }));
    assert.equal(readDirectly(longer), 0);
    assertSame(longer);
    const ahead = JSON.stringify(taskMessage({ metrics: { timestamp: "2027-11-29T12:00:00.000Z" } }));
    assert.equal(readDirectly(ahead), 0);
  });

  test("in gzip it is the same", () => {
    const text = JSON.stringify([taskMessage(), taskMessage({ task_id: "db" })]);
    const { arrivals } = readPayload(place, published(TASKS, gzipSync(text)), MESSAGE_LIMITS);
    assert.deepEqual(arrivals, told(text).arrivals);
  });
});
