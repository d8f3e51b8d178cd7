import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { connect, createServer as createNetServer } from "node:net";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { openExporters } from "../../../exporters/open.ts";
import { isOwnHost } from "../../../io/net/own_host.ts";
import { metricsServer } from "../../../exporters/prometheus/server.ts";
import { ServingExporter } from "../../../exporters/prometheus/serving_exporter.ts";
import { eventually } from "../../support/eventually.ts";
import { ask, untilHungUp } from "../support/http.ts";
import { exportContext, taskMessage } from "../support/sample_messages.ts";
import { freePort } from "../../support/free_port.ts";

const HOST = "127.0.0.1";
const OPENMETRICS = "application/openmetrics-text";

/** A serving exporter for the length of a test. */
async function withExporter(
  use: (exporter: ServingExporter, port: number, lines: string[]) => Promise<void>,
): Promise<void> {
  const context = exportContext();
  const exporter = new ServingExporter({ host: HOST, port: 0 }, context, "plain");
  await exporter.open();
  try {
    await use(exporter, Number(new URL(exporter.destination).port), context.lines);
  } finally {
    await exporter.close(0);
  }
}

/** A short path, as sockets need it, that is gone afterwards. */
async function withSocketPath(use: (path: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "s-"));
  try {
    await use(join(directory, "metrics.sock"));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

describe("the metrics server", () => {
  test("answers over the loopback to names of the loopback and the machine alone, not to pages of others", () =>
    withExporter(async (_, port) => {
      const scrape = async (host: string) =>
        (await ask({ host: HOST, port, path: "/metrics", headers: { host } })).status;
      for (
        const host of [
          "localhost",
          "LOCALHOST",
          "app.localhost",
          "127.0.0.1",
          "127.8.8.8",
          "[::1]",
          hostname(),
          `${hostname()}.`,
        ]
      ) {
        assert.equal(await scrape(host), 200, host);
        assert.equal(await scrape(`${host}:${port}`), 200, host);
      }
      for (
        const host of [
          "evil.example",
          "localhost.evil.example",
          "127.0.0.1.evil.example",
          "xlocalhost",
          "10.0.0.1",
          // Anybody can have a page of such a name, who knows what the machine is called.
          `${hostname()}.evil.example`,
        ]
      ) {
        assert.equal(await scrape(host), 421, host);
        assert.equal(await scrape(`${host}:${port}`), 421, host);
      }
      const { text } = await ask({ host: HOST, port, path: "/metrics", headers: { host: "evil.example" } });
      assert.equal(text, "these metrics are served at localhost, and not at evil.example\n");
    }));

  test("knows a name with the machine's domain by its file of hosts alone", () => {
    const isOwn = (host: string | undefined, address: string | undefined, given?: string, machine?: string) =>
      isOwnHost(host, address, given, () => ["localhost", "db1.example.org", "ads.example"], machine);
    assert.ok(isOwn("metrics.internal:9464", "127.0.0.1", "metrics.internal"), "the name it was given");
    for (const host of ["db1:9464", "db1.:9464", "db1.example.org:9464", "DB1.example.org."]) {
      assert.ok(isOwn(host, "127.0.0.1", undefined, "db1"), host);
    }
    for (const host of ["db1.evil.example", "db1.example.org.evil.example", "ads.example", "example.org"]) {
      assert.ok(!isOwn(host, "127.0.0.1", undefined, "db1"), host);
    }
    assert.ok(isOwn("db1.example.net", "127.0.0.1", undefined, "db1.example.net"));
    assert.ok(!isOwn("localhost.evil.example", "127.0.0.1", undefined, "localhost"), "no name of its own");
    assert.ok(isOwn("metrics.internal:9464", "10.0.0.1", "0.0.0.0"), "whoever can come may ask");
    assert.ok(isOwn(undefined, "::1") && isOwn("evil.example", undefined));
  });

  test("answers GET and HEAD of /metrics, and tells the way there", () =>
    withExporter(async (exporter, port) => {
      exporter.message(taskMessage("a"));
      const got = await ask({ host: HOST, port, path: "/metrics?now" });
      assert.equal(got.status, 200);
      assert.equal(got.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
      assert.ok(got.text.includes('proctor_cpu_seconds_total{task="a",agent="node-7"} 42.25'));
      // The form that proxies are asked in, which servers take as well.
      const status = (target: string) =>
        untilHungUp(port, `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`).then((
          text,
        ) => text.slice(0, 12));
      assert.equal(await status("http://node-7:9464/metrics?now"), "HTTP/1.1 200");
      assert.equal(await status("HTTP://node-7/metrics"), "HTTP/1.1 200");
      assert.equal(await status("http://node-7"), "HTTP/1.1 200");
      assert.equal(await status("http://node-7/other"), "HTTP/1.1 404");
      const open = await ask({ host: HOST, port, path: "/metrics", headers: { accept: OPENMETRICS } });
      assert.equal(
        open.headers["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
      );
      assert.ok(open.text.endsWith("# EOF\n"));
      const head = await ask({ host: HOST, port, path: "/metrics", method: "HEAD" });
      assert.deepEqual([head.status, head.text], [200, ""]);
      assert.ok(Number(head.headers["content-length"]) > 100);
      assert.match((await ask({ host: HOST, port, path: "/" })).text, /href="metrics"/);
      const wrong = await ask({ host: HOST, port, path: "/metric" });
      assert.deepEqual([wrong.status, wrong.text], [404, "not found; metrics are at /metrics\n"]);
      for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
        const refused = await ask({ host: HOST, port, path: "/metrics", method });
        assert.deepEqual([refused.status, refused.headers.allow], [405, "GET, HEAD"], method);
      }
    }));

  test("shows the end of a task once, and counts what was served", () =>
    withExporter(async (exporter, port) => {
      const scrape = () => ask({ host: HOST, port, path: "/metrics" });
      exporter.message(taskMessage("a"));
      assert.equal(exporter.counters.queued_count, 1);
      await ask({ host: HOST, port, path: "/metrics", method: "HEAD" });
      assert.equal(exporter.counters.queued_count, 1, "HEAD gives nothing out");
      await scrape();
      await eventually(() => exporter.counters.sent_count === 1);
      exporter.message(taskMessage("a", { cpu_seconds: 50 }, "ended"));
      assert.match((await scrape()).text, /proctor_cpu_seconds_total\{.*\} 50\n/);
      await eventually(() => exporter.counters.sent_count === 2);
      assert.doesNotMatch((await scrape()).text, /task="a"/);
      assert.deepEqual(exporter.counters, {
        sent_count: 2,
        dropped_count: 0,
        failed_count: 0,
        queued_count: 0,
      });
    }));

  test("keeps the end of a task whose scrape broke off", () =>
    withExporter(async (exporter, port) => {
      // More than the buffers of a connection take.
      for (let number = 0; number < 6_000; number++) {
        exporter.message(taskMessage(`task-${number}`, {}, "ended"));
      }
      await new Promise<void>((resolve) => {
        const socket = connect(port, HOST, () =>
          socket.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        socket.once("data", () => {
          socket.pause();
          socket.destroy();
          resolve();
        });
      });
      await eventually(() =>
        exporter.counters.failed_count === 1
      );
      assert.equal(exporter.counters.queued_count, 6_000);
      assert.equal(exporter.counters.sent_count, 0);
    }));

  test("shows how all exporters deliver, itself included", async () => {
    const set = await openExporters({ prometheus: `${HOST}:0`, proplet_id: "node-7" }, {
      variables: {},
      onNotice: () => {},
    });
    try {
      const { destination } = set.reports[0];
      const { text } = await ask({ host: HOST, port: new URL(destination).port, path: "/metrics" });
      const labels = `{exporter="prometheus",destination="${destination}",agent="node-7"}`;
      assert.ok(text.includes(`proctor_exporter_sent_total${labels} 0\n`), text);
    } finally {
      await set.close(0);
    }
  });
});

describe("clients that are slow or mad", () => {
  /** A server with little patience. */
  async function withServer(use: (port: number, server: Server) => Promise<void>): Promise<void> {
    const server = metricsServer({
      render: () => Promise.resolve({ text: "x".repeat(64 * 2 ** 20), arrived: () => {} }),
      lost: () => {},
    }, 400);
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    try {
      await use((server.address() as AddressInfo).port, server);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  test("are hung up on, while others are served", () =>
    withServer(async (port) => {
      const mad = [
        "",
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        `GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Large: ${"x".repeat(20_000)}\r\n\r\n`,
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nabc",
      ].map((bytes) => untilHungUp(port, bytes));
      assert.equal((await ask({ host: HOST, port, path: "/" })).status, 200);
      const heard = await Promise.all(mad);
      assert.ok(heard.every((text) => !text.includes("200")), heard.join("\n"));
    }));

  test("that send anything at all leave the server standing", () =>
    withServer(async (port) => {
      const request = "GET / HTTP/1.1\r\nHost: x\r\nAccept: text/plain\r\n\r\n";
      const piece = fc.oneof(fc.constantFrom(...request), fc.string({ unit: "binary", maxLength: 9 }));
      const garbage = fc.sample(fc.tuple(fc.nat(request.length), fc.array(piece, { maxLength: 30 })), 200);
      await Promise.all(garbage.map(([start, pieces]) =>
        new Promise<void>((resolve) => {
          const socket = connect(port, HOST, () => socket.end(request.slice(0, start) + pieces.join("")));
          socket.on("error", () => {});
          socket.on("data", () => socket.destroy());
          socket.on("close", () => resolve());
        })
      ));
      assert.equal((await ask({ host: HOST, port, path: "/" })).status, 200);
    }));

  test("that do not take their answer are hung up on", () =>
    withServer(async (port) => {
      await new Promise<void>((resolve, reject) => {
        const socket = connect(port, HOST, () =>
          socket.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        socket.on("error", () => {});
        socket.once("data", () => {
          socket.pause();
          // Reading again shows the end of the connection, well before the end of the answer.
          setTimeout(() =>
            socket.resume(), 1_500);
        });
        let size = 0;
        socket.on("data", (piece: Uint8Array) =>
          size += piece.length);
        socket.on("close", () =>
          size < 64 * 2 ** 20 ? resolve() : reject(new Error("it was served to the end")));
      });
    }));
});

describe("an address that cannot be had", () => {
  test("is told in one line and taken as soon as it is free", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, HOST, resolve));
    const { port } = other.address() as AddressInfo;
    const context = exportContext();
    const exporter = new ServingExporter({ host: HOST, port }, context, "plain");
    await exporter.open();
    const line =
      `prometheus: cannot listen at http://${HOST}:${port}/metrics: another process listens there; trying again`;
    assert.deepEqual(context.lines, [line]);
    exporter.message(taskMessage("a"));
    await eventually(() => exporter.counters.failed_count > 1);
    assert.deepEqual(context.lines, [line], "it is told once");
    await new Promise((resolve) => other.close(resolve));
    await eventually(() => context.lines.length === 2);
    assert.equal(context.lines[1], `prometheus: listening at http://${HOST}:${port}/metrics now`);
    assert.match((await ask({ host: HOST, port, path: "/metrics" })).text, /task="a"/);
    await exporter.close(0);
    await assert.rejects(ask({ host: HOST, port, path: "/metrics" }));
  });

  test("is told within five seconds, whatever is wrong with it", async () => {
    for (
      const [address, reason] of [
        [
          "no.such.host.invalid",
          /cannot listen at .*: (there is no host of that name|the name cannot be resolved); trying again$/,
        ],
        ["203.0.113.7", /cannot listen at .*: this machine has no such address; trying again$/],
      ] as const
    ) {
      const lines: string[] = [];
      const set = await openExporters({ prometheus: `${address}:9464` }, {
        variables: {},
        onNotice: (line) => lines.push(line),
      });
      await eventually(() => lines.length > 0, 15_000);
      assert.equal(lines.length, 1);
      assert.match(lines[0], reason);
      await set.close(0);
    }
  });

  test("is handed from one exporter to the next, as a reload does it, without a word", async () => {
    await withSocketPath(async (path) => {
      for (const address of [{ host: HOST, port: await freePort() }, { path }]) {
        const old = new ServingExporter(address, exportContext(), "plain");
        await old.open();
        const context = exportContext();
        const next = new ServingExporter(address, context, "plain");
        await next.open();
        next.message(taskMessage("a"));
        await old.close(0);
        const place = "path" in address ? { socketPath: address.path } : address;
        await eventually(async () => {
          try {
            return /task="a"/.test((await ask({ ...place, path: "/metrics" })).text);
          } catch {
            return false;
          }
        }, 15_000);
        assert.deepEqual(context.lines, []);
        await next.close(0);
      }
    });
  });

  test("is let go of while it is still tried for", async () => {
    const port = await freePort();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, HOST, resolve));
    const exporter = new ServingExporter({ host: HOST, port }, exportContext(), "plain");
    await exporter.open();
    await exporter.close(0);
    await new Promise((resolve) => other.close(resolve));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await assert.rejects(ask({ host: HOST, port, path: "/metrics" }));
  });
});

describe("a socket in the file system", () => {
  test("is ours alone, replaces a dead one, and goes with us", () =>
    withSocketPath(async (path) => {
      // A dead socket: its server is gone, and its file is not.
      const bind = "socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un($ARGV[0])) or die $!";
      assert.equal(spawnSync("perl", ["-MSocket", "-e", bind, path]).status, 0);
      assert.ok(existsSync(path));
      const context = exportContext();
      const exporter = new ServingExporter({ path }, context, "plain");
      await exporter.open();
      assert.deepEqual(context.lines, []);
      assert.equal(exporter.destination, `unix:${path}`);
      assert.equal(statSync(path).mode & 0o777, 0o600);
      exporter.message(taskMessage("a"));
      assert.match((await ask({ socketPath: path, path: "/metrics" })).text, /task="a"/);
      await exporter.close(0);
      assert.ok(!existsSync(path));
    }));

  test("does not push out one that lives, nor a file", () =>
    withSocketPath(async (path) => {
      const other = createNetServer((socket) => socket.end("still here"));
      await new Promise<void>((resolve) => other.listen(path, resolve));
      const context = exportContext();
      const exporter = new ServingExporter({ path }, context, "plain");
      await exporter.open();
      assert.match(
        context.lines.join("\n"),
        /^prometheus: cannot listen at unix:.*: another process listens there; trying again$/,
      );
      await exporter.close(0);
      assert.ok(existsSync(path), "it is the other's");
      await new Promise((resolve) => other.close(resolve));

      writeFileSync(path, "precious");
      const again = exportContext();
      const refused = new ServingExporter({ path }, again, "plain");
      await refused.open();
      assert.match(again.lines.join("\n"), /something is there that is not a socket/);
      await refused.close(0);
      assert.equal(statSync(path).size, 8);
    }));

  test("with a path that is too long is misuse", async () => {
    await assert.rejects(
      openExporters({ prometheus: `unix:/tmp/${"x".repeat(108)}` }, { variables: {} }),
      /prometheus: .* is longer than the 107 bytes/,
    );
  });
});
