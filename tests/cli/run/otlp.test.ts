import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SummaryRecord } from "../../../core/schema/record.ts";
import { attributesOf, Collector, pointsOf } from "../../exporters/otlp/support/collector.ts";
import { Proxy } from "../../exporters/otlp/support/proxy.ts";
import type { Json } from "../../exporters/otlp/support/collector.ts";
import { fixture } from "../../support/fixture.ts";
import { BINARY, lastJson, proctor, runProgram } from "../support/proctor.ts";
import { SOURCE } from "../support/runtimes.ts";
import { freePort } from "../../support/free_port.ts";

const SUMMARY = ["--summary", "json", "--summary-file", "-"];
const QUIET = ["--summary", "none"];
const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/** Whatever the environment of the tests is. */
const CLEAN = { TRACEPARENT: undefined, TRACESTATE: undefined };

/** All spans that a collector got, with the attributes of their resources. */
function spansOf(collector: Collector): Json[] {
  return collector.received.filter(({ path }) => path === "/v1/traces")
    .flatMap(({ content }) => content.resourceSpans)
    .flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap((scope: Json) =>
        scope.spans.map((span: Json) => ({ ...span, resource: attributesOf(resource.attributes) }))
      )
    );
}

describe("run --otlp", () => {
  for (const { title, command } of [{ title: "the binary", command: undefined }, SOURCE]) {
    for (const protocol of ["http/protobuf", "http/json"]) {
      test(`sends what the run has cost as metrics and a span: ${title}, ${protocol}`, () =>
        Collector.with(async (collector) => {
          const args = [
            ...["run", "--otlp", collector.url, "--otlp-protocol", protocol, "--otlp-header", "x-key=k1"],
            ...["--name", "nightly", ...SUMMARY, "--", fixture("burn_cpu"), "0.3"],
          ];
          const options = { env: { ...CLEAN, TRACEPARENT: PARENT } };
          const outcome = command
            ? await runProgram([...command, ...args], options)
            : await proctor(args, options);
          assert.equal(outcome.code, 0, outcome.stderr);
          assert.equal(outcome.stderr, "");
          const summary = lastJson<SummaryRecord>(outcome);
          const all = collector.received.filter(({ path }) => path === "/v1/metrics")
            .flatMap(({ content }) => content.resourceMetrics);
          const last = pointsOf(all.at(-1));
          assert.equal(last["process.cpu.time"].point.asDouble, summary.cpu_seconds);
          assert.equal(last["process.paging.faults (minor)"].point.asInt, summary.minor_faults);
          assert.equal(attributesOf(all[0].resource.attributes)["service.name"], "nightly");
          const [span, ...more] = spansOf(collector);
          assert.deepEqual(more, []);
          assert.deepEqual([span.traceId, span.parentSpanId, span.name], [
            ...PARENT.split("-").slice(1, 3),
            "nightly",
          ]);
          const attributes = attributesOf(span.attributes);
          assert.equal(attributes["proctor.cpu_seconds"], summary.cpu_seconds);
          assert.equal(attributes["process.exit.code"], 0);
          const tookSeconds = Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e9;
          assert.ok(Math.abs(tookSeconds - summary.wall_seconds) < 0.000_002, `${tookSeconds} s`);
          assert.ok(collector.received.every(({ headers }) => headers["x-key"] === "k1"));
          const [report] = summary.monitor.exporters!;
          assert.equal(report.destination, collector.url);
          assert.deepEqual([report.sent_count, report.dropped_count], [all.length + 1, 0]);
        }));
    }
  }

  test("makes one trace of runs within runs", () =>
    Collector.with(async (collector) => {
      const inner = [
        BINARY,
        "run",
        "--otlp",
        "env",
        "--name",
        "inner",
        ...QUIET,
        "--",
        "sh",
        "-c",
        'echo "$TRACEPARENT"',
      ];
      const outer = ["run", "--otlp", "env", "--otlp-propagate", "--name", "outer", ...QUIET, "--", ...inner];
      const { code, stdout, stderr } = await proctor(outer, {
        env: { ...CLEAN, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: "build" },
      });
      assert.equal(code, 0, stderr);
      const spans = new Map(spansOf(collector).map((span) => [span.name, span]));
      const [parent, child] = [spans.get("outer"), spans.get("inner")];
      assert.equal(child.traceId, parent.traceId);
      assert.equal(child.parentSpanId, parent.spanId);
      assert.ok(!parent.parentSpanId);
      assert.equal(child.resource["service.name"], "build");
      // The inner run was not asked to tell its command of itself.
      assert.match(stdout.toString(), new RegExp(`^00-${parent.traceId}-${parent.spanId}-03\n$`));
    }));

  test("leaves the environment of the command as it is, unless asked", () =>
    Collector.with(async (collector) => {
      const print = ["--", "sh", "-c", 'echo "$TRACEPARENT|$TRACESTATE"'];
      const env = { ...CLEAN, TRACEPARENT: PARENT, TRACESTATE: "a=1" };
      const printed = async (...flags: string[]) =>
        (await proctor(["run", ...QUIET, ...flags, ...print], { env })).stdout.toString();
      assert.equal(await printed(), `${PARENT}|a=1\n`);
      assert.equal(await printed("--otlp", collector.url), `${PARENT}|a=1\n`);
      const told = await printed("--otlp", collector.url, "--otlp-propagate");
      assert.match(told, /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01\|a=1\n$/);
      assert.equal(
        await printed("--otlp", collector.url, "--otlp-propagate", "--env", "TRACEPARENT=mine"),
        "mine|a=1\n",
        "what the user sets comes first",
      );
      const unset = await proctor(["run", ...QUIET, "--otlp", collector.url, ...print], { env: CLEAN });
      assert.equal(unset.stdout.toString(), "|\n");
    }));

  test("to nobody is told in one line, and harms no command", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const outcome = await proctor(["run", "--otlp", url, ...SUMMARY, "--", "sh", "-c", "sleep 1; exit 6"], {
      env: CLEAN,
    });
    assert.equal(outcome.code, 6);
    const lines = outcome.stderr.trimEnd().split("\n").sort();
    assert.deepEqual(lines, [
      `proctor: otlp: ${url}/v1/metrics: connection refused; trying again`,
      `proctor: otlp: ${url}/v1/traces: connection refused; trying again`,
    ]);
    const [report] = lastJson<SummaryRecord>(outcome).monitor.exporters!;
    assert.equal(report.sent_count, 0);
    assert.ok(report.dropped_count >= 2 && report.failed_count >= 2, JSON.stringify(report));
  });

  test("misused is told in one line without secrets", async () => {
    const cases: [string[], RegExp][] = [
      [
        ["--otlp", "localhost"],
        /^proctor: --otlp: "localhost" is not a URL; write env, or one such as http:\/\/host\n$/,
      ],
      [["--otlp", "ftp://user:secret@host"], /^proctor: --otlp: .*; write env, .*\n$/],
      [
        ["--otlp", "http://c", "--otlp-header", "secret"],
        /^proctor: --otlp-header.*: a header is written NAME=value\n$/,
      ],
      [
        ["--otlp", "http://c", "--otlp-header", "x-a=secret\u0001"],
        /^proctor: --otlp: the value of the header "x-a" has .*\n$/,
      ],
      [["--otlp", "http://c", "--otlp-protocol", "grpc"], /^proctor: --otlp-protocol: .*\n$/],
      [["--otlp-header", "a=b"], /^proctor: --otlp-header: nothing uses it; add --otlp\n$/],
    ];
    for (const [flags, expected] of cases) {
      const outcome = await proctor(["run", ...flags, "--", "echo", "started"]);
      assert.deepEqual([outcome.code, outcome.stdout.toString()], [125, ""], flags.join(" "));
      assert.match(outcome.stderr, expected);
      assert.ok(!outcome.stderr.includes("secret"), outcome.stderr);
    }
  });
});

