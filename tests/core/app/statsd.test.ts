import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { AppMetrics, MOST_NAMES } from "../../../core/app/app_metrics.ts";
import { NamePatterns, patternFault, safeName } from "../../../core/app/names.ts";
import { parseStatsd } from "../../../core/app/statsd.ts";

const COMMON = { weight: 1, tags: "" };

describe("a line of StatsD", () => {
  test("of each kind", () => {
    assert.deepEqual(parseStatsd("a.b:3|c"), { ...COMMON, name: "a.b", kind: "counter", values: [3] });
    assert.deepEqual(parseStatsd("q:7|g"), {
      ...COMMON,
      name: "q",
      kind: "gauge",
      values: [7],
      isRelative: false,
    });
    assert.deepEqual(parseStatsd("q:-2|g"), {
      ...COMMON,
      name: "q",
      kind: "gauge",
      values: [-2],
      isRelative: true,
    });
    assert.deepEqual(parseStatsd("t:1.5|ms|@0.25"), {
      name: "t",
      kind: "timer",
      values: [1.5],
      weight: 4,
      tags: "",
    });
    assert.deepEqual(parseStatsd("h:1e3|h|#b:2,a:1"), {
      name: "h",
      kind: "distribution",
      values: [1000],
      weight: 1,
      tags: "a:1,b:2",
    });
    assert.deepEqual(parseStatsd("d:1:2:3|d|c:abc|T1700000000"), {
      ...COMMON,
      name: "d",
      kind: "distribution",
      values: [1, 2, 3],
    });
    assert.deepEqual(parseStatsd("u:some:body|s"), {
      ...COMMON,
      name: "u",
      kind: "set",
      values: ["some:body"],
    });
    assert.equal(parseStatsd("_e{3,2}:abc|de"), "ignored");
    assert.equal(parseStatsd("_sc|db|0"), "ignored");
  });

  for (
    const line of [
      "x",
      ":1|c",
      "x:|c",
      "x:1",
      "x:1|q",
      "x:one|c",
      "x:1|c|@0",
      "x:1|c|@2",
      "x:1|c|@-1",
      "x:1|c|what",
      "x:1e400|c",
      "x:NaN|g",
      "x:Infinity|g",
      "x:0x10|c",
      "x:-1|ms",
      "x:|s",
      "a\tb:1|c",
      `${"n".repeat(300)}:1|c`,
      `x:${"1:".repeat(1_001)}1|d`,
      "x:1|constructor",
      "x:1|toString",
    ]
  ) {
    test(`that makes no sense: ${JSON.stringify(line.slice(0, 30))}`, () => {
      assert.equal(parseStatsd(line), null);
    });
  }

  test("whatever comes is counted, and nothing throws or is not a number", () => {
    const piece = fc.constantFrom(
      "a",
      "b.c",
      ":",
      "|",
      "1",
      "-",
      "c",
      "g",
      "ms",
      "s",
      "@",
      "#",
      "\n",
      "\0",
      "é",
      "0.1",
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.array(piece).map((pieces) => pieces.join(""))), (text) => {
        const metrics = new AppMetrics(["*"]);
        metrics.takeStatsd(text);
        for (const value of Object.values(metrics.sample(1))) {
          assert.ok(value === null || Number.isFinite(value));
        }
        const { line_count, malformed_line_count } = metrics.summary(1, 0);
        const lines = text.split("\n").filter((line) => line !== "" && line !== "\r").length;
        assert.equal(line_count, lines);
        assert.ok(malformed_line_count <= lines);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("what a program tells comes to", () => {
  test("a total and a rate of what is counted, by the sampling rate, too", () => {
    const metrics = new AppMetrics(["*"]);
    metrics.takeStatsd("http.Requests:3|c\nhttp.Requests:1|c|@0.1");
    assert.deepEqual(metrics.sample(2), { app_http_requests_total: 13, app_http_requests_per_second: 6.5 });
    metrics.takeStatsd("http.Requests:2|c");
    assert.deepEqual(metrics.sample(0.5), { app_http_requests_total: 15, app_http_requests_per_second: 4 });
    assert.deepEqual(metrics.summary(10, 0).metrics, [
      { name: "app_http_requests", kind: "counter", source: "statsd", total: 15, per_second: 1.5 },
    ]);
  });

  test("the last of a gauge, moved by signs, and added up over tags", () => {
    const metrics = new AppMetrics(["*"]);
    metrics.takeStatsd("q:5|g\nq:+3|g\nq:-2|g\nq:10|g|#shard:2\n");
    assert.deepEqual(metrics.sample(1), { app_q: 16 });
    assert.deepEqual(metrics.sample(1), { app_q: 16 });
    assert.deepEqual(metrics.summary(2, 0).metrics, [
      { name: "app_q", kind: "gauge", source: "statsd", last: 16, min: 5, max: 16 },
    ]);
  });

  test("mean, 95th percentile and maximum of times, each interval for itself", () => {
    const metrics = new AppMetrics(["*"]);
    for (let value = 1; value <= 1_000; value++) metrics.takeStatsd(`db.query_ms:${value}|ms`);
    const first = metrics.sample(2);
    assert.equal(first.app_db_query_total, 1_000);
    assert.equal(first.app_db_query_per_second, 500);
    assert.equal(first.app_db_query_mean_ms, 500.5);
    assert.equal(first.app_db_query_max_ms, 1_000);
    assert.ok(Math.abs(first.app_db_query_p95_ms! / 950 - 1) < 0.011, `${first.app_db_query_p95_ms}`);
    const second = metrics.sample(2);
    assert.deepEqual(second, {
      app_db_query_total: 1_000,
      app_db_query_per_second: 0,
      app_db_query_mean_ms: null,
      app_db_query_p95_ms: null,
      app_db_query_max_ms: null,
    });
  });

  test("how many different members a set had", () => {
    const metrics = new AppMetrics(["*"]);
    metrics.takeStatsd("users:ann|s\nusers:bob|s\nusers:ann|s");
    assert.deepEqual(metrics.sample(1), { app_users_unique: 2 });
    assert.deepEqual(metrics.sample(1), { app_users_unique: 0 });
    assert.equal(metrics.summary(2, 0).metrics[0].max, 2);
  });

  test("one kind for each name, and one name for each key", () => {
    const metrics = new AppMetrics(["*"]);
    metrics.takeStatsd("x:1|c\nx:5|g\nx.total:5|g\nX:1|c");
    assert.deepEqual(metrics.sample(1), { app_x_total: 2, app_x_per_second: 2 });
    assert.equal(metrics.summary(1, 0).malformed_line_count, 2);
  });

  test("what was asked for alone, and no more names than there is room for, which is told once", () => {
    const notices: string[] = [];
    const metrics = new AppMetrics(["queue*"], (line) => notices.push(line));
    for (let index = 0; index < MOST_NAMES + 50; index++) {
      metrics.takeStatsd(`queue.n${index}:1|g\nother:1|c`);
    }
    assert.equal(Object.keys(metrics.sample(1)).length, MOST_NAMES);
    const { omitted_name_count, unselected_line_count } = metrics.summary(1, 0);
    assert.deepEqual([omitted_name_count, unselected_line_count], [50, MOST_NAMES + 50]);
    assert.equal(notices.length, 1);
    assert.match(notices[0], /more than 200 names; queue_n200 and others are left out/);
  });

  test("no more series of a name than there is room for, which is told once, and counted", () => {
    const notices: string[] = [];
    const metrics = new AppMetrics(["*"], (line) => notices.push(line));
    for (let index = 0; index < 1_003; index++) {
      metrics.counted("otlp", "served", `worker ${index}`, 1);
      metrics.takeStatsd(`depth:1:1|g|#shard:${index}`);
    }
    const { app_served_total, app_depth } = metrics.sample(1);
    assert.deepEqual([app_served_total, app_depth], [1_000, 1_000]);
    assert.equal(metrics.summary(1, 0).omitted_series_count, 6);
    assert.equal(notices.length, 1);
    assert.match(notices[0], /served has more than 1000 series/);
  });

  test("a rate of what was counted since the run has begun, told once at its end", () => {
    const metrics = new AppMetrics(["*"]);
    metrics.counted("otlp", "served", "", 30, { isNew: true });
    metrics.counted("otlp", "old", "", 30);
    metrics.counted("otlp", "served", "", 50, { isNew: true });
    assert.equal(metrics.sample(2).app_served_per_second, 25);
    const rates = metrics.summary(10, 0).metrics.map(({ total, per_second }) => [total, per_second]);
    assert.deepEqual(rates, [[30, 0], [50, 5]]);
  });

  test("a counter that the program keeps, over its restarts and series", () => {
    const metrics = new AppMetrics(["*"]);
    const tell = (a: number, b: number, seconds: number | null) => {
      metrics.counted("scrape", "reqs_total", "a", a);
      metrics.counted("scrape", "reqs_total", "b", b);
      metrics.answered("scrape", seconds);
      return metrics.sample(1);
    };
    assert.deepEqual(tell(100, 10, null), { app_reqs_total: 110, app_reqs_per_second: null });
    assert.deepEqual(tell(104, 16, 5), { app_reqs_total: 120, app_reqs_per_second: 2 });
    assert.deepEqual(metrics.sample(1), { app_reqs_total: 120, app_reqs_per_second: 2 });
    assert.deepEqual(tell(3, 16, 3), { app_reqs_total: 123, app_reqs_per_second: 1 });
  });
});

describe("memory", () => {
  const notLonger = (heldMiB: number, work: () => unknown) => {
    const before = process.memoryUsage().rss;
    const kept = work();
    const grownMiB = (process.memoryUsage().rss - before) / 2 ** 20;
    assert.ok(kept !== null && grownMiB < heldMiB, `${grownMiB} MiB`);
  };

  test("keeps nothing of long members, of datagrams round tags, and of long names", () => {
    const filler = "x".repeat(60_000);
    notLonger(150, () => {
      const metrics = new AppMetrics(["*"]);
      for (let index = 0; index < 4_000; index++) {
        metrics.takeStatsd(`s:${index}${filler}|s\ng${index % 5}:1|g|#tag-of-some-length:${index}`);
      }
      assert.equal(metrics.sample(1).app_s_unique, 4_000);
      return metrics;
    });
    const metrics = new AppMetrics(["*"]);
    metrics.counted("otlp", "n".repeat(201), "", 1);
    metrics.counted("otlp", `${".".repeat(300)}n`, "", 1);
    assert.ok(metrics.isEmpty);
  });
});

describe("a long datagram", () => {
  /** Milliseconds of the processor, which others that want it do not make more. */
  const took = (work: () => void): number => {
    const before = process.cpuUsage();
    work();
    return process.cpuUsage(before).user / 1_000;
  };

  test("of a gauge that has a thousand series is added up without walking through all each time", () => {
    const metrics = new AppMetrics(["*"]);
    for (let index = 0; index < 1_000; index++) metrics.takeStatsd(`g:0.1|g|#s:${index}`);
    const packed = Array.from({ length: 100 }, () => `g:${"7:".repeat(999)}2|g|#s:1`).join("\n");
    assert.ok(took(() => metrics.takeStatsd(packed)) < 300);
    assert.deepEqual(metrics.sample(1), { app_g: 101.9 });
    assert.equal(metrics.summary(1, 0).metrics[0].max, 106.9);
  });

  test("of a distribution whose buckets are full is counted with the nearest", () => {
    const metrics = new AppMetrics(["*"]);
    for (let index = -999; index <= 1_000; index++) metrics.takeStatsd(`d:${1.02 ** (index * 0.999)}|d`);
    for (let index = 0; index < 30; index++) metrics.takeStatsd(`d:${-(1.02 ** index)}|d`);
    const packed = Array.from({ length: 100 }, () => `d:${"1e15:".repeat(999)}1e15|d`).join("\n");
    assert.ok(took(() => metrics.takeStatsd(packed)) < 300);
    const { app_d_total, app_d_max, app_d_p95 } = metrics.sample(1);
    assert.deepEqual([app_d_total, app_d_max], [102_030, 1e15]);
    assert.ok(Math.abs(app_d_p95! / 1.02 ** 1_000 - 1) < 0.05, `${app_d_p95}`);
  });
});

describe("names", () => {
  test("are made of what every destination takes", () => {
    assert.equal(safeName("Http.Requests-2xx"), "http_requests_2xx");
    assert.equal(safeName("..."), "");
    fc.assert(fc.property(fc.string(), (name) => {
      assert.match(safeName(name), /^([a-z0-9]+(_[a-z0-9]+)*)?$/);
    }));
  });

  test("are chosen as patterns say, told by regular expressions", () => {
    const letter = fc.constantFrom("a", "b", "1", "_");
    const text = fc.array(letter, { maxLength: 6 }).map((letters) => safeName(letters.join("")));
    const pattern = fc.array(fc.constantFrom("a", "b", "1", "*"), { minLength: 1, maxLength: 6 });
    fc.assert(fc.property(text, pattern, (name, letters) => {
      const expected = new RegExp(`^${letters.join("").replaceAll("*", ".*")}$`).test(name);
      assert.equal(new NamePatterns([letters.join("")]).takes(name), expected);
    }));
    assert.ok(new NamePatterns(["http.*"]).takes("http_requests"));
    assert.ok(new NamePatterns(["app_queue"]).takes("queue"));
    assert.equal(patternFault("é"), "no name is like it; write names, with * for any characters");
  });
});
