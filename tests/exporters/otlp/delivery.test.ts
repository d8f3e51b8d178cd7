import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { otlpConfig } from "../../../exporters/otlp/config.ts";
import { OtlpExporter } from "../../../exporters/otlp/otlp_exporter.ts";
import { withDirectory } from "../../cli/support/directory.ts";
import { eventually } from "../../support/eventually.ts";
import { withinSeconds } from "../../support/within_seconds.ts";
import { contentsOf, noOpenssl, ownCa } from "../support/own_ca.ts";
import { exportContext, taskMessage } from "../support/sample_messages.ts";
import { Collector } from "./support/collector.ts";
import type { Json } from "./support/collector.ts";
import { freePort } from "../../support/free_port.ts";

function exporterTo(url: string, variables: Record<string, string> = {}) {
  const context = exportContext(variables);
  const config = otlpConfig({ otlp: url, otlp_header: [] }, variables, context.notice);
  return { exporter: new OtlpExporter(config, context, false), lines: context.lines };
}

/** The CPU times that were received, which tell the messages apart. */
const seconds = (content: Json): number[] =>
  content.resourceMetrics.map((one: Json) => one.scopeMetrics[0].metrics[0].sum.dataPoints[0].asDouble);

describe("a collector that is not there", () => {
  test("is told in one line within five seconds, and gets everything in order once it is", async () => {
    const port = await freePort();
    const { exporter, lines } = exporterTo(`http://127.0.0.1:${port}`);
    exporter.message(taskMessage("a", { cpu_seconds: 1 }));
    await withinSeconds(5, () => lines.length > 0, () => "a line");
    assert.deepEqual(lines, [
      `otlp: http://127.0.0.1:${port}/v1/metrics: connection refused; trying again`,
    ]);
    exporter.message(taskMessage("a", { cpu_seconds: 2 }));
    exporter.message(taskMessage("a", { cpu_seconds: 3 }));
    await eventually(() => exporter.counters.failed_count > 1);
    assert.equal(exporter.counters.queued_count, 3);
    await Collector.with(
      async (collector) => {
        await eventually(() => exporter.counters.sent_count === 3);
        assert.deepEqual(collector.received.flatMap(({ content }) => seconds(content)), [1, 2, 3]);
        await exporter.close(5_000);
      },
      undefined,
      port,
    );
    assert.deepEqual(lines.slice(1), [`otlp: http://127.0.0.1:${port}/v1/metrics: delivered`]);
    assert.equal(exporter.counters.dropped_count, 0);
  });

  test("is told though there is nothing to send yet", async () => {
    const port = await freePort();
    const { exporter, lines } = exporterTo(`http://127.0.0.1:${port}`);
    await withinSeconds(5, () => lines.length > 0, () => "a line");
    assert.match(lines[0], /connection refused; trying again$/);
    await exporter.close(0);
    assert.equal(exporter.counters.dropped_count, 0, "there was nothing to lose");
  });

  test("holds nobody up at the end beyond the bound, and its messages count as dropped", async () => {
    const { exporter } = exporterTo(`http://127.0.0.1:${await freePort()}`);
    for (let second = 0; second < 5; second++) exporter.message(taskMessage("a", { cpu_seconds: second }));
    const startMs = performance.now();
    await exporter.close(1_200);
    const tookMs = performance.now() - startMs;
    assert.ok(tookMs < 9_000, `${tookMs} ms`);
    const { sent_count, dropped_count, queued_count } = exporter.counters;
    assert.deepEqual([sent_count, dropped_count, queued_count], [0, 5, 0]);
  });

  test("has the newest wait for it, within bounds", async () => {
    const { exporter } = exporterTo(`http://127.0.0.1:${await freePort()}`);
    for (let second = 0; second < 11_000; second++) {
      exporter.message(taskMessage("a", { cpu_seconds: second }));
    }
    const { dropped_count, queued_count } = exporter.counters;
    assert.equal(dropped_count + queued_count, 11_000);
    assert.ok(queued_count <= 10_000 && queued_count > 5_000, `${queued_count}`);
    await exporter.close(0);
    assert.equal(exporter.counters.dropped_count, 11_000);
  });
});