test("run --otlp goes by the proxy of the environment, and past it where NO_PROXY says so", {
  timeout: 120_000,
}, () =>
  Collector.with(async (collector) => {
    const { port } = new URL(collector.url);
    await using proxy = await Proxy.open(Number(port));
    const run = (env: Record<string, string>, url: string) =>
      proctor(["run", ...QUIET, "--otlp", url, "--", "true"], {
        env: {
          HTTP_PROXY: `http://127.0.0.1:${proxy.port}`,
          http_proxy: undefined,
          no_proxy: undefined,
          ...env,
        },
      });
    const url = `http://collector.test:${port}`;
    assert.deepEqual((await run({}, url)).stderr, "");
    // Both are sent at the end, and either may be there first.
    const asked = new Set(proxy.heads.map((head) => head.split("\r\n")[0]));
    assert.deepEqual([...asked].sort(), [
      `POST ${url}/v1/metrics HTTP/1.1`,
      `POST ${url}/v1/traces HTTP/1.1`,
    ]);
    assert.ok(
      proxy.heads.every((head) => !head.includes("POST http://127.0.0.1")),
      "it is asked once, not by itself",
    );
    const count = proxy.heads.length;
    // This machine is never reached by a proxy.
    assert.deepEqual((await run({}, collector.url)).stderr, "");
    assert.match((await run({ NO_PROXY: ".test" }, url)).stderr, /there is no such host|cannot be resolved/);
    assert.equal(proxy.heads.length, count);
  }));
