/* `run --otlp-processes`: a span for each process, with the kernel's own times. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { attributesOf, Collector } from "../../exporters/otlp/support/collector.ts";
import type { Json } from "../../exporters/otlp/support/collector.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, runProgram } from "../support/proctor.ts";
import { parseStream } from "../support/records.ts";
import { SOURCE } from "../support/runtimes.ts";
import { asNobody, cannotDrop } from "../support/unprivileged.ts";

const CASE = { timeout: 120_000 };
const CLEAN = { TRACEPARENT: undefined, TRACESTATE: undefined };

/** The span of the run, and those of processes in the order in which they came. */
function spansOf(collector: Collector): { run: Json; processes: Json[] } {
  const spans: Json[] = collector.received.filter(({ path }) => path === "/v1/traces")
    .flatMap(({ content }) => content.resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope: Json) => scope.spans));
  const [run] = spans.filter(({ name }) => name === "build");
  return { run, processes: spans.filter((span) => span !== run) };
}

const nsOf = (span: Json) => BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano);

describe("run --otlp-processes", () => {
  for (const { title, command } of [{ title: "the binary", command: [BINARY] }, SOURCE]) {
    test(
      `has a span for each process beneath that of the run: ${title}`,
      CASE,
      () =>
        Collector.with((collector) =>
          withDirectory(async (directory) => {
            const file = `${directory}/records.jsonl`;
            const args = [
              "run",
              "--otlp",
              collector.url,
              "--processes",
              "--otlp-processes",
              "--name",
              "build",
            ];
            const program = ["sh", "-c", "sleep 0.3; sh -c 'exit 3'; sleep 0.1; true"];
            const outcome = await runProgram([...command, ...args, "--records", file, "--", ...program], {
              env: CLEAN,
            });
            assert.equal(outcome.code, 0, outcome.stderr);
            const stream = parseStream(readFileSync(file, "utf8"));
            const { run, processes } = spansOf(collector);
            assert.equal(processes.length, stream.processes.length);
            assert.deepEqual(new Set(processes.map(({ traceId }) => traceId)), new Set([run.traceId]));
            assert.deepEqual(
              new Set(processes.map(({ parentSpanId }) => parentSpanId)),
              new Set([run.spanId]),
            );
            assert.equal(new Set(processes.map(({ spanId }) => spanId)).size, processes.length);
            for (const record of stream.processes) {
              const span = processes.find((one) =>
                attributesOf(one.attributes)["process.pid"] === record.pid
              );
              assert.ok(span, `no span of process ${record.pid}`);
              const { start_ns, end_ns } = record.kernel ?? {};
              // What the kernel has timed is told to the nanosecond.
              if (start_ns && end_ns) assert.equal(nsOf(span), BigInt(end_ns) - BigInt(start_ns));
              const isInside = BigInt(span.startTimeUnixNano) >= BigInt(run.startTimeUnixNano) - 3_000_000n;
              assert.ok(isInside, `${span.startTimeUnixNano} is before ${run.startTimeUnixNano}`);
            }
            const failed = processes.filter(({ status }) => status?.code === 2);
            assert.deepEqual(failed.map(({ status }) => status.message), ["exit code 3"]);
            const starts = processes.map(({ startTimeUnixNano }) => BigInt(startTimeUnixNano));
            assert.deepEqual(starts, starts.toSorted((a, b) => a < b ? -1 : a > b ? 1 : 0));
          })
        ),
    );
  }

  test(
    "keeps to the dearest, and says how many others there were",
    CASE,
    () =>
      Collector.with(async (collector) => {
        const args = ["run", "--otlp", collector.url, "--processes", "--otlp-processes", "--name", "build"];
        const loop = "i=0; while [ $i -lt 1200 ]; do /bin/true; i=$((i+1)); done";
        const program = ["sh", "-c", loop];
        const words = [
          ...SOURCE.command,
          ...args,
          "--summary",
          "json",
          "--summary-file",
          "-",
          "--",
          ...program,
        ];
        const outcome = await runProgram(words, { env: CLEAN });
        assert.equal(outcome.code, 0, outcome.stderr);
        const { total_process_count } = JSON.parse(outcome.stdout.toString());
        const { run, processes } = spansOf(collector);
        assert.ok(processes.length <= 500, `${processes.length} spans`);
        const omitted = attributesOf(run.attributes)["proctor.omitted_span_count"] ?? 0;
        assert.equal(processes.length + Number(omitted), total_process_count);
        // The shell has used most.
        assert.ok(processes.some(({ name }) => name === "sh"));
      }),
  );

  test("has what samples have seen where the kernel tells us nothing", {
    ...CASE,
    skip: cannotDrop,
  }, () =>
    Collector.with(async (collector) => {
      const args = ["run", "--otlp", collector.url, "--processes", "--otlp-processes", "--name", "build"];
      const words = asNobody([BINARY, ...args, "--", "sleep", "0.5"]);
      const outcome = await runProgram(words, { env: { ...CLEAN, HOME: "/nonexistent" } });
      assert.equal(outcome.code, 0, outcome.stderr);
      const { run, processes: [span, ...others] } = spansOf(collector);
      assert.deepEqual(others, []);
      assert.deepEqual([span.name, span.parentSpanId], ["sleep", run.spanId]);
      assert.ok(nsOf(span) > 400_000_000n && nsOf(span) <= nsOf(run) + 100_000_000n, `${nsOf(span)} ns`);
    }));

  test("wants --processes", CASE, async () => {
    const args = ["run", "--otlp", "http://localhost:1", "--otlp-processes", "true"];
    const { code, stderr } = await runProgram([...SOURCE.command, ...args]);
    assert.equal(code, 125, stderr);
    assert.match(stderr, /--otlp-processes: it is --processes that knows of each; add that/);
  });
});
