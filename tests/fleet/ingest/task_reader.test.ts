import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { METRICS } from "../../../core/measure/metrics.ts";
import type { Unit } from "../../../core/measure/metrics.ts";
import { taskMessageSchema } from "../../../core/schema/task_message.ts";
import { madeMessage } from "../../../bench/lib/made_message.ts";
import { known, NOW, NOW_TEXT, only, read, reasons, ROOT, taskMessage, TASKS } from "../support/ingest.ts";

const metric = (figure: unknown) => taskMessage({ metrics: { cpu_percent: figure, timestamp: NOW_TEXT } });

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const amount = fc.double({ min: 0, max: 1e300, noNaN: true });
const OF_UNIT: Record<Unit, fc.Arbitrary<number>> = {
  count,
  bytes: count,
  seconds: amount,
  percent: amount,
};
const name = fc.stringMatching(/^[ -~é]{1,40}$/);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const time = fc.date({ min: new Date(NOW - 1e9), max: new Date(NOW + 2e5), noInvalidDate: true })
  .map((date) => date.toISOString());
const app = fc.dictionary(
  fc.stringMatching(/^app_[a-z0-9_]{1,20}$/),
  fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
  { maxKeys: 30 },
);
const metrics = fc.record({
  ...Object.fromEntries(METRICS.map(({ name, unit }) => [name, maybe(fc.option(OF_UNIT[unit]))])),
  timestamp: time,
  uptime_seconds: amount,
  process_count: count,
  app: maybe(fc.option(app)),
});
const process = fc.record({
  target: name,
  pid: fc.integer({ min: 1, max: 4_194_304 }),
  name,
  start_time: time,
  restart_count: fc.nat(),
  container_name: maybe(name),
  unit: maybe(name),
});
const account = fc.record({ source: name, quality: fc.constantFrom("exact", "sampled", "unavailable") });
/** What the schema takes, of what it says and beside it. */
const messages = fc.record({
  task_id: name,
  proplet_id: name,
  timestamp: time,
  metrics,
  aggregated: fc.record({ sample_count: count, avg_cpu_usage: maybe(fc.option(amount)) }),
  state: fc.constantFrom("running", "ended", "stopped"),
  process: maybe(process),
  accounting: maybe(fc.record({ cpu: account, memory: account, peak_memory: account, disk: account })),
  something_else: maybe(fc.jsonValue()),
});