describe("a collector that", () => {
  test("fails in turn for two reasons has each told once", () =>
    Collector.with(async (collector) => {
      collector.answering = (_request, response) =>
        void response.writeHead(collector.received.length % 2 === 0 ? 502 : 503, { "retry-after": "0" })
          .end();
      const { exporter, lines } = exporterTo(collector.url);
      exporter.message(taskMessage("a"));
      const [first, ...more] = await collector.requests("/v1/metrics", 4);
      await exporter.close(0);
      assert.equal(lines.length, 2, lines.join("\n"));
      assert.ok(more[2].atMs - first.atMs > 1_000, "whoever asks for no patience is not hammered");
    }));

  test("never answers is told within five seconds and given up at the end", async () => {
    const deaf = createServer(() => {});
    await new Promise<void>((resolve) => deaf.listen(0, "127.0.0.1", resolve));
    const { port } = deaf.address() as AddressInfo;
    const { exporter, lines } = exporterTo(`http://127.0.0.1:${port}`, {
      OTEL_EXPORTER_OTLP_TIMEOUT: "60000",
    });
    exporter.message(taskMessage("a"));
    await withinSeconds(5, () => lines.length > 0, () => "a line");
    assert.match(lines[0], /: it does not answer; still waiting$/);
    const startMs = performance.now();
    await exporter.close(300);
    assert.ok(performance.now() - startMs < 15_000);
    assert.equal(exporter.counters.dropped_count, 1);
    deaf.close();
  });

  test("answers too late is tried again after OTEL_EXPORTER_OTLP_TIMEOUT", () =>
    Collector.with(async (collector) => {
      collector.answering = (_request, response) => {
        if (collector.received.length > 1) response.writeHead(200).end();
      };
      const { exporter, lines } = exporterTo(collector.url, { OTEL_EXPORTER_OTLP_TIMEOUT: "200" });
      exporter.message(taskMessage("a"));
      await eventually(() => exporter.counters.sent_count === 1);
      assert.equal(exporter.counters.failed_count, 1);
      assert.match(lines[0], /: it does not answer; trying again$/);
      await exporter.close(0);
    }));

  test("asks for patience gets it", () =>
    Collector.with(async (collector) => {
      collector.answering = (_request, response) => {
        if (collector.received.length > 1) response.writeHead(200).end();
        else response.writeHead(429, { "retry-after": "2" }).end();
      };
      const { exporter, lines } = exporterTo(collector.url);
      exporter.message(taskMessage("a"));
      const [first, second] = await collector.requests("/v1/metrics", 2);
      const pauseMs = second.atMs - first.atMs;
      assert.ok(pauseMs >= 1_950, `${pauseMs} ms`);
      assert.deepEqual(seconds(first.content), seconds(second.content));
      assert.match(lines[0], /: 429, it asks for patience; trying again$/);
      await exporter.close(1_000);
      assert.deepEqual([exporter.counters.sent_count, exporter.counters.failed_count], [1, 1]);
    }));

  test("asks for more patience than there is at the end is not asked again", () =>
    Collector.with(async (collector) => {
      collector.answering = (_request, response) =>
        void response.writeHead(503, { "retry-after": new Date(Date.now() + 600_000).toUTCString() }).end();
      const { exporter } = exporterTo(collector.url);
      exporter.message(taskMessage("a"));
      await collector.requests("/v1/metrics", 1);
      await eventually(() => exporter.counters.failed_count === 1);
      const startMs = performance.now();
      await exporter.close(60_000);
      assert.ok(performance.now() - startMs < 20_000);
      assert.equal(collector.received.length, 1);
      assert.equal(exporter.counters.dropped_count, 1);
    }));

  test("is not available is tried some times more at the end, and not without pause", () =>
    Collector.with(async (collector) => {
      collector.answering = (_request, response) => void response.writeHead(503).end();
      const { exporter } = exporterTo(collector.url);
      exporter.message(taskMessage("a"));
      await eventually(() => exporter.counters.failed_count === 3);
      const before = collector.received.length;
      await exporter.close(1_500);
      const tries = collector.received.length - before;
      assert.ok(tries >= 2 && tries <= 5, `${tries} tries`);
      assert.equal(exporter.counters.dropped_count, 1);
    }));

  test("refuses is told, and what it refuses is not sent again", () =>
    Collector.with(async (collector) => {
      for (
        const [status, words] of [[400, "makes no sense"], [401, "credentials"], [
          404,
          "no OTLP receiver",
        ]] as const
      ) {
        collector.received.length = 0;
        collector.answering = (_request, response) => void response.writeHead(status).end("secret detail");
        const { exporter, lines } = exporterTo(collector.url);
        exporter.message(taskMessage("a"));
        exporter.message(taskMessage("b"));
        await exporter.close(5_000);
        assert.equal(collector.received.length, 1);
        assert.equal(lines.length, 1);
        assert.match(lines[0], new RegExp(`: ${status}, .*${words}.*; what it refuses is dropped$`));
        assert.deepEqual(exporter.counters, {
          sent_count: 0,
          dropped_count: 2,
          failed_count: 0,
          queued_count: 0,
        });
      }
    }));

  test("takes a part tells of the rest", () =>
    Collector.with(async (collector) => {
      collector.answering = (_request, response) => {
        const partialSuccess = { rejectedDataPoints: "1", errorMessage: "too\u001b[31m old\n" };
        response.writeHead(200, { "content-type": "application/json" }).end(
          JSON.stringify({ partialSuccess }),
        );
      };
      const { exporter, lines } = exporterTo(collector.url, { OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" });
      for (const id of ["a", "b", "c"]) exporter.message(taskMessage(id));
      await exporter.close(5_000);
      assert.match(lines[0], /: it rejects a part \(1\): too \[31m old; that is dropped$/);
      assert.deepEqual([exporter.counters.sent_count, exporter.counters.dropped_count], [2, 1]);
    }));

  test("takes a part tells of the rest in protobuf, too", () =>
    Collector.with(async (collector) => {
      // ExportMetricsServiceResponse { partial_success: 1 { rejected_data_points: 1 = 2, error_message: 2 = "old" } }
      const body = Buffer.from([0x0a, 7, 0x08, 2, 0x12, 3, ...Buffer.from("old")]);
      collector.answering = (_request, response) =>
        void response.writeHead(200, { "content-type": "application/x-protobuf" }).end(body);
      const { exporter, lines } = exporterTo(collector.url);
      for (const id of ["a", "b", "c"]) exporter.message(taskMessage(id));
      await exporter.close(5_000);
      assert.match(lines[0], /: it rejects a part \(2\): old; that is dropped$/);
      assert.deepEqual([exporter.counters.sent_count, exporter.counters.dropped_count], [1, 2]);
    }));

  test("answers without end or sense has taken what it got", () =>
    Collector.with(async (collector) => {
      collector.answering = (_request, response) => {
        response.on("error", () => {});
        response.writeHead(200, { "content-type": "application/x-protobuf" });
        response.write(Buffer.alloc(2 ** 20, 255));
      };
      const { exporter } = exporterTo(collector.url);
      exporter.message(taskMessage("a"));
      await exporter.close(5_000);
      assert.equal(exporter.counters.sent_count, 1);
    }));

  test("gets gzip when that is asked for", () =>
    Collector.with(async (collector) => {
      const { exporter } = exporterTo(collector.url, { OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" });
      exporter.message(taskMessage("a"));
      await exporter.close(5_000);
      const [{ headers, content }] = await collector.requests("/v1/metrics", 1);
      assert.equal(headers["content-encoding"], "gzip");
      assert.deepEqual(seconds(content), [42.25]);
    }));

  test("gets large amounts in pieces of bounded size", () =>
    Collector.with(async (collector) => {
      const { exporter } = exporterTo(collector.url);
      for (let second = 0; second < 2_000; second++) {
        exporter.message(taskMessage("a", { cpu_seconds: second }));
      }
      await exporter.close(10_000);
      assert.deepEqual(collector.received.flatMap(({ content }) => seconds(content)), [
        ...Array(2_000).keys(),
      ]);
      assert.ok(collector.received.length > 1);
      assert.ok(collector.received.every(({ headers }) => Number(headers["content-length"]) <= 512 * 1_024));
    }));
});

describe("a collector behind TLS", () => {
  test(
    "is trusted by its authority, and knows us by our certificate",
    { skip: noOpenssl },
    () =>
      withDirectory(async (directory) => {
        const { ca, server, client } = ownCa(directory);
        await Collector.with(async (collector) => {
          const { exporter, lines } = exporterTo(collector.url, {
            OTEL_EXPORTER_OTLP_CERTIFICATE: ca,
            OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: client.cert,
            OTEL_EXPORTER_OTLP_CLIENT_KEY: client.key,
          });
          exporter.message(taskMessage("a"));
          await exporter.close(5_000);
          assert.deepEqual(lines, []);
          assert.equal(exporter.counters.sent_count, 1);
        }, { ...contentsOf(server), ca: readFileSync(ca) });
      }),
  );

  test(
    "that nobody we trust has signed gets nothing, and that is told",
    { skip: noOpenssl },
    () =>
      withDirectory(async (directory) => {
        await Collector.with(async (collector) => {
          const { exporter, lines } = exporterTo(collector.url);
          exporter.message(taskMessage("a"));
          await withinSeconds(5, () => lines.length > 0, () => "a line");
          assert.match(lines[0], /: its certificate is not signed by a trusted authority; trying again$/);
          await exporter.close(300);
          assert.deepEqual(collector.received, []);
          assert.equal(exporter.counters.dropped_count, 1);
        }, contentsOf(ownCa(directory).server));
      }),
  );

  test("that does not speak TLS is told", async () => {
    const plain = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    });
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const { exporter, lines } = exporterTo(`https://127.0.0.1:${(plain.address() as AddressInfo).port}`);
    exporter.message(taskMessage("a"));
    await withinSeconds(5, () => lines.length > 0, () => "a line");
    assert.match(lines[0], /: it does not speak TLS there; trying again$/);
    await exporter.close(0);
    plain.close();
  });

  test("whose files hold nothing of the kind is misuse", () =>
    withDirectory((directory) => {
      const path = join(directory, "nonsense.pem");
      writeFileSync(path, "-----BEGIN NONSENSE-----\n");
      for (const [name, what] of [["CERTIFICATE", "certificate"], ["CLIENT_KEY", "key"]]) {
        assert.throws(
          () => exporterTo("https://127.0.0.1:1", { [`OTEL_EXPORTER_OTLP_${name}`]: path }),
          (error: Error) =>
            error.message === `otlp: OTEL_EXPORTER_OTLP_${name}: there is no ${what} (PEM) in "${path}"`,
        );
      }
    }));

  test("whose authority cannot be read is misuse", () =>
    withDirectory((directory) => {
      const path = join(directory, "none.pem");
      assert.throws(
        () => exporterTo("https://127.0.0.1:1", { OTEL_EXPORTER_OTLP_CERTIFICATE: path }),
        (error: Error) =>
          error.message ===
            `otlp: OTEL_EXPORTER_OTLP_CERTIFICATE: cannot read "${path}": no such file or directory`,
      );
    }));
});
