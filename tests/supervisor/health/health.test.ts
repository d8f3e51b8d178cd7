import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { probe } from "../../../supervisor/health/probes/probe.ts";
import type { ProbeTarget } from "../../../supervisor/definition.ts";
import { healthCheckSchema } from "../../../supervisor/config/health_schema.ts";
import { contentsOf, noOpenssl, ownCa } from "../../exporters/support/own_ca.ts";
import { scratch } from "../support/files.ts";
import { HealthServer } from "../support/grpc_server.ts";
import { shell, TestSupervisor } from "../support/supervisor.ts";

const limit = { timeout: 60_000 };
const context = {
  processFault: () => null,
  workingDirectory: "/",
  user: null,
  group: null,
  environment: { A: "b" },
};

/** Ask once, as configured. */
function ask(check: object, timeoutMs = 20_000): Promise<string | null> {
  return probe(healthCheckSchema.parse(check) as ProbeTarget, timeoutMs, context);
}

async function listening<T extends Server>(server: T): Promise<{ port: number } & AsyncDisposable> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections?.();
        server.close(() => resolve());
      }),
  };
}

describe("probes", () => {
  test("http: method, status, headers and body", limit, async () => {
    const seen: string[] = [];
    await using server = await listening(createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers["x-a"] ?? ""}`);
      const [path] = request.url!.split("?");
      if (path === "/slow") return;
      response.statusCode = path === "/bad" ? 503 : path === "/moved" ? 302 : 200;
      response.end("all is well\n");
    }));
    const at = (path: string, more: object = {}, timeoutMs?: number) =>
      ask(
        { type: "http", http: { url: `http://127.0.0.1:${server.port}${path}?secret=1`, ...more } },
        timeoutMs,
      );
    assert.equal(await at("/", { method: "POST", headers: { "X-A": "1" } }), null);
    assert.equal(seen[0], "POST /?secret=1 1");
    assert.equal(await at("/", { body_match: "^all is" }), null);
    assert.match(await at("/", { body_match: "ill" }) ?? "", /the body does not match ill$/);
    assert.match(await at("/bad") ?? "", /^GET http:\/\/127.0.0.1:\d+\/bad: status 503, not 200-399$/);
    assert.equal(await at("/bad", { expected_status: "500-599" }), null);
    assert.match(await at("/moved", { expected_status: "200-299" }) ?? "", /status 302/);
    assert.match(await at("/slow", {}, 300) ?? "", /no answer within 300 ms/);
  });

  test("http, tcp and grpc where nobody listens", limit, async () => {
    const server = await listening(createServer());
    const { port } = server;
    await server[Symbol.asyncDispose]();
    assert.match(await ask({ type: "http", http: { url: `http://127.0.0.1:${port}/` } }) ?? "", /refused/i);
    assert.match(await ask({ type: "tcp", tcp: { port } }) ?? "", /127.0.0.1:\d+: connection refused/);
    assert.match(
      await ask({ type: "grpc", grpc: { address: `127.0.0.1:${port}` } }) ?? "",
      /UNAVAILABLE|no answer/,
    );
  });

  test("http: the certificate is asked for", { skip: noOpenssl, ...limit }, async () => {
    using files = scratch();
    const authority = ownCa(files.path);
    const secure = createSecureServer(contentsOf(authority.server), (_, response) => response.end("well"));
    await using server = await listening(secure);
    const at = (tls?: object, host = "127.0.0.1") =>
      ask({ type: "http", http: { url: `https://${host}:${server.port}/`, body_match: "^well$", tls } });
    assert.equal(await at({ ca_file: authority.ca }), null);
    assert.match(
      await at() ?? "",
      /^GET https:\/\/127.0.0.1:\d+\/: .*(not signed by a trusted authority|UnknownIssuer)/,
    );
    assert.equal(await at({ insecure: true }), null);
    const elsewhere = await at({ ca_file: authority.ca }, "localhost");
    assert.match(elsewhere ?? "", /for another host|NotValidForName/);
  });

  test("tcp: somebody accepts", limit, async () => {
    const server = createTcpServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    assert.equal(await ask({ type: "tcp", tcp: { port: (server.address() as AddressInfo).port } }), null);
    await new Promise((resolve) => server.close(resolve));
  });

  test("exec: the exit code decides, what it says is told, and what it started ends", limit, async () => {
    const run = (line: string, timeoutMs?: number) =>
      ask({ type: "exec", exec: { command: ["sh", "-c", line] } }, timeoutMs);
    assert.equal(await run('test "$A" = b && test "$PWD" = /'), null);
    assert.equal(await run("echo out of order >&2; exit 3"), "sh: exit code 3 (out of order)");
    assert.equal(await run("kill -9 $$"), "sh: ended by SIGKILL");
    assert.equal(await run("sleep 300 & sleep 300", 200), "sh: no end within 200 ms");
    assert.match(await ask({ type: "exec", exec: { command: ["/no/such"] } }) ?? "", /no such file/);
  });

  test("grpc: grpc.health.v1 of the server and of a service", limit, async () => {
    await using server = await HealthServer.start();
    const address = `127.0.0.1:${server.port}`;
    server.statuses.set("my.Service", 2);
    assert.equal(await ask({ type: "grpc", grpc: { address } }), null);
    assert.equal(
      await ask({ type: "grpc", grpc: { address, service: "my.Service" } }),
      `${address} my.Service: NOT_SERVING`,
    );
    assert.equal(
      await ask({ type: "grpc", grpc: { address, service: "no.Service" } }),
      `${address} no.Service: NOT_FOUND: unknown service`,
    );
  });
});

