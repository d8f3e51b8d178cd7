import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { checkedSettings, openExporters } from "../../../exporters/open.ts";
import { otlpConfig } from "../../../exporters/otlp/config.ts";
import {
  childOf,
  formatTraceparent,
  isSampled,
  parseTraceparent,
  parseTracestate,
} from "../../../exporters/otlp/trace_context.ts";
import { parsePairs } from "../../../exporters/otlp/variables.ts";
import { eventually } from "../../support/eventually.ts";
import { Collector } from "./support/collector.ts";

/** The configuration, and what was told. */
function configOf(otlp: string, variables: Record<string, string> = {}, headers: string[] = []) {
  const lines: string[] = [];
  const config = otlpConfig({ otlp, otlp_header: headers }, variables, (line) => lines.push(line));
  return { ...config, lines, metrics: config.endpoints.metrics!, traces: config.endpoints.traces! };
}

describe("where OTLP goes", () => {
  const urls = (otlp: string, variables: Record<string, string> = {}) => {
    const { metrics, traces } = configOf(otlp, variables);
    return [metrics.url.href, traces.url.href];
  };

  test("is the base with v1 and the signal", () => {
    for (const base of ["http://c:4318", "http://c:4318/"]) {
      assert.deepEqual(urls(base), ["http://c:4318/v1/metrics", "http://c:4318/v1/traces"]);
    }
    assert.deepEqual(urls("https://c/otlp/?key=1"), [
      "https://c/otlp/v1/metrics?key=1",
      "https://c/otlp/v1/traces?key=1",
    ]);
  });

  test("is what the environment says when it is asked", () => {
    const common = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:1/x" };
    assert.deepEqual(urls("env"), ["http://localhost:4318/v1/metrics", "http://localhost:4318/v1/traces"]);
    assert.deepEqual(urls("env", common), ["http://c:1/x/v1/metrics", "http://c:1/x/v1/traces"]);
    assert.deepEqual(urls("env", { ...common, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://m:2/as/it/is" }), [
      "http://m:2/as/it/is",
      "http://c:1/x/v1/traces",
    ]);
    assert.deepEqual(urls("http://flag:3", { ...common, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://t:4" }), [
      "http://flag:3/v1/metrics",
      "http://flag:3/v1/traces",
    ], "a URL of our own comes first");
    assert.throws(
      () => urls("env", { OTEL_EXPORTER_OTLP_ENDPOINT: "ftp://user:secret@c" }),
      (error: Error) =>
        error.message === "otlp: OTEL_EXPORTER_OTLP_ENDPOINT is not an http:// or https:// URL",
    );
  });

  test("is nowhere when the environment switches it off", () => {
    const off = configOf("http://c", { OTEL_SDK_DISABLED: "TRUE" });
    assert.deepEqual([off.endpoints, off.lines], [{}, ["otlp: OTEL_SDK_DISABLED is true: nothing is sent"]]);
    assert.deepEqual(Object.keys(configOf("http://c", { OTEL_TRACES_EXPORTER: "none" }).endpoints), [
      "metrics",
    ]);
    assert.deepEqual(Object.keys(configOf("http://c", { OTEL_SDK_DISABLED: "1" }).endpoints), [
      "metrics",
      "traces",
    ]);
  });

  test("as a setting is env or a URL", () => {
    assert.equal(checkedSettings({ otlp: "env" }).otlp, "env");
    assert.throws(() => checkedSettings({ otlp: "ftp://c" }), /otlp: .*not http, https/);
    assert.throws(() => checkedSettings({ otlp: "environment" }), /write env, or one such as http:\/\/host/);
  });
});

describe("how OTLP goes", () => {
  test("is the signal's own variable, then the common one, then the default", () => {
    const { metrics, traces } = configOf("http://c", {
      OTEL_EXPORTER_OTLP_TIMEOUT: "500",
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: "700",
      OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
      OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: "none",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "",
    });
    assert.deepEqual([metrics.timeoutMs, traces.timeoutMs], [500, 700]);
    assert.deepEqual([metrics.gzip, traces.gzip], [false, true]);
    assert.deepEqual([metrics.protocol, traces.protocol], ["http/json", "http/json"]);
    assert.deepEqual([configOf("http://c").metrics.timeoutMs, configOf("http://c").metrics.protocol], [
      10_000,
      "http/protobuf",
    ]);
  });

  test("is the default where a variable makes no sense, and that is told once", () => {
    const { metrics, lines } = configOf("http://c", {
      OTEL_EXPORTER_OTLP_TIMEOUT: "soon",
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      OTEL_EXPORTER_OTLP_COMPRESSION: "zstd",
      OTEL_RESOURCE_ATTRIBUTES: "a=%zz",
      OTEL_EXPORTER_OTLP_HEADERS: "key secret",
    });
    assert.deepEqual([metrics.timeoutMs, metrics.protocol, metrics.gzip], [10_000, "http/protobuf", false]);
    assert.equal(lines.length, 5, lines.join("\n"));
    assert.ok(!lines.join("\n").includes("secret"));
  });

  test("has headers of the environment, of the flags, and of the URL, never told", () => {
    const { metrics, traces } = configOf("http://me:p%40ss@c", {
      OTEL_EXPORTER_OTLP_HEADERS: "x-a=1,X-B=two%20words",
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: "x-t=3",
    }, ["x-a=from the flag, with = and %20"]);
    assert.equal(metrics.headers["x-a"], "from the flag, with = and %20");
    assert.equal(metrics.headers["x-b"], "two words");
    assert.equal(metrics.headers.authorization, `Basic ${Buffer.from("me:p@ss").toString("base64")}`);
    assert.equal(metrics.url.href, "http://c/v1/metrics");
    assert.deepEqual([traces.headers["x-t"], traces.headers["x-b"]], ["3", undefined]);
    assert.throws(
      () => configOf("http://c", {}, ["x-a=se\ncret"]),
      (error: Error) => /value of the header "x-a"/.test(error.message) && !error.message.includes("cret"),
    );
    assert.throws(() => configOf("http://c", {}, ["Content-Type=text/html"]), /proctor's own/);
  });

  test("names the service by the environment", () => {
    const variables = { OTEL_RESOURCE_ATTRIBUTES: "service.name=of-attributes,team=a%2Cb" };
    assert.equal(configOf("http://c", variables).serviceName, "of-attributes");
    assert.deepEqual(configOf("http://c", variables).attributes, { team: "a,b" });
    assert.equal(configOf("http://c", { ...variables, OTEL_SERVICE_NAME: "own" }).serviceName, "own");
  });

  test("sends the headers, and no word of them to the user", () =>
    Collector.with(async (collector) => {
      const lines: string[] = [];
      const set = await openExporters({ otlp: collector.url, otlp_header: ["authorization=Bearer s3cret"] }, {
        variables: {},
        onNotice: (line) => lines.push(line),
      });
      collector.answering = (_request, response) => void response.writeHead(401).end();
      // The empty request that tries the address.
      await eventually(() => lines.length > 0, 5_000);
      assert.equal(collector.received[0].headers.authorization, "Bearer s3cret");
      assert.deepEqual(collector.received[0].content, {});
      assert.ok(!JSON.stringify([lines, set.reports]).includes("s3cret"));
      await set.close(0);
    }));
});

test("pairs are read as they were written", () => {
  const key = fc.stringMatching(/^[a-z][a-z.]{0,9}$/);
  fc.assert(
    fc.property(fc.dictionary(key, fc.string({ unit: "grapheme" }), { noNullPrototype: true }), (pairs) => {
      const text = Object.entries(pairs).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join(
        ",",
      );
      assert.deepEqual(parsePairs(text), pairs);
    }),
  );
  assert.deepEqual(parsePairs(" a = 1 , ,b=2="), { a: "1", b: "2=" });
  assert.equal(parsePairs("=1"), undefined);
  assert.equal(parsePairs("a"), undefined);
});

describe("a traceparent", () => {
  const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));

  test("is read as it is written", () => {
    fc.assert(fc.property(hex(32), hex(16), fc.nat(255), (traceId, spanId, flags) => {
      const context = { traceId, spanId, flags };
      const isValid = !/^0+$/.test(traceId) && !/^0+$/.test(spanId);
      assert.deepEqual(parseTraceparent(formatTraceparent(context)), isValid ? context : undefined);
    }));
  });

  test("that is malformed counts as absent", () => {
    const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    assert.ok(parseTraceparent(good));
    assert.ok(parseTraceparent(`01${good.slice(2)}-later`), "later versions may say more");
    const bad = [
      undefined,
      "",
      "garbage",
      good.toUpperCase(),
      good.slice(0, -1),
      `${good}0`,
      `${good}-more`,
      `ff${good.slice(2)}`,
      good.replace("0af7651916cd43dd8448eb211c80319c", "0".repeat(32)),
      good.replace("b7ad6b7169203331", "0".repeat(16)),
      good.replaceAll("-", "_"),
    ];
    for (const text of bad) assert.equal(parseTraceparent(text), undefined, `${text}`);
    fc.assert(fc.property(fc.string(), (text) => assert.equal(parseTraceparent(text), undefined)));
  });

  test("has children in the same trace, recorded or not as it is", () => {
    const parent = parseTraceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-fc")!;
    const child = childOf(parent);
    assert.equal(child.traceId, parent.traceId);
    assert.notEqual(child.spanId, parent.spanId);
    assert.deepEqual(
      [child.flags, isSampled(child)],
      [0, false],
      "flags that nobody knows yet are not passed on",
    );
    assert.ok(isSampled(childOf(undefined)));
    assert.equal(parseTraceparent(formatTraceparent(childOf(undefined)))?.traceId.length, 32);
  });

  test("may have a tracestate beside it, of bounded length", () => {
    assert.equal(parseTracestate("a=1,b=2"), "a=1,b=2");
    for (const text of [undefined, "", "nonsense", `a=${"x".repeat(600)}`, "a=\u0001"]) {
      assert.equal(parseTracestate(text), undefined);
    }
  });
});