describe("messages of tasks", () => {
  test("what the schema takes, the reader takes, with the same figures", () => {
    fc.assert(
      fc.property(messages, (made) => {
        const sent = JSON.parse(JSON.stringify(made));
        const message = taskMessageSchema.parse(sent);
        const sample = only(read(TASKS, sent), "sample");
        const { timestamp, app, ...figures } = message.metrics;
        const wanted = Object.entries({ ...figures, restart_count: message.process?.restart_count })
          .filter(([, value]) => value !== null && value !== undefined);
        // Zero has one sign only.
        const plain = wanted.map(([key, value]) => [key, (value as number) + 0]);
        assert.deepEqual(known(sample.figures), Object.fromEntries(plain));
        const told = Object.entries(app ?? {}).filter(([, value]) => value !== null);
        assert.deepEqual(
          Object.fromEntries(sample.custom ?? []),
          Object.fromEntries(told.map(([key, value]) => [key, value! + 0])),
        );
        assert.equal(sample.time, Date.parse(timestamp));
        assert.equal(sample.isApproximate, false);
        assert.equal(sample.isEmbedded, false);
        assert.equal(sample.taskId, message.task_id);
        assert.equal(sample.sender.propletId, message.proplet_id);
        assert.equal(sample.state, message.state);
        assert.equal(sample.facts?.pid, message.process?.pid);
        assert.equal(sample.quality?.cpu, message.accounting?.cpu.quality);
      }),
      { numRuns: 300 },
    );
  });

  test("ours is read whole: figures, process, accounting, and where they stand", () => {
    const message = {
      ...madeMessage("web:0", "host-1", { timestamp: NOW_TEXT, gpu_percent: 50, gpu_memory_bytes: 1_024 }),
      process: {
        target: "web",
        pid: 4_711,
        name: "nginx",
        start_time: "2026-11-29T11:00:00.000Z",
        restart_count: 2,
        container_name: "front",
        unit: "nginx.service",
      },
      accounting: { cpu: { source: "cgroup", quality: "exact" } },
      trace: { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7", other: 1 },
      waiting: { io_full_seconds: 1.5, verdict: "waited_for_disk", quota_cores: null },
    };
    const sample = only(read(TASKS, message), "sample");
    assert.deepEqual(sample.sender, { unit: "factory/line-1", propletId: "host-1", agentId: null });
    assert.equal(known(sample.figures).cpu_seconds, 12.345678);
    assert.equal(known(sample.figures).gpu_percent, 50);
    assert.equal(known(sample.figures).gpu_memory_bytes, 1_024);
    assert.equal(known(sample.figures).restart_count, 2);
    assert.ok(!("network_rx_bytes" in known(sample.figures)));
    assert.deepEqual(sample.facts, {
      target: "web",
      name: "nginx",
      pid: 4_711,
      startedAt: NOW - 3_600_000,
      labels: {
        container_name: "front",
        unit: "nginx.service",
        trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
        span_id: "00f067aa0ba902b7",
      },
    });
    assert.deepEqual(sample.quality, { cpu: "exact" });
    assert.deepEqual([...sample.custom!], [["waiting_io_full_seconds", 1.5]]);
  });

  test("both topic styles, and the agent's own", () => {
    for (const topic of [TASKS, `${ROOT}/metrics/proplet`, `${TASKS}/host-1`]) {
      assert.equal(only(read(topic, taskMessage()), "sample").taskId, "web");
    }
  });

  test("where the topic names the agent, no other may be named", () => {
    const forged = read(`${TASKS}/host-2`, taskMessage());
    assert.deepEqual(reasons(forged), ["forgery"]);
    assert.equal(forged.faults[0].agent, "host-2");
    assert.deepEqual(forged.arrivals, []);
    // The level is made of the name: what a topic may not have is replaced in it.
    assert.deepEqual(reasons(read(`${TASKS}/a_b`, taskMessage({ proplet_id: "a/b" }))), []);
    const batch = read(`${TASKS}/host-1`, [
      taskMessage(),
      taskMessage({ proplet_id: "host-2" }),
      taskMessage(),
    ]);
    assert.deepEqual([batch.arrivals.length, ...reasons(batch)], [2, "forgery"]);
  });

  test("numbers are finite and not negative, and nothing else stands in their place", () => {
    for (const figure of [-1, -0.001, "1", true, [], {}]) {
      const { faults, arrivals } = read(TASKS, metric(figure));
      assert.deepEqual(faults.map(({ reason, detail }) => [reason, detail]), [
        ["schema", "metrics.cpu_percent: is not a number of at least 0"],
      ]);
      assert.deepEqual(arrivals, []);
    }
    const infinite = JSON.stringify(metric(0)).replace('"cpu_percent":0', '"cpu_percent":1e999');
    assert.deepEqual(reasons(read(TASKS, new TextEncoder().encode(infinite))), ["schema"]);
    assert.deepEqual(reasons(read(TASKS, taskMessage({ metrics: { cpu_usage_percent: -1 } }))), ["schema"]);
    const zero = only(
      read(
        TASKS,
        new TextEncoder().encode(
          JSON.stringify(metric(0)).replace('"cpu_percent":0', '"cpu_percent":-0'),
        ),
      ),
      "sample",
    );
    assert.ok(Object.is(known(zero.figures).cpu_percent, 0));
  });

  test("names are 256 bytes of clean text at most", () => {
    const wrong = [
      "",
      "a".repeat(257),
      "é".repeat(129),
      "a\u0000",
      "a\u001b[2J",
      "\ud800",
      1,
      null,
      undefined,
      {},
    ];
    for (const id of wrong) {
      assert.deepEqual(reasons(read(TASKS, taskMessage({ task_id: id }))), ["schema"], JSON.stringify(id));
      assert.deepEqual(reasons(read(TASKS, taskMessage({ proplet_id: id }))), ["schema"], JSON.stringify(id));
    }
    for (const id of ["é".repeat(128), "a".repeat(256), "__proto__", "constructor", "任务"]) {
      assert.equal(only(read(TASKS, taskMessage({ task_id: id })), "sample").taskId, id);
    }
  });

  test("texts that only describe are cut and made printable", () => {
    const process = {
      target: "x".repeat(1_000),
      name: "a\u001b[2Jb\u202e",
      pid: -1,
      start_time: "yesterday",
    };
    const { facts } = only(read(TASKS, taskMessage({ process })), "sample");
    assert.equal(facts?.target, `${"x".repeat(253)}…`);
    assert.equal(facts?.name, "a\\x1b[2Jb\\u202e");
    assert.deepEqual([facts?.pid, facts?.startedAt], [null, null]);
  });

  test("prototypes are no figures, and none is touched", () => {
    const text = JSON.stringify(taskMessage()).replace(
      '"metrics":{',
      '"__proto__":{"state":"ended"},"metrics":{"__proto__":{"cpu_seconds":7},"constructor":5,"toString":{},',
    );
    const sample = only(read(TASKS, new TextEncoder().encode(text)), "sample");
    assert.equal(sample.state, "running");
    assert.ok(!("cpu_seconds" in known(sample.figures)));
    assert.deepEqual([...sample.custom!], [["constructor", 5]]);
    assert.equal(({} as Record<string, unknown>).cpu_seconds, undefined);
    const number = JSON.stringify(taskMessage()).replace('"metrics":{', '"metrics":{"__proto__":1,');
    assert.deepEqual(reasons(read(TASKS, new TextEncoder().encode(number))), ["custom_names"]);
  });

  test("32 custom figures of a task, and no more", () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, number) => [`own_${number}`, number]));
    const { arrivals, faults } = read(TASKS, taskMessage({ metrics: { ...many, timestamp: NOW_TEXT } }));
    const [sample] = arrivals;
    assert.equal(sample.kind === "sample" && sample.custom?.size, 32);
    assert.deepEqual(faults.map(({ reason, detail, isPartial }) => [reason, detail, isPartial]), [
      ["custom_names", "8 of task web, first own_32", true],
    ]);
  });

  test("custom figures have names of a form; texts and others are none", () => {
    const own = {
      "Temp": 1,
      "a-b": 2,
      "1a": 3,
      ["x".repeat(65)]: 4,
      good: -5.5,
      text: "x",
      list: [1],
      _a: 6,
    };
    const { arrivals, faults } = read(TASKS, taskMessage({ metrics: own }));
    assert.deepEqual(arrivals[0].kind === "sample" && [...arrivals[0].custom!], [["good", -5.5], ["_a", 6]]);
    assert.match(faults[0].detail!, /^4 of task web, first Temp$/);
  });

  test("one wrong message of an array leaves its neighbours", () => {
    const wrong = [taskMessage(), 1, null, [], taskMessage({ metrics: null }), taskMessage({ state: "odd" })];
    const { arrivals, faults, count } = read(TASKS, [...wrong, taskMessage({ state: "ended" })]);
    assert.equal(arrivals.length, 2);
    assert.deepEqual(faults.map(({ detail }) => detail), [
      "is not an object",
      "is not an object",
      "is not an object",
      "metrics: is not an object",
      "state: is none",
    ]);
    assert.equal(count, 7);
  });
});

