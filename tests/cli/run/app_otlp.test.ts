/* `run --app-otlp`: what a command sends by OTLP over HTTP, where OpenTelemetry's variables say. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { ValueType } from "@opentelemetry/api";
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { AggregationTemporality, DataPointType } from "@opentelemetry/sdk-metrics";
import type { ResourceMetrics } from "@opentelemetry/sdk-metrics";
import { withDirectory } from "../support/directory.ts";
import { BINARY, runProgram } from "../support/proctor.ts";
import type { StartOptions } from "../support/proctor.ts";
import { parseStream } from "../support/records.ts";
import { SOURCE } from "../support/runtimes.ts";

const CASE = { timeout: 120_000, skip: spawnSync("python3", ["--version"]).status !== 0 && "needs python3" };
/** Whatever the environment of the tests is. */
const CLEAN = {
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: undefined,
  OTEL_EXPORTER_OTLP_ENDPOINT: undefined,
  OTEL_METRIC_EXPORT_INTERVAL: undefined,
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: undefined,
  OTEL_EXPORTER_OTLP_PROTOCOL: undefined,
};

/** Posts each file that is named, as the type that is named before it; prints what was answered. */
const POST = `
import gzip, os, sys, time, urllib.error, urllib.request
url = os.environ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"]
for kind, packed, path in zip(sys.argv[1::3], sys.argv[2::3], sys.argv[3::3]):
    body = open(path, "rb").read()
    headers = {"content-type": kind}
    if packed == "gzip":
        body = gzip.compress(body)
        headers["content-encoding"] = "gzip"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=20) as answer:
            print(answer.status, answer.headers["content-type"], len(answer.read()))
    except urllib.error.HTTPError as error:
        print(error.code, error.read().decode().strip())
    time.sleep(0.3)
`;

function request(orders: number, depth: number, start = 1_700_000_000): ResourceMetrics {
  const times = {
    startTime: [start, 0] as [number, number],
    endTime: [1_700_000_001, 0] as [number, number],
  };
  const describeAs = (name: string) => ({ name, description: "", unit: "1", valueType: ValueType.INT });
  return {
    resource: resourceFromAttributes({ "service.name": "shop" }),
    scopeMetrics: [{
      scope: { name: "test" },
      metrics: [{
        descriptor: describeAs("shop.orders"),
        dataPointType: DataPointType.SUM,
        isMonotonic: true,
        aggregationTemporality: AggregationTemporality.CUMULATIVE,
        dataPoints: [{ ...times, value: orders, attributes: {} }],
      }, {
        descriptor: describeAs("depth"),
        dataPointType: DataPointType.GAUGE,
        aggregationTemporality: AggregationTemporality.CUMULATIVE,
        dataPoints: [{ ...times, value: depth, attributes: {} }],
      }],
    }],
  };
}

/** Run a program with files of bodies to send. */
function posted(
  command: readonly string[],
  bodies: readonly (readonly [type: string, packed: string, bytes: Uint8Array | string])[],
  args: readonly string[] = [],
  options: StartOptions = {},
) {
  return withDirectory(async (directory) => {
    const records = `${directory}/records.jsonl`;
    const sent = bodies.flatMap(([type, packed, bytes], index) => {
      const path = `${directory}/${index}`;
      writeFileSync(path, bytes);
      return [type, packed, path];
    });
    const words = [
      ...command,
      "run",
      "--app-otlp",
      ...args,
      "--records",
      records,
      "--",
      "python3",
      "-c",
      POST,
      ...sent,
    ];
    const outcome = await runProgram(words, { ...options, env: { ...CLEAN, ...options.env } });
    assert.equal(outcome.code, 0, outcome.stderr);
    const lines = outcome.stdout.toString().trimEnd().split("\n");
    return { lines, stderr: outcome.stderr, ...parseStream(readFileSync(records, "utf8")) };
  });
}

const PROTOBUF = "application/x-protobuf";
const JSON_TYPE = "application/json";

