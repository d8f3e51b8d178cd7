import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import fc from "fast-check";
import { proxyFor } from "../../../exporters/otlp/proxy.ts";
import { parseAnswer } from "../../../exporters/otlp/tunnel.ts";
import { withDirectory } from "../../cli/support/directory.ts";
import { makeCertificates, noOpenssl } from "../support/certificates.ts";
import { opened } from "../support/open.ts";
import { taskMessage } from "../support/sample_messages.ts";
import { Collector } from "./support/collector.ts";
import { Proxy } from "./support/proxy.ts";

const portOf = (url: string) => Number(new URL(url).port);

describe("a proxy for OTLP", { concurrency: 1 }, () => {
  test(
    "HTTP_PROXY: is asked for the whole URL, by name",
    { timeout: 120_000 },
    () =>
      Collector.with(async (collector) => {
        await using proxy = await Proxy.open(portOf(collector.url));
        await using proctor = await opened({ otlp: "http://collector.test:4318" }, {
          HTTP_PROXY: `http://me:s%40cret@127.0.0.1:${proxy.port}`,
        });
        proctor.exporters.message(taskMessage("a"));
        await proctor.exporters.close(10_000);
        const [{ headers }] = await collector.requests("http://collector.test:4318/v1/metrics", 1);
        assert.equal(headers.host, "collector.test:4318");
        assert.match(proxy.heads[0], /^POST http:\/\/collector\.test:4318\/v1\/metrics HTTP\/1\.1\r\n/);
        const basic = Buffer.from("me:s@cret").toString("base64");
        assert.ok(proxy.heads[0].toLowerCase().includes(`proxy-authorization: basic ${basic}`.toLowerCase()));
        assert.equal(proctor.report().sent_count, 1);
      }),
  );

  test("HTTPS_PROXY: leads through, and the certificate is the collector's", {
    skip: noOpenssl,
    timeout: 120_000,
  }, () =>
    withDirectory(async (directory) => {
      makeCertificates(directory);
      const tls = {
        key: readFileSync(`${directory}/server.key`),
        cert: readFileSync(`${directory}/server.crt`),
      };
      await Collector.with(async (collector) => {
        await using proxy = await Proxy.open(portOf(collector.url));
        const variables = {
          https_proxy: `127.0.0.1:${proxy.port}`,
          HTTPS_PROXY: "http://127.0.0.1:1",
          OTEL_EXPORTER_OTLP_CERTIFICATE: `${directory}/ca.crt`,
        };
        {
          await using proctor = await opened({ otlp: "https://collector.test" }, variables);
          proctor.exporters.message(taskMessage("a"));
          await proctor.exporters.close(10_000);
          await collector.requests("/v1/metrics", 1);
          assert.equal(proctor.report().sent_count, 1, proctor.notices.join("\n"));
          assert.match(proxy.heads[0], /^CONNECT collector\.test:443 HTTP\/1\.1\r\n/);
        }
        // Another name is another host, whoever the proxy leads to.
        await using proctor = await opened({ otlp: "https://other.test" }, variables);
        proctor.exporters.message(taskMessage("a"));
        await proctor.until(() => proctor.notices.length > 0, "it is told");
        assert.match(
          proctor.notices[0],
          /its certificate is for another host/,
        );
        assert.equal(collector.received.length, 1);
      }, tls);
    }));

  test("that refuses is told; it is tried again", { timeout: 120_000 }, async () => {
    await using proxy = await Proxy.open(1);
    proxy.answer = "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
    await using proctor = await opened({ otlp: "https://collector.test" }, {
      HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
    });
    proctor.exporters.message(taskMessage("a"));
    await proctor.until(() => proctor.notices.length > 0, "it is told");
    assert.match(proctor.notices[0], /the proxy answers 407/);
    await proctor.until(() => proxy.heads.length > 1, "another try");
  });

  test("is chosen as curl and Go do", () => {
    const by = (url: string, variables: Record<string, string>) => proxyFor(new URL(url), variables)?.host;
    const P = { HTTP_PROXY: "http://p:1", HTTPS_PROXY: "http://q:2" };
    assert.equal(by("http://a.test/", P), "p:1");
    assert.equal(by("https://a.test/", P), "q:2");
    assert.equal(by("http://a.test/", { http_proxy: "r:3", ...P }), "r:3");
    assert.equal(by("https://a.test/", { ALL_PROXY: "http://s:4" }), "s:4");
    for (const url of ["http://localhost:4318/", "http://127.0.0.5/", "http://[::1]/"]) {
      assert.equal(by(url, P), undefined, url);
    }
    const exempt: [string, string, boolean][] = [
      ["http://a.test/", "*", true],
      ["http://a.test/", "a.test", true],
      ["http://x.a.test/", "a.test", true],
      ["http://x.a.test/", ".a.test", true],
      ["http://xa.test/", "a.test", false],
      ["http://a.test/", "b.test, a.test:80", true],
      ["http://a.test:4318/", "a.test:80", false],
      ["http://10.1.2.3/", "10.0.0.0/8", true],
      ["http://11.1.2.3/", "10.0.0.0/8", false],
      ["http://[fd00::7]/", "fd00::/8", true],
      ["http://[fd00::7]/", "fd00::7", true],
      ["http://[fd00::7]:99/", "[fd00::7]:99", true],
    ];
    for (const [url, NO_PROXY, isExempt] of exempt) {
      assert.equal(by(url, { ...P, NO_PROXY }) === undefined, isExempt, `${url} with ${NO_PROXY}`);
    }
    assert.throws(
      () => by("http://a.test/", { HTTP_PROXY: "socks5://u:secret@p:1" }),
      (error: Error) =>
        /^otlp: HTTP_PROXY is not a proxy over HTTP; write /.test(error.message) &&
        !error.message.includes("secret"),
    );
  });

  test("fuzz: any answer is read or waited for", () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 100 x\r\n\r\n",
        "transfer-encoding: chunked\r\n",
        "content-length: 5\r\n",
        "\r\n",
        "5\r\n",
        "hello",
        "0\r\n\r\n",
      )
        .map((text) => Buffer.from(text)),
    );
    fc.assert(fc.property(fc.array(piece), fc.boolean(), (pieces, isEnd) => {
      const answer = parseAnswer(Buffer.concat(pieces), isEnd, false);
      assert.ok(answer === undefined || answer.body.length <= 100_000);
    }));
    const chunked = Buffer.from(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
    );
    assert.equal(Buffer.from(parseAnswer(chunked, false, false)!.body).toString(), "abcde");
    assert.equal(parseAnswer(chunked.subarray(0, chunked.length - 6), false, false), undefined);
  });
});