describe("the time of a sample", () => {
  const at = (message: Record<string, unknown>) => {
    const { time, isApproximate } = only(read(TASKS, message), "sample");
    return isApproximate ? "approximate" : time - NOW;
  };
  const seconds = Math.floor(NOW / 1_000);

  test("is that of metrics, then the message's, in many forms, then that of arrival", () => {
    const outer = (timestamp: unknown) =>
      taskMessage({ timestamp, metrics: { cpu_percent: 1, process_count: 1 } });
    assert.equal(at(taskMessage({ timestamp: "2026-11-29T11:00:00Z" })), 0);
    assert.equal(at(outer("2026-11-29T12:00:01Z")), 1_000);
    assert.equal(at(outer("2026-11-29T13:00:01+01:00")), 1_000);
    assert.equal(at(outer({ secs_since_epoch: seconds, nanos_since_epoch: 250_000_000 })), 250);
    assert.equal(at(outer(NOW + 5)), 5);
    assert.equal(at(outer(seconds + 0.5)), 500);
    for (const none of [86_400_000, 0, -1, null, "yesterday", {}, [], { secs_since_epoch: "1" }, 1e300]) {
      assert.equal(at(outer(none)), "approximate", JSON.stringify(none));
    }
    assert.equal(at(taskMessage({ metrics: { timestamp: "?" }, timestamp: NOW_TEXT })), 0);
  });

  test("is at most five minutes ahead, and no older than what is kept", () => {
    const of = (ms: number) => taskMessage({ metrics: { timestamp: new Date(NOW + ms).toISOString() } });
    const DAY = 86_400_000;
    assert.equal(at(of(300_000)), 300_000);
    assert.equal(at(of(-14 * DAY)), -14 * DAY);
    const ahead = read(TASKS, of(300_001));
    assert.deepEqual([...reasons(ahead), ahead.faults[0].detail], ["future", "300 s ahead"]);
    assert.deepEqual(reasons(read(TASKS, of(-14 * DAY - 1))), ["past"]);
    assert.deepEqual(reasons(read(TASKS, taskMessage({ metrics: { timestamp: "0001-01-01T00:00:00Z" } }))), [
      "past",
    ]);
  });
});
