import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OtlpExporter } from "../../../exporters/otlp/otlp_exporter.ts";
import { otlpConfig } from "../../../exporters/otlp/config.ts";
import { attributesOf, Collector, pointsOf } from "./support/collector.ts";
import type { Json } from "./support/collector.ts";
import {
  description,
  exportContext,
  healthMessage,
  summary,
  taskMessage,
} from "../support/sample_messages.ts";

/** An exporter by the variables of the environment alone. */
function exporterBy(url: string, variables: Record<string, string> = {}, propagates = false) {
  const context = exportContext(variables);
  const config = otlpConfig({ otlp: url, otlp_header: [] }, variables, context.notice);
  return { exporter: new OtlpExporter(config, context, propagates), lines: context.lines };
}

for (const protocol of ["http/protobuf", "http/json"]) {
  describe(`metrics by ${protocol}`, () => {
    test("have what the program tells of itself, totals as counters", () =>
      Collector.with(async (collector) => {
        const { exporter } = exporterBy(collector.url, { OTEL_EXPORTER_OTLP_PROTOCOL: protocol });
        exporter.begin(description("a"));
        exporter.message(
          taskMessage("a", { app: { app_jobs_total: 6, app_depth: -1.5, app_time_p95_ms: null } }),
        );
        await exporter.close(5_000);
        const [{ content }] = await collector.requests("/v1/metrics", 1);
        const told: Json[] = content.resourceMetrics[0].scopeMetrics[0].metrics;
        const [jobs, depth, ...others] = told.filter(({ name }) => name.startsWith("app."));
        assert.deepEqual([jobs.name, jobs.sum.isMonotonic, jobs.sum.dataPoints[0].asDouble], [
          "app.jobs_total",
          true,
          6,
        ]);
        assert.deepEqual([depth.name, depth.gauge.dataPoints[0].asDouble], ["app.depth", -1.5]);
        assert.deepEqual(others, []);
      }));

    test("follow the process conventions", () =>
      Collector.with(async (collector) => {
        const { exporter, lines } = exporterBy(collector.url, {
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=test%20bed,host.name=named",
        });
        exporter.begin(description("a"));
        exporter.message(taskMessage("a", { disk_write_bytes: 2 ** 40 + 1 }));
        await exporter.close(5_000);
        const [{ headers, content }] = await collector.requests("/v1/metrics", 1);
        assert.equal(
          headers["content-type"],
          protocol === "http/json" ? "application/json" : "application/x-protobuf",
        );
        assert.match(headers["user-agent"]!, /^proctor\//);
        assert.equal(content.resourceMetrics.length, 1);
        const [metrics] = content.resourceMetrics;
        assert.deepEqual(attributesOf(metrics.resource.attributes), {
          "service.name": "compute",
          "host.name": "named",
          "process.pid": 4711,
          "process.executable.name": "make",
          "process.command_args": ["/usr/bin/make", "-j4"],
          "proctor.task_id": "a",
          "proctor.proplet_id": "node-7",
          "proctor.agent_id": "agent-7",
          "deployment.environment": "test bed",
        });
        const points = pointsOf(metrics);
        const expected: [string, number, string, "counter" | "sum" | "gauge"][] = [
          ["process.cpu.time", 42.25, "s", "counter"],
          ["process.memory.usage", 67_108_864, "By", "sum"],
          ["proctor.memory.pss", 33_554_432, "By", "sum"],
          ["process.disk.io (read)", 1_048_576, "By", "counter"],
          ["process.disk.io (write)", 2 ** 40 + 1, "By", "counter"],
          ["proctor.io (read)", 2_097_152, "By", "counter"],
          ["proctor.io (write)", 1_048_577, "By", "counter"],
          ["process.network.io (receive)", 4_096, "By", "counter"],
          ["process.network.io (transmit)", 8_192, "By", "counter"],
          ["process.network.io (receive lo)", 16_384, "By", "counter"],
          ["process.network.io (transmit lo)", 32_768, "By", "counter"],
          ["proctor.process.count", 2, "{process}", "sum"],
          ["process.thread.count", 4, "{thread}", "sum"],
          ["process.unix.file_descriptor.count", 12, "{file_descriptor}", "sum"],
          ["process.context_switches (voluntary)", 31, "{context_switch}", "counter"],
          ["process.context_switches (involuntary)", 17, "{context_switch}", "counter"],
          ["process.paging.faults (minor)", 900, "{fault}", "counter"],
          ["process.paging.faults (major)", 7, "{fault}", "counter"],
          ["proctor.gpu.usage", 62.5, "%", "gauge"],
          ["proctor.gpu.memory", 1_073_741_824, "By", "sum"],
          ["process.uptime", 120.5, "s", "gauge"],
        ];
        assert.deepEqual(Object.keys(points).sort(), expected.map(([name]) => name).sort());
        for (const [name, value, unit, kind] of expected) {
          const { point, sum, gauge, unit: told } = points[name];
          assert.equal(point.asDouble ?? point.asInt, value, name);
          assert.equal("asDouble" in point, unit === "s" || unit === "%", name);
          assert.equal(told, unit, name);
          assert.equal(gauge !== undefined, kind === "gauge", name);
          if (sum) {
            assert.deepEqual(
              [sum.aggregationTemporality, sum.isMonotonic ?? false],
              [2, kind === "counter"],
              name,
            );
          }
          // 2026-01-15T10:28:00.125Z and T10:30:00.250Z.
          assert.equal(point.startTimeUnixNano, "1768472880125000000", name);
          assert.equal(point.timeUnixNano, "1768473000250000000", name);
        }
        assert.deepEqual(lines, []);
        assert.deepEqual(exporter.counters, {
          sent_count: 1,
          dropped_count: 0,
          failed_count: 0,
          queued_count: 0,
        });
      }));

    test("of several messages go together, in order, with counters that never fall", () =>
      Collector.with(async (collector) => {
        const { exporter } = exporterBy(collector.url, { OTEL_EXPORTER_OTLP_PROTOCOL: protocol });
        const told = [1, 3, 2, null, 4];
        for (const cpu_seconds of told) {
          exporter.message(taskMessage("a", { cpu_seconds, memory_bytes: null, thread_count: undefined }));
        }
        exporter.message(taskMessage("b"));
        await exporter.close(5_000);
        const [{ content }, ...more] = await collector.requests("/v1/metrics", 1);
        assert.deepEqual(more, []);
        assert.equal(content.resourceMetrics.length, 6);
        const cpu = content.resourceMetrics.map((one: Json) =>
          pointsOf(one)["process.cpu.time"].point.asDouble
        );
        assert.deepEqual(cpu, [1, 3, 3, 3, 4, 42.25]);
        const points = pointsOf(content.resourceMetrics[0]);
        assert.ok(!("process.memory.usage" in points) && !("process.thread.count" in points));
        // Without a description there is no command; since when is told by the uptime.
        assert.equal(points["process.uptime"].point.startTimeUnixNano, "1768472879750000000");
        const attributes = attributesOf(content.resourceMetrics[0].resource.attributes);
        assert.equal(attributes["service.name"], "unknown_service");
        assert.ok(!("process.pid" in attributes));
        assert.equal(exporter.counters.sent_count, 6);
      }));

    test("of ourselves tell of the machine and of all exporters", () =>
      Collector.with(async (collector) => {
        const { exporter } = exporterBy(collector.url, { OTEL_EXPORTER_OTLP_PROTOCOL: protocol });
        exporter.health(healthMessage());
        await exporter.close(5_000);
        const [{ content }] = await collector.requests("/v1/metrics", 1);
        const [metrics] = content.resourceMetrics;
        const resource = attributesOf(metrics.resource.attributes);
        assert.equal(resource["service.name"], "proctor");
        assert.equal(resource["service.instance.id"], "agent-7");
        const points = pointsOf(metrics);
        const value = (name: string) => points[name].point.asInt ?? points[name].point.asDouble;
        assert.equal(value("process.cpu.time"), 3.5);
        assert.equal(value("proctor.exporter.sent (mqtt mqtt://broker)"), 11);
        assert.equal(value("proctor.exporter.dropped (mqtt mqtt://broker)"), 2);
        assert.equal(value("proctor.host.cpu.utilization"), 0.25);
        assert.equal(value("system.memory.usage (used)"), 2_000_000_000);
        assert.equal(value("system.memory.usage (available)"), 6_000_000_000);
        assert.equal(value("system.memory.limit"), 8_000_000_000);
        assert.equal(value("proctor.host.load.15m"), 0.125);
      }));

    test("are followed by the run as a span beneath the one of TRACEPARENT", () =>
      Collector.with(async (collector) => {
        const { exporter } = exporterBy(collector.url, {
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          TRACEPARENT: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          TRACESTATE: "vendor=opaque",
        }, true);
        const { TRACEPARENT } = exporter.environment("a");
        const [, traceId, spanId, flags] = TRACEPARENT.split("-");
        assert.deepEqual([traceId, flags], ["0af7651916cd43dd8448eb211c80319c", "01"]);
        exporter.begin(description("a"));
        exporter.message(taskMessage("a", {}, "ended"));
        exporter.end("a", summary());
        await exporter.close(5_000);
        const [{ content }] = await collector.requests("/v1/traces", 1);
        const [spans] = content.resourceSpans;
        const [span] = spans.scopeSpans[0].spans;
        assert.equal(attributesOf(spans.resource.attributes)["proctor.task_id"], "a");
        assert.deepEqual(
          [span.traceId, span.spanId, span.parentSpanId, span.traceState, span.name, span.kind],
          [traceId, spanId, "b7ad6b7169203331", "vendor=opaque", "compute", 1],
        );
        assert.equal(span.startTimeUnixNano, "1768472880125000000");
        assert.equal(span.endTimeUnixNano, "1768473010625000000");
        assert.deepEqual([span.status.code, span.status.message], [2, "exit code 3"]);
        const attributes = attributesOf(span.attributes);
        assert.equal(attributes["process.exit.code"], 3);
        assert.equal(attributes["proctor.cpu_seconds"], 42.25);
        assert.equal(attributes["proctor.peak_memory_bytes"], 71_303_168);
        assert.equal(attributes["proctor.outcome"], "exited");
        assert.ok(!("proctor.oom_kill_count" in attributes), "unknown is absent");
        assert.equal(exporter.counters.sent_count, 2);
      }));
  });
}

describe("a run that is a span", () => {
  test("is not recorded when the trace is not, and says so to its command", () =>
    Collector.with(async (collector) => {
      const { exporter } = exporterBy(collector.url, {
        TRACEPARENT: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
      }, true);
      assert.match(
        exporter.environment("a").TRACEPARENT,
        /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-00$/,
      );
      exporter.begin(description("a"));
      exporter.end("a", summary());
      await exporter.close(5_000);
      assert.deepEqual(collector.received, []);
    }));

  test("has a trace of its own where there is none, or none that makes sense", () =>
    Collector.with(async (collector) => {
      const { exporter } = exporterBy(collector.url, { TRACEPARENT: "00-nonsense", TRACESTATE: "a=b" });
      assert.deepEqual(exporter.environment("a"), {}, "commands are told only when it is asked for");
      for (const taskId of ["a", "b"]) {
        exporter.begin(description(taskId));
        exporter.end(taskId, summary({ exit_code: 0 }));
      }
      await exporter.close(5_000);
      const [{ content }] = await collector.requests("/v1/traces", 1);
      const spans = content.resourceSpans.flatMap((one: Json) => one.scopeSpans[0].spans);
      assert.equal(spans.length, 2);
      assert.notEqual(spans[0].traceId, spans[1].traceId);
      for (const span of spans) {
        assert.ok(!span.parentSpanId && !span.traceState);
        assert.equal(span.status.code ?? 0, 0);
      }
    }));

  test("that went wrong says how", () =>
    Collector.with(async (collector) => {
      const { exporter } = exporterBy(collector.url);
      const cases = [
        [{ outcome: "signaled", exit_code: null, signal: "SIGSEGV" }, "ended by SIGSEGV"],
        [{ outcome: "timed_out" }, "timed out"],
        [{ outcome: "oom_killed" }, "killed: out of memory"],
        [{ outcome: "failed_to_start", exit_code: null, error: "no such command" }, "no such command"],
        [{ outcome: "interrupted", exit_code: null }, undefined],
      ] as const;
      for (const [index, [more]] of cases.entries()) {
        exporter.begin(description(`${index}`));
        exporter.end(`${index}`, summary(more));
      }
      await exporter.close(5_000);
      const [{ content }] = await collector.requests("/v1/traces", 1);
      const told = content.resourceSpans.map((one: Json) => one.scopeSpans[0].spans[0].status.message);
      assert.deepEqual(told, cases.map(([, message]) => message));
    }));
});