describe("health", () => {
  test("a ca_file is seen from the configuration file; one that is not there is a fault", {
    skip: noOpenssl,
    ...limit,
  }, async () => {
    using authority = scratch();
    const { server: pair, ca } = ownCa(authority.path);
    await using server = await listening(
      createSecureServer(contentsOf(pair), (_, response) => response.end()),
    );
    const entry = (caFile: string) =>
      shell("a", "sleep 300", {}, {}, {
        health_check: {
          type: "http",
          http: { url: `https://127.0.0.1:${server.port}/`, tls: { ca_file: caFile } },
          interval: "50ms",
        },
      });
    await using test = await TestSupervisor.start([]);
    test.files.write("trusted/ca.pem", readFileSync(ca, "utf8"));
    test.configure([entry("trusted/ca.pem")]);
    await test.supervisor.reload();
    assert.equal((await test.reaches("a", "running")).health, "healthy");
    test.configure([entry("ca.pem")]);
    await assert.rejects(
      test.supervisor.reload(),
      /managed_processes\.0\.management\.health_check\.http\.tls\.ca_file: "ca\.pem": there is no such file; name/,
    );
    assert.equal(test.supervisor.get("a").health, "healthy");
  });

  const check = (more: object = {}) => ({
    health_check: {
      type: "exec",
      exec: { command: ["test", "!", "-e", "sick"] },
      interval: "50ms",
      failure_threshold: 2,
      ...more,
    },
  });

  test("that fails leads to a restart by its own parameters", limit, async () => {
    await using test = await TestSupervisor.start([
      shell(
        "a",
        // Before it is up it would remove what the test writes.
        "rm -f sick; touch up; sleep 300",
        {
          context_aware_restart: { health_failures: { retry_delay: "30ms", jitter: 0, max_retries: 1 } },
        },
        {},
        check({ exec: { command: ["sh", "-c", "test -e up && test ! -e sick"] } }),
      ),
    ]);
    const { pid, health } = await test.reaches("a", "running");
    assert.equal(health, "healthy");
    test.files.write("sick", "");
    await test.until("a restart", () => {
      const status = test.supervisor.get("a");
      return status.state === "running" && status.pid !== pid;
    });
    assert.deepEqual(test.path("a").slice(2), ["stopping", "backoff", "starting", "running"]);
    assert.match(
      test.events.find(({ to }) => to === "stopping")!.reason!,
      /^it was unhealthy: sh: exit code 1/,
    );
    assert.equal(test.supervisor.get("a").health, "healthy");
  });

  test("is told, and changes nothing, where nothing is ever restarted", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("a", "sleep 300", { restart_policy: "never" }, {}, check()),
    ]);
    const { pid } = await test.reaches("a", "running");
    test.files.write("sick", "");
    await test.until("it is unhealthy", () => test.supervisor.get("a").health === "unhealthy");
    const status = test.supervisor.get("a");
    assert.deepEqual([status.state, status.pid], ["running", pid]);
    assert.match(status.reason!, /it is unhealthy: test: exit code 1/);
  });

  test("of the process itself: suspended is unhealthy", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("a", "sleep 300", { context_aware_restart: { retry_delay: "10ms" } }, {}, {
        health_check: { type: "process", interval: "30ms", failure_threshold: 2 },
      }),
    ]);
    const { pid } = await test.reaches("a", "running");
    process.kill(pid!, "SIGSTOP");
    await test.until("a restart", () => test.supervisor.get("a").restarts === 1);
    assert.match(test.events.find(({ to }) => to === "stopping")!.reason!, /suspended/);
  });

  test("is not readiness", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("a", "sleep 300", {}, {}, {
        ...check(),
        readiness_check: { type: "exec", exec: { command: ["test", "-e", "ready"] }, interval: "30ms" },
      }),
    ]);
    await test.until("it is healthy", () => test.supervisor.get("a").health === "healthy");
    assert.equal(test.supervisor.get("a").state, "starting");
    test.files.write("ready", "");
    await test.reaches("a", "running");
    (await import("node:fs")).rmSync(`${test.files.path}/ready`);
    // Who was ready once has only to be healthy.
    const before = test.events.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(test.events.length, before);
  });

  test("is asked one question at a time, and not before the initial delay", limit, async () => {
    const line = "echo begin >> asked; sleep 0.2; echo end >> asked";
    await using test = await TestSupervisor.start([
      shell("a", "sleep 300", {}, {}, {
        health_check: {
          type: "exec",
          exec: { command: ["sh", "-c", line] },
          interval: "10ms",
          initial_delay: "400ms",
        },
      }),
    ]);
    const started = performance.now();
    await test.reaches("a", "running");
    assert.ok(performance.now() - started > 350);
    const { readFileSync } = await import("node:fs");
    const asked = await test.until("some questions", () => {
      const lines = readFileSync(`${test.files.path}/asked`, "utf8").trim().split("\n");
      return lines.length > 7 && lines;
    });
    asked.forEach((line, index) => assert.equal(line, index % 2 === 0 ? "begin" : "end"));
  });

  test("of an integrated service comes by gRPC, and so does its stop", limit, async () => {
    await using server = await HealthServer.start();
    const address = `127.0.0.1:${server.port}`;
    await using test = await TestSupervisor.start([
      shell(
        "a",
        "sleep 300",
        {
          graceful_timeout: "200ms",
          context_aware_restart: { retry_delay: "10ms" },
          stop_request: { type: "grpc", grpc: { address, method: "/test.Service/Shutdown" } },
        },
        { type: "integrated_managed" },
        {
          health_check: { type: "grpc", grpc: { address }, interval: "50ms", failure_threshold: 1 },
        },
      ),
    ]);
    await test.reaches("a", "running");
    server.statuses.set("", 2);
    await test.until("it is unhealthy", () => test.path("a").includes("stopping"));
    server.statuses.set("", 1);
    await test.until("it is back", () => test.supervisor.get("a").restarts === 1);
    await test.reaches("a", "running");
    assert.equal(server.stopRequests, 1);
    assert.match(test.events.find(({ to }) => to === "stopping")!.reason!, /NOT_SERVING/);
  });
});
