import assert from "node:assert/strict";
import { existsSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { describe, test } from "node:test";
import { ApiServer } from "../../../supervisor/api/serve.ts";
import type { ServeOptions } from "../../../supervisor/api/serve.ts";
import { FakeControl, logLine } from "../support/fake_control.ts";
import { ask, open, pieces, sentEvents } from "../support/http.ts";
import { withDirectory } from "../support/logs.ts";

const TIMEOUT = { timeout: 60_000 };

/** Lend a served API. */
async function served<T>(
  use: (server: string, control: FakeControl, api: ApiServer) => Promise<T>,
  options: (directory: string) => ServeOptions = (directory) => ({ socket: `${directory}/s` }),
): Promise<T> {
  return await withDirectory(async (directory) => {
    const control = new FakeControl();
    const api = await ApiServer.open(control, options(directory));
    try {
      return await use(api.addresses[0], control, api);
    } finally {
      await api.close();
    }
  });
}

const TOKEN = "right-token-of-16";
const BEARER = { authorization: `Bearer ${TOKEN}` };
const atPort = (token = TOKEN) => () => ({ port: { port: 0, token } });

describe("the API", () => {
  test("lists, gets and describes processes", TIMEOUT, () =>
    served(async (server, control) => {
      const list = await ask(server, "/processes");
      assert.equal(list.status, 200);
      assert.deepEqual(list.json, control.list());
      assert.deepEqual(Object.keys(list.json[0]), [
        "id",
        "type",
        "groups",
        "state",
        "pid",
        "restarts",
        "uptime_seconds",
        "cpu_percent",
        "memory_bytes",
        "process_count",
        "network_rx_bytes",
        "network_tx_bytes",
        "network_loopback_rx_bytes",
        "network_loopback_tx_bytes",
        "app",
        "health",
        "reason",
        "status_text",
        "degraded",
      ]);
      assert.deepEqual((await ask(server, "/processes/db")).json, control.get("db"));
      assert.deepEqual((await ask(server, "/processes/db/description")).json, control.describe("db"));
      assert.deepEqual((await ask(server, "/info")).json, control.info());
      control.put({ id: "a/b ü" });
      assert.equal((await ask(server, `/processes/${encodeURIComponent("a/b ü")}`)).json.id, "a/b ü");
    }));

  test("acts, and answers when it is done", TIMEOUT, () =>
    served(async (server, control) => {
      for (const action of ["start", "stop", "restart", "reset"]) {
        const { status, json } = await ask(server, `/processes/web/${action}`, { method: "POST" });
        assert.equal(status, 200);
        assert.deepEqual(json, control.get("web"));
      }
      assert.deepEqual(control.asked, ["start web", "stop web", "restart web", "reset web"]);
    }));

  test(
    "answers at once when asked to, and refuses at once what is refused",
    TIMEOUT,
    () =>
      served(async (server, control) => {
        let open = () => {};
        control.gate = new Promise((resolve) => open = resolve);
        const stop = await ask(server, "/processes/web/stop?wait=false", { method: "POST" });
        assert.deepEqual([stop.status, stop.json.state], [202, "running"]);
        open();
        const none = await ask(server, "/processes/none/stop?wait=false", { method: "POST" });
        assert.deepEqual([none.status, none.json.error.code], [404, "not_found"]);
        const odd = await ask(server, "/processes/web/stop?wait=maybe", { method: "POST" });
        assert.equal(odd.status, 422);
        assert.match(odd.json.error.message, /^wait: /);
      }),
  );

  test(
    "adds and removes processes, an object monitoring_profile and all",
    TIMEOUT,
    () =>
      served(async (server, control) => {
        const definition = {
          id: "new",
          executable: "/bin/x",
          monitoring_profile: { interval: "5s", collect_cpu: true },
        };
        const added = await ask(server, "/processes", { method: "POST", body: definition });
        assert.deepEqual([added.status, added.json.id, added.headers.location], [
          201,
          "new",
          "/processes/new",
        ]);
        assert.equal(control.asked[0], `add ${JSON.stringify(definition)}`);
        const again = await ask(server, "/processes", { method: "POST", body: definition });
        assert.deepEqual([again.status, again.json.error], [409, {
          code: "conflict",
          message: "new: the id is taken",
        }]);
        const faulty = await ask(server, "/processes", { method: "POST", body: { id: "y", executable: "" } });
        assert.deepEqual([faulty.status, faulty.json.error.message], [422, "y: executable: is empty"]);
        const removed = await ask(server, "/processes/new", { method: "DELETE" });
        assert.deepEqual([removed.status, removed.text], [204, ""]);
        assert.equal((await ask(server, "/processes/new", { method: "DELETE" })).status, 404);
      }),
  );

  test("sends signals, and refuses what is none", TIMEOUT, () =>
    served(async (server, control) => {
      const post = (query: string) => ask(server, `/processes/web/signal${query}`, { method: "POST" });
      const { status, json } = await post("?signal=HUP");
      assert.deepEqual([status, json], [200, control.get("web")]);
      assert.equal((await post("?signal=USR1&tree=true")).status, 200);
      assert.deepEqual(control.asked, ["signal HUP web", "signal USR1 --tree web"]);
      for (const query of ["", "?signal=", "?signal=HUP%0a", "?signal=HUP&tree=maybe"]) {
        const { status, json } = await post(query);
        assert.deepEqual([status, json.error.code], [422, "invalid"], query);
        assert.match(json.error.message, /^(?:signal|tree): /);
      }
      assert.equal(control.asked.length, 2);
      const none = await ask(server, "/processes/none/signal?signal=HUP", { method: "POST" });
      assert.equal(none.status, 404);
      assert.equal((await ask(server, "/processes/web/signal?signal=HUP")).status, 405);
    }));

  test("has the latest sample of a process", TIMEOUT, () =>
    served(async (server, control) => {
      const { status, json } = await ask(server, "/processes/db/metrics");
      assert.deepEqual([status, json], [200, control.latestMetrics()[1]]);
      assert.equal((await ask(server, "/processes/none/metrics")).status, 404);
      control.latestMetrics = () => [];
      const without = await ask(server, "/processes/db/metrics");
      assert.equal(without.status, 409);
      assert.match(
        without.json.error.message,
        /^db: it is running, and no sample of it has been taken yet; /,
      );
    }));

  test("reloads, and ends", TIMEOUT, () =>
    served(async (server, control) => {
      assert.deepEqual((await ask(server, "/healthz")).json, { status: "running" });
      const reload = await ask(server, "/reload", { method: "POST" });
      assert.deepEqual(reload.json, {
        added: ["a"],
        removed: [],
        restarted: ["web"],
        unchanged: ["db"],
        failed: [],
        left: [],
        rolled_back: [],
      });
      assert.equal((await ask(server, "/shutdown", { method: "POST" })).status, 202);
      const health = await ask(server, "/healthz");
      assert.deepEqual([health.status, health.json], [503, { status: "stopping" }]);
      assert.deepEqual(control.asked, ["reload", "shutdown"]);
    }));

  test("describes itself, and every path it describes is there", TIMEOUT, () =>
    served(async (server) => {
      const { json } = await ask(server, "/openapi.json");
      assert.equal(json.openapi, "3.1.0");
      const paths = Object.entries<Record<string, { responses: Record<string, unknown> }>>(json.paths);
      assert.ok(paths.length >= 14, `${paths.length} paths`);
      for (const name of ["ProcessStatus", "ProcessDescription", "SupervisorEvent", "LogLine", "Error"]) {
        assert.ok(name in json.components.schemas, name);
      }
      for (const [path, methods] of paths) {
        for (const [method, { responses }] of Object.entries(methods)) {
          if (path.endsWith("events") || path.endsWith("stream") || path === "/shutdown") continue;
          const { status } = await ask(server, path.replace("{id}", "web"), { method: method.toUpperCase() });
          // Adding without a body is refused; removing makes the rest unknown.
          const known = Object.keys(responses).map(Number);
          assert.ok(
            known.includes(status) || status === 422 || status === 400,
            `${method} ${path}: ${status}`,
          );
        }
      }
    }));

  test(
    "has a page for Prometheus, where absent is not zero",
    TIMEOUT,
    () =>
      served(async (server, control) => {
        control.put({ id: "db", state: "failed", cpu_percent: null, health: null, restarts: 7 });
        control.put({ id: "web", app: { app_jobs_total: 6, app_depth: 2.5, app_idle: null } });
        const { text, headers } = await ask(server, "/metrics");
        assert.match(headers["content-type"], /^text\/plain; version=0\.0\.4/);
        for (
          const line of [
            'proctor_process_state{id="web",type="standard_managed",state="running"} 1',
            'proctor_process_state{id="db",type="standard_managed",state="running"} 0',
            'proctor_process_state{id="db",type="standard_managed",state="failed"} 1',
            "# TYPE proctor_process_restarts_total counter",
            'proctor_process_restarts_total{id="db"} 7',
            'proctor_process_cpu_cores{id="web"} 0.0125',
            'proctor_process_memory_bytes{id="web"} 20000000',
            "# TYPE proctor_process_network_rx_bytes_total counter",
            'proctor_process_network_tx_bytes_total{id="web"} 1200',
            "# TYPE proctor_process_app_jobs_total counter",
            'proctor_process_app_jobs_total{id="web"} 6',
            "# TYPE proctor_process_app_depth gauge",
            'proctor_process_app_depth{id="web"} 2.5',
            'proctor_process_healthy{id="web"} 1',
            'proctor_supervisor_info{version="1.2.3"} 1',
          ]
        ) assert.ok(text.split("\n").includes(line), `${line}\n\n${text}`);
        assert.doesNotMatch(
          text,
          /cpu_cores\{id="db"\}|healthy\{id="db"\}|app_idle\{|network_loopback_\w+\{/,
        );
      }),
  );

  test("refuses what makes no sense, in one clear line of JSON", TIMEOUT, () =>
    served(async (server) => {
      const refused = async (
        path: string,
        options: Parameters<typeof ask>[2],
        status: number,
        message: RegExp,
      ) => {
        const answer = await ask(server, path, options);
        assert.equal(answer.status, status, answer.text);
        assert.match(answer.json.error.message, message);
        assert.doesNotMatch(answer.json.error.message, /\n/);
        assert.deepEqual(Object.keys(answer.json), ["error"]);
      };
      const json = { "content-type": "application/json" };
      const post = (body: string | Uint8Array, headers: Record<string, string> = json) => ({
        method: "POST",
        body,
        headers,
      });
      await refused("/nowhere", {}, 404, /^there is no GET \/nowhere; see \/openapi\.json$/);
      await refused("/processes", { method: "PUT" }, 405, /^there is no PUT \/processes/);
      await refused("/processes/none", {}, 404, /^there is no process "none"$/);
      await refused(
        "/processes/web/dance",
        { method: "POST" },
        404,
        /^there is no POST \/processes\/web\/dance/,
      );
      await refused("/processes", post("{"), 400, /^the body is not JSON: /);
      await refused("/processes", post("{}", {}), 415, /Content-Type: application\/json/);
      await refused(
        "/processes",
        post("{}", { "content-type": "application/json-x" }),
        415,
        /Content-Type: application\/json/,
      );
      await refused("/processes", post("[1]"), 422, /./);
      await refused("/processes", post('{"executable":"x"}'), 422, /^id: /);
      await refused(
        "/processes",
        post(new Uint8Array(1_100_000).fill(32)),
        413,
        /1048576 bytes are the most$/,
      );
      await refused(
        "/processes/web/logs?since=soon",
        {},
        422,
        /^since: "soon" is neither a duration such as "10m"/,
      );
      await refused("/processes/web/logs?tail=-1", {}, 422, /^tail: must be a whole number/);
      await refused("/processes/web/logs?stream=stdin", {}, 422, /^stream: /);
      await refused("/processes/web/logs?grep=(", {}, 422, /^grep: "\(" is not a regular expression/);
      await refused(`/logs?grep=${"a".repeat(1_001)}`, {}, 422, /^grep: /);
      await refused("/logs?grep=(a)%5C1", {}, 422, /^grep: ".*" cannot be matched in bounded time/);
      await refused("/logs?level=loud", {}, 422, /^level: /);
      await refused("/logs?id=", {}, 422, /^id\.0: /);
      await refused("/events?kind=loud", {}, 422, /^kind\.0: /);
      // A page in a browser may not act for whoever looks at it.
      await refused(
        "/shutdown",
        { method: "POST", headers: { origin: "http://evil.example" } },
        403,
        /evil\.example/,
      );
      assert.equal((await ask(server, "/processes")).status, 200);
    }));

  test("answers what is not HTTP with an error, and goes on", TIMEOUT, () =>
    served(async (server) => {
      const text = await new Promise<string>((resolve, reject) => {
        let said = "";
        const socket = connect(server, () => socket.write("\x16\x03\x01 nonsense\r\n\r\n"));
        socket.on("data", (bytes) => said += bytes);
        socket.on("error", reject);
        socket.on("close", () => resolve(said));
      });
      assert.match(text, /^HTTP\/1\.1 400 /);
      assert.equal((await ask(server, "/healthz")).status, 200);
    }));
});

describe("streams of the API", () => {
  test(
    "events come as they happen, of all or of one, and from where a client was",
    TIMEOUT,
    () =>
      served(async (server, control) => {
        control.emit({ reason: "before" });
        control.emit({ id: "db", reason: "before, too" });
        const all = sentEvents(server, "/events?recent=true");
        assert.equal((await all.next()).value!.data.reason, "before");
        assert.equal((await all.next()).value!.data.reason, "before, too");
        const one = sentEvents(server, "/events?id=db");
        const first = one.next();
        while (control.eventListeners.size < 2) await new Promise((resolve) => setTimeout(resolve, 5));
        control.emit({ id: "web", kind: "health" });
        control.emit({ id: "db", kind: "breaker", reason: "open" });
        assert.deepEqual((await first).value, { event: "breaker", id: "4", data: control.events[3] });
        assert.equal((await all.next()).value!.event, "health");
        await Promise.all([all.return(undefined), one.return(undefined)]);
        const before: string[] = [];
        for await (const { id } of sentEvents(server, "/events?recent=true&follow=false&id=db")) {
          before.push(id!);
        }
        assert.deepEqual(before, ["2", "4"]);
        const kinds: string[] = [];
        const some = "/events?recent=true&follow=false&kind=breaker&kind=health&tail=2";
        for await (const { event } of sentEvents(server, some)) kinds.push(event);
        assert.deepEqual(kinds, ["health", "breaker"]);
        const resumed = sentEvents(server, "/events", { headers: { "last-event-id": "2" } });
        assert.deepEqual((await resumed.next()).value!.id, "3");
        await resumed.return(undefined);
        while (control.eventListeners.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }),
  );

  test("metrics begin with the last of each process", TIMEOUT, () =>
    served(async (server, control) => {
      const stream = sentEvents(server, "/metrics/stream");
      assert.deepEqual((await stream.next()).value!.data.task_id, "web");
      assert.deepEqual((await stream.next()).value!.data.task_id, "db");
      while (control.metricsListeners.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      for (const listener of control.metricsListeners) {
        listener({ ...control.latestMetrics()[1], state: "ended" });
      }
      assert.equal((await stream.next()).value!.data.state, "ended");
      await stream.return(undefined);
    }));

  test(
    "logs of several are one, of all or of those that are meant, and filtered",
    TIMEOUT,
    () =>
      served(async (server, control) => {
        control.lines.set("web", [logLine("INFO one"), logLine("ERROR two")]);
        control.lines.set("db", [logLine("ERROR three", "stderr", "db")]);
        const messages = async (query: string) =>
          (await ask(server, `/logs${query}`)).text.trimEnd().split("\n").map((line) =>
            JSON.parse(line).message
          );
        assert.deepEqual(await messages(""), ["INFO one", "ERROR two", "ERROR three"]);
        assert.deepEqual(await messages("?id=db&id=web&level=warn"), ["ERROR three", "ERROR two"]);
        assert.deepEqual(await messages("?id=w*&grep=ONE&ignore_case=true"), ["INFO one"]);
        assert.deepEqual(control.asked, ["mergedLogs ", "mergedLogs db web", "mergedLogs w*"]);
        const one = await ask(server, "/processes/web/logs?grep=two");
        assert.equal(JSON.parse(one.text).message, "ERROR two");
        const followed = pieces(server, "/logs?follow=true");
        assert.match((await followed.next()).value!, /INFO one/);
        await followed.return(undefined);
      }),
  );

  test(
    "logs come a JSON object a line, or as events, and are followed",
    TIMEOUT,
    () =>
      served(async (server, control) => {
        control.lines.set("web", [logLine("one"), logLine("two", "stderr")]);
        const { text, headers } = await ask(server, "/processes/web/logs");
        assert.match(headers["content-type"], /^application\/x-ndjson/);
        assert.deepEqual(
          text.trimEnd().split("\n").map((line) => JSON.parse(line)),
          control.lines.get("web"),
        );
        const err = await ask(server, "/processes/web/logs?stream=stderr&tail=5&since=2026-01-31T12:00:00Z");
        assert.equal(JSON.parse(err.text).message, "two");
        const query = JSON.parse(control.asked.at(-1)!.slice("logs web ".length));
        assert.deepEqual(query, {
          sinceMs: Date.UTC(2026, 0, 31, 12),
          tail: 5,
          follow: false,
          stream: "stderr",
        });
        const follow = sentEvents(server, "/processes/web/logs?follow=true", {
          headers: { accept: "text/event-stream" },
        });
        assert.equal((await follow.next()).value!.data.message, "one");
        assert.equal((await follow.next()).value!.data.message, "two");
        for (const follower of control.followers) follower.push([logLine("three")]);
        assert.equal((await follow.next()).value!.data.message, "three");
        await follow.return(undefined);
        while (control.followers.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
        assert.equal((await ask(server, "/processes/none/logs")).status, 404);
      }),
  );

  test("who follows what is silent is answered at once", TIMEOUT, () =>
    served(async (server, control) => {
      for (const path of ["/processes/web/logs?follow=true", "/logs?follow=true"]) {
        // Resolves with the head of the answer, and nobody writes anything.
        const { message, close } = await open(server, path);
        assert.equal(message.statusCode, 200);
        close();
        while (control.followers.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }));

  test(
    "a client that reads nothing harms nobody, and learns what it has missed",
    TIMEOUT,
    () =>
      served(async (server, control) => {
        const { message, close } = await open(server, "/events");
        message.pause();
        while (control.eventListeners.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        const before = process.memoryUsage().rss;
        const reason = "x".repeat(1_000);
        for (let count = 0; count < 50_000; count++) {
          control.emit({ reason });
          control.events.length = 0;
          // Now and then others have their turn.
          if (count % 1_000 === 0) assert.equal((await ask(server, "/healthz")).status, 200);
        }
        const grown = process.memoryUsage().rss - before;
        assert.ok(grown < 60_000_000, `${grown} bytes more`);
        let text = "";
        message.setEncoding("utf8");
        for await (const piece of message) {
          text += piece;
          if (/event: missed\ndata: \{"missed":\d+\}/.test(text)) break;
        }
        close();
      }),
  );

  test("streams end when the server does", TIMEOUT, () =>
    served(async (server, control, api) => {
      control.lines.set("web", [logLine("one")]);
      const ended = (async () => {
        for await (const _ of pieces(server, "/processes/web/logs?follow=true"));
      })();
      while (control.followers.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await api.close();
      await ended.catch(() => {}); // Cut off or ended: it does not hang.
      assert.ok(!existsSync(server), "the socket is gone");
    }));
});

describe("the API's socket", () => {
  test("is for its user alone", TIMEOUT, () =>
    served((server) => {
      assert.equal(statSync(server).mode & 0o777, 0o600);
      return Promise.resolve();
    }));

  test(
    "replaces a dead one, and refuses a live one and what is none",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const socket = `${directory}/s`;
        // A socket whose owner was killed: the file stays.
        await new Promise<void>((resolve) => {
          const dead = createServer().listen(`${directory}/other`, () => {
            import("node:fs").then(({ linkSync }) => {
              linkSync(`${directory}/other`, socket);
              dead.close(() => resolve());
            });
          });
        });
        assert.ok(existsSync(socket));
        const api = await ApiServer.open(new FakeControl(), { socket });
        assert.equal((await ask(socket, "/healthz")).status, 200);
        await assert.rejects(
          ApiServer.open(new FakeControl(), { socket }),
          /socket: another supervisor listens at ".*\/s"; end it \(proctor ctl shutdown\) or give another path$/,
        );
        assert.equal((await ask(socket, "/healthz")).status, 200, "the first is unharmed");
        await api.close();
        writeFileSync(socket, "precious");
        await assert.rejects(ApiServer.open(new FakeControl(), { socket }), /is there and is not a socket/);
        await assert.rejects(
          ApiServer.open(new FakeControl(), { socket: `${directory}/${"x".repeat(110)}` }),
          /107 bytes/,
        );
      }),
  );
});

describe("the API's port", () => {
  test(
    "makes a token where it was given none, for its user alone to read, another each time",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const control = new FakeControl();
        control.baseDirectory = directory;
        const tokens = new Set<string>();
        const file = `${directory}/api_token`;
        // What lies there is not written into: it may lead anywhere.
        writeFileSync(`${directory}/precious`, "precious");
        symlinkSync(`${directory}/precious`, file);
        for (let time = 0; time < 2; time++) {
          const api = await ApiServer.open(control, { port: { port: 0 } });
          try {
            assert.equal(api.tokenFile, file);
            const { mode } = lstatSync(file);
            assert.equal(mode & 0o177777, 0o100600);
            const token = readFileSync(file, "utf8").trim();
            assert.match(token, /^[\w-]{43}$/, "256 bits");
            tokens.add(token);
            const server = api.addresses[0];
            assert.equal((await ask(server, "/processes")).status, 401);
            assert.equal(
              (await ask(server, "/processes", { headers: { authorization: `Bearer ${token}` } })).status,
              200,
            );
          } finally {
            await api.close();
          }
          assert.ok(!existsSync(file), "it is gone with the port");
        }
        assert.equal(tokens.size, 2);
        assert.equal(readFileSync(`${directory}/precious`, "utf8"), "precious");
      }),
  );

  test("wants the token where there is one", TIMEOUT, () =>
    served(async (server) => {
      const none = await ask(server, "/processes");
      assert.deepEqual([none.status, none.headers["www-authenticate"]], [401, "Bearer"]);
      const wrong = await ask(server, "/processes", { headers: { authorization: "Bearer wrong" } });
      assert.equal(wrong.status, 401);
      const right = await ask(server, "/processes", { headers: BEARER });
      assert.equal(right.status, 200);
      assert.equal((await ask(server, "/healthz")).status, 200);
      assert.equal((await ask(server, "/openapi.json")).status, 401);
    }, atPort()));

  test("is not opened to other machines without a token", TIMEOUT, async () => {
    for (const host of ["0.0.0.0", "::", "192.0.2.1", "example.org"]) {
      await assert.rejects(
        ApiServer.open(new FakeControl(), { port: { host, port: 0 } }),
        /^ProctorError: process_manager: bind_address: ".*" lets other machines in: give a token, or bind to 127\.0\.0\.1$/,
      );
    }
    const api = await ApiServer.open(new FakeControl(), {
      port: { host: "0.0.0.0", port: 0, token: "t".repeat(16) },
    });
    assert.match(api.addresses[0], /^http:\/\/0\.0\.0\.0:\d+$/);
    await api.close();
  });

  test("that is taken is told of, and nothing stays behind", TIMEOUT, () =>
    served(async (server) => {
      const port = Number(new URL(server).port);
      await withDirectory(async (directory) => {
        const socket = `${directory}/s`;
        await assert.rejects(
          ApiServer.open(new FakeControl(), { socket, port: { port, token: TOKEN } }),
          /process_manager: port: cannot listen at 127\.0\.0\.1:\d+: another process listens there$/,
        );
        assert.ok(!existsSync(socket));
      });
    }, atPort()));
});