describe("run --app-otlp", () => {
  for (const { title, command } of [{ title: "the binary", command: [BINARY] }, SOURCE]) {
    test(`takes protobuf and JSON, packed or not: ${title}`, CASE, async () => {
      const { lines, samples, summary } = await posted(command, [
        [PROTOBUF, "plain", ProtobufMetricsSerializer.serializeRequest(request(10, 4))!],
        [JSON_TYPE, "plain", JsonMetricsSerializer.serializeRequest(request(10, 4))!],
        [PROTOBUF, "gzip", ProtobufMetricsSerializer.serializeRequest(request(25, 2))!],
      ], ["--interval", "50ms", "--no-adaptive"]);
      assert.deepEqual(lines, [`200 ${PROTOBUF} 0`, `200 ${JSON_TYPE} 2`, `200 ${PROTOBUF} 0`]);
      const depths = samples.flatMap(({ app }) => app?.app_depth ?? []);
      // The encodings write the resource differently: two series of one gauge, which add up.
      assert.deepEqual([...new Set(depths)], [4, 8, 6]);
      const orders = summary.app!.metrics.find(({ name }) => name === "app_shop_orders")!;
      assert.deepEqual([orders.kind, orders.source, orders.total], ["counter", "otlp", 35]);
    });
  }

  test("refuses what is none, and goes on", CASE, async () => {
    const { lines, summary } = await posted(SOURCE.command, [
      [PROTOBUF, "plain", "\u0007garbage"],
      [JSON_TYPE, "plain", "{"],
      ["text/plain", "plain", "x"],
      [PROTOBUF, "plain", new Uint8Array(5 * 2 ** 20)],
      [JSON_TYPE, "gzip", " ".repeat(5 * 2 ** 20)],
      [PROTOBUF, "plain", ProtobufMetricsSerializer.serializeRequest(request(1, 1))!],
    ], ["--app-metrics", "depth"]);
    assert.deepEqual(lines.map((line) => line.split(" ")[0]), ["400", "400", "415", "413", "400", "200"]);
    assert.deepEqual(summary.app!.metrics.map(({ name }) => name), ["app_depth"]);
  });

  test("has a rate of what is told once, where the program has begun to count in the run", CASE, async () => {
    for (
      const [start, isCounted] of [[Math.ceil(Date.now() / 1_000) + 60, true], [
        1_700_000_000,
        false,
      ]] as const
    ) {
      const { summary } = await posted(SOURCE.command, [
        [PROTOBUF, "plain", ProtobufMetricsSerializer.serializeRequest(request(10, 4, start))!],
      ]);
      const orders = summary.app!.metrics.find(({ name }) => name === "app_shop_orders")!;
      assert.deepEqual([orders.total, orders.per_second! > 0], [10, isCounted]);
    }
  });

  test("refuses at once what would take long", CASE, async () => {
    const { lines } = await posted(SOURCE.command, [
      [JSON_TYPE, "gzip", `{"resourceMetrics":[${"{},".repeat(1_390_000)}{}]}`],
      [JSON_TYPE, "gzip", `${"[".repeat(2_000_000)}${"]".repeat(2_000_000)}`],
    ]);
    // What was read of the first may have taken so long that the second is to come again.
    assert.match(lines[0], /^413 more than \d+ brackets/);
    assert.match(lines[1], /^413 more than 64 levels|^503 /);
  });

  test("leaves the program's own endpoint alone, and says so", CASE, async () => {
    const print = [
      "sh",
      "-c",
      "echo ${OTEL_EXPORTER_OTLP_METRICS_ENDPOINT:-none} ${OTEL_METRIC_EXPORT_INTERVAL:-none}",
    ];
    const run = (env: Record<string, string>) =>
      runProgram([...SOURCE.command, "run", "--app-otlp", "--", ...print], { env: { ...CLEAN, ...env } });
    const theirs = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" });
    assert.equal(theirs.stdout.toString(), "none none\n");
    assert.match(
      theirs.stderr,
      /OTEL_EXPORTER_OTLP_ENDPOINT is set already and stays as it is; .*http:\/\/127/,
    );
    const ours = await run({ OTEL_METRIC_EXPORT_INTERVAL: "500" });
    assert.match(ours.stdout.toString(), /^http:\/\/127\.0\.0\.1:\d+\/v1\/metrics 500\n$/);
  });

  test(
    "sets nothing where the program is told to speak what is not taken here, and says so",
    CASE,
    async () => {
      const print = ["sh", "-c", "env | grep -E '^OTEL_.*_(ENDPOINT|PROTOCOL|INTERVAL)=' | sort"];
      const run = async (env: Record<string, string>) => {
        const words = [...SOURCE.command, "run", "--app-otlp", "--", ...print];
        const { stdout, stderr } = await runProgram(words, { env: { ...CLEAN, ...env } });
        return { lines: stdout.toString().trimEnd().split("\n"), stderr };
      };
      for (const name of ["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"]) {
        const { lines, stderr } = await run({ [name]: "grpc" });
        assert.deepEqual(lines, [`${name}=grpc`]);
        const words = `${name} is set already, to neither http/protobuf nor http/json, and stays as it is; `;
        assert.ok(stderr.includes(words), stderr);
        assert.match(stderr, /goes to http:\/\/127\.0\.0\.1:\d+\/v1\/metrics by one of these\n/);
      }
      const spoken = await run({
        OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "http/json",
        OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      });
      assert.match(spoken.lines[0], /^OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http:/);
      assert.equal(spoken.lines[1], "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=http/json");
      assert.doesNotMatch(spoken.stderr, /is set already/);
    },
  );
});
