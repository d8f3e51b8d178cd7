/* What managed processes send of metrics of their own: over restarts, changes of the configuration and supervisors. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { ProcessDescription } from "../../../supervisor/control.ts";
import { cannotDrop } from "../../cli/support/unprivileged.ts";
import { SupervisorProgram } from "../support/program.ts";
import { shell, TestSupervisor } from "../support/supervisor.ts";

const CASE = { timeout: 90_000 };
const noPython = !existsSync("/usr/bin/python3") && "needs python3";
const PYTHON = { ...CASE, skip: noPython };
const QUICK = { monitoring_profile: { interval: "100ms" } };
const FAST = { context_aware_restart: { retry_delay: "10ms", jitter: 0, max_retries: "unlimited" } };

/**
 * Sends all it knows again and again by every way that its environment names: connects anew each time, and takes no
 * refusal to heart. The number of its process is one of the values, so that runs can be told apart.
 */
const SENDER = `
import json, os, socket, time, urllib.request
def udp():
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.connect((os.environ["STATSD_HOST"], int(os.environ["STATSD_PORT"])))
    return one
def unix():
    one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.connect(os.environ["PROCTOR_METRICS_SOCKET"])
    return one
def otlp():
    gauge = {"name": "by.otlp", "gauge": {"dataPoints": [{"asInt": os.getpid(), "timeUnixNano": "1"}]}}
    body = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [gauge]}]}]}).encode()
    where = os.environ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"]
    headers = {"content-type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(where, body, headers), timeout=5).read()
sent = 0
def tick():
    global sent
    sent += 1
    udp().send(b"by.udp:%d|g\\nticks:1|c\\nsent:%d|g\\nother:1|g" % (os.getpid(), sent))
ways = [tick,
        lambda: unix().send(b"by.socket:%d|g" % os.getpid()), otlp]
while True:
    for way in ways:
        try:
            way()
        except (KeyError, OSError):
            pass
    time.sleep(0.05)
`;
const NAMES = ["by_*", "sent", "ticks"];
const ALL = { app_statsd: true, app_otlp: true, app_metrics: NAMES };

function sender(id: string, more: object = ALL, control: object = {}) {
  return shell(id, "", { executable: "/usr/bin/python3", arguments: ["-c", SENDER], ...FAST, ...control }, {
    ...QUICK,
    ...more,
  });
}

/** What it tells, once all of it is of the process that runs. */
async function told(test: TestSupervisor, id: string, keys = ["app_by_otlp", "app_by_socket", "app_by_udp"]) {
  return await test.until(`${id} tells ${keys}`, () => {
    const { pid, app } = test.supervisor.get(id);
    return pid !== null && keys.every((key) => app?.[key] === pid) && { pid, app: app! };
  });
}

function variablesOf(pid: number): Record<string, string> {
  const words = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter((word) => word.includes("="));
  return Object.fromEntries(
    words.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]),
  );
}

function addressesOf(pid: number): (string | undefined)[] {
  const found = variablesOf(pid);
  return [
    found.STATSD_HOST,
    found.STATSD_PORT,
    found.PROCTOR_METRICS_SOCKET,
    found.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT,
  ];
}

function socketsIn(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.endsWith(".sock") && name !== "proctor.sock");
}

describe("metrics that managed processes send", () => {
  test("come by every way, over restarts of the process, and leave nothing", PYTHON, async () => {
    await using test = await TestSupervisor.start([sender("web"), shell("quiet", "sleep 300", {}, QUICK)]);
    const directory = join(test.base, "proctor");
    const first = await told(test, "web");
    assert.deepEqual(Object.keys(first.app).sort(), [
      "app_by_otlp",
      "app_by_socket",
      "app_by_udp",
      "app_sent",
      "app_ticks_per_second",
      "app_ticks_total",
    ]);
    const addresses = addressesOf(first.pid);
    assert.deepEqual([addresses[0], addresses[2]], ["127.0.0.1", join(directory, "web.sock")]);
    assert.equal(lstatSync(directory).mode & 0o777, 0o700);
    assert.equal(lstatSync(join(directory, "web.sock")).mode & 0o777, 0o600);
    // In messages, as in the description.
    await test.until("a message has them", () => {
      const latest = test.supervisor.latestMetrics().find(({ task_id }) => task_id === "web");
      return latest?.metrics.app?.app_by_udp === first.pid && latest.metrics.app.app_ticks_total! > 0;
    });
    const { app } = test.supervisor.describe("web");
    assert.deepEqual(app!.metrics.map(({ name, source }) => [name, source]), [
      ["app_by_otlp", "otlp"],
      ["app_by_socket", "statsd"],
      ["app_by_udp", "statsd"],
      ["app_sent", "statsd"],
      ["app_ticks", "statsd"],
    ]);
    assert.ok(app!.unselected_line_count > 0 && app!.dropped_datagram_count === 0);
    assert.deepEqual([test.supervisor.get("quiet").app, test.supervisor.describe("quiet").app], [null, null]);

    await test.until("it has counted", () => test.supervisor.get("web").app!.app_ticks_total! >= 20);
    process.kill(first.pid, "SIGKILL");
    const second = await test.until("it is another", () => {
      const { pid } = test.supervisor.get("web");
      return pid !== null && pid !== first.pid && pid;
    });
    const again = await told(test, "web");
    assert.equal(again.pid, second);
    assert.deepEqual(addressesOf(second), addresses);
    // The counts of a run are its own: it says with each how many it has sent.
    const { app_ticks_total: ticks, app_sent: sent } = again.app;
    assert.ok(ticks! > 0 && ticks! <= sent!, `${ticks} of ${sent}`);
    assert.deepEqual(test.events.filter(({ kind }) => kind === "degraded"), []);
    await test.supervisor.stop("web");
    assert.equal(test.supervisor.get("web").app, null);
    await test.end();
    assert.deepEqual(socketsIn(directory), []);
    assert.equal(await isFree(Number(addresses[1])), true);
  });

  test(
    "follow the configuration: what has changed, what is new, and what is there no more",
    PYTHON,
    async () => {
      await using test = await TestSupervisor.start([sender("web"), sender("gone")]);
      const directory = join(test.base, "proctor");
      const before = await told(test, "web");
      await told(test, "gone");
      test.configure([
        sender("web", { app_statsd: true, app_metrics: ["ticks"] }),
        sender("new", { app_otlp: true }),
      ]);
      await test.supervisor.reload();
      const after = await test.until("web tells of its ticks alone", () => {
        const { pid, app } = test.supervisor.get("web");
        return pid !== null && (app?.app_ticks_total ?? 0) > 0 && { pid, app: app! };
      });
      assert.notEqual(after.pid, before.pid);
      assert.deepEqual(Object.keys(after.app).sort(), ["app_ticks_per_second", "app_ticks_total"]);
      assert.equal(variablesOf(after.pid).OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, undefined);
      const added = await told(test, "new", ["app_by_otlp"]);
      assert.deepEqual(Object.keys(added.app), ["app_by_otlp"]);
      assert.equal(variablesOf(added.pid).STATSD_PORT, undefined);
      assert.deepEqual(socketsIn(directory), ["web.sock"]);
      test.configure([shell("web", "sleep 300")]);
      await test.supervisor.reload();
      await test.reaches("web", "running");
      assert.deepEqual(socketsIn(directory), []);
    },
  );

  test("of instances come by endpoints of each", PYTHON, async () => {
    await using test = await TestSupervisor.start([sender("web", { app_statsd: true, instances: 2 })]);
    const keys = ["app_by_socket", "app_by_udp"];
    const pids = [await told(test, "web:0", keys), await told(test, "web:1", keys)].map(({ pid }) => pid);
    assert.equal(new Set(pids.map((pid) => addressesOf(pid)[1])).size, 2);
    assert.deepEqual(socketsIn(join(test.base, "proctor")), ["web:0.sock", "web:1.sock"]);
  });

  test("go to the next supervisor, which takes the same addresses", PYTHON, async () => {
    await using test = await TestSupervisor.start([sender("web")]);
    const before = await told(test, "web");
    const addresses = addressesOf(before.pid);
    await test.end({ detach: true });
    assert.deepEqual(socketsIn(join(test.base, "proctor")), []);
    await test.begin();
    const after = await told(test, "web");
    assert.equal(after.pid, before.pid);
    assert.equal(test.supervisor.get("web").degraded, null);
    // Of a run that follows, too.
    process.kill(after.pid, "SIGKILL");
    await test.until("it is another", () => ![null, after.pid].includes(test.supervisor.get("web").pid));
    assert.deepEqual(addressesOf((await told(test, "web")).pid), addresses);
  });

  test(
    "are told to be lost where somebody else has the port meanwhile, once, and come as soon as it is free",
    PYTHON,
    async () => {
      await using test = await TestSupervisor.start([
        sender("web", { app_statsd: true }),
        sender("otlp", { app_otlp: true }),
      ]);
      const { pid } = await told(test, "web", ["app_by_udp"]);
      const other = await told(test, "otlp", ["app_by_otlp"]);
      await test.end({ detach: true });
      const port = Number(variablesOf(pid).STATSD_PORT);
      const stranger = createSocket("udp4");
      await new Promise<void>((resolve, reject) => {
        stranger.on("error", reject);
        stranger.bind(port, "127.0.0.1", resolve);
      });
      try {
        test.events.length = 0;
        await test.begin();
        await told(test, "web", ["app_by_socket"]);
        const sentence = await test.until("it is told", () => test.supervisor.get("web").degraded);
        assert.match(
          sentence,
          new RegExp(`^its metrics cannot be taken: .* at port ${port}: another process listens there$`),
        );
        assert.equal(test.supervisor.get("web").app!.app_by_udp, undefined);
        assert.equal((await told(test, "otlp", ["app_by_otlp"])).pid, other.pid);
      } finally {
        await new Promise<void>((resolve) => stranger.close(() => resolve()));
      }
      await told(test, "web", ["app_by_udp", "app_by_socket"]);
      const reasons = test.events.flatMap(({ kind, id, reason }) =>
        kind === "degraded" ? [`${id}: ${reason}`] : []
      );
      assert.equal(reasons.length, 2, reasons.join("\n"));
      assert.match(
        reasons[0],
        /^web: its metrics cannot be taken: .*; it is tried again, and a restart gives it another address$/,
      );
      assert.equal(reasons[1], "web: its metrics are taken again");
      assert.equal(test.supervisor.get("web").degraded, null);
    },
  );

  test("are null where all of its addresses are taken, until a restart gives it others", PYTHON, async () => {
    await using test = await TestSupervisor.start([sender("otlp", { app_otlp: true })]);
    const { pid } = await told(test, "otlp", ["app_by_otlp"]);
    const { port } = new URL(variablesOf(pid).OTEL_EXPORTER_OTLP_METRICS_ENDPOINT);
    await test.end({ detach: true });
    const { createServer } = await import("node:http");
    const stranger = createServer((_, response) => void response.end());
    await new Promise<void>((resolve) => stranger.listen(Number(port), "127.0.0.1", resolve));
    try {
      await test.begin();
      await test.until("it is told", () => test.supervisor.get("otlp").degraded);
      const latest = await test.until("a message", () =>
        test.supervisor.latestMetrics().find(({ task_id }) => task_id === "otlp"));
      assert.equal(latest.metrics.app, null);
      assert.deepEqual([test.supervisor.get("otlp").app, test.supervisor.describe("otlp").app], [null, null]);
      await test.supervisor.restart("otlp");
      const after = await told(test, "otlp", ["app_by_otlp"]);
      assert.notEqual(new URL(variablesOf(after.pid).OTEL_EXPORTER_OTLP_METRICS_ENDPOINT).port, port);
      assert.equal(test.supervisor.get("otlp").degraded, null);
    } finally {
      stranger.closeAllConnections();
      stranger.close();
    }
  });

  test("leave variables alone that are set, and say so once", PYTHON, async () => {
    await using test = await TestSupervisor.start([
      sender("web", ALL, { environment: { STATSD_PORT: "1", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" } }),
    ]);
    const { pid } = await told(test, "web", ["app_by_socket"]);
    const { STATSD_HOST, STATSD_PORT, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT } = variablesOf(pid);
    assert.deepEqual([STATSD_HOST, STATSD_PORT, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT], [
      undefined,
      "1",
      undefined,
    ]);
    process.kill(pid, "SIGKILL");
    await test.until("it is another", () => ![null, pid].includes(test.supervisor.get("web").pid));
    await told(test, "web", ["app_by_socket"]);
    const lines = test.said.filter((line) => line.includes("app metrics"));
    assert.equal(lines.length, 2, lines.join("\n"));
    assert.match(lines[0], /^web: app metrics: STATSD_PORT is set already and stays as it is/);
    assert.match(lines[1], /^web: app metrics: OTEL_EXPORTER_OTLP_PROTOCOL is set already, to neither/);
  });

  test("of another user come by UDP: the directory is closed to him", {
    ...CASE,
    skip: noPython || cannotDrop,
  }, async () => {
    await using test = await TestSupervisor.start([
      sender("web", { app_statsd: true }, { user: 65534, group: 65534, working_directory: "/" }),
    ]);
    const { pid } = await told(test, "web", ["app_by_udp"]);
    assert.equal(variablesOf(pid).PROCTOR_METRICS_SOCKET, undefined);
    assert.deepEqual(socketsIn(join(test.base, "proctor")), []);
  });
});

test(
  "metrics go on after kill -9 of the supervisor",
  PYTHON,
  async () => {
    await using program = new SupervisorProgram();
    program.configure([sender("web")]);
    await program.start();
    const told = () =>
      program.until("they are told", async () => {
        const [{ pid, app }] = await program.status();
        return pid !== null && app?.app_by_socket === pid && app.app_by_otlp === pid &&
          app.app_by_udp === pid && pid;
      });
    const pid = await told();
    await program.kill();
    await program.start();
    assert.equal(await told(), pid);
    const description = await program.ask<ProcessDescription>("/processes/web/description");
    assert.equal(description.app!.metrics.find(({ name }) => name === "app_by_udp")!.last, pid);
    await program.kill();
    // What is in no configuration any more leaves nothing, either.
    program.configure([]);
    await program.start();
    assert.equal(await program.stop(), 0);
    assert.deepEqual(socketsIn(join(program.base, "proctor")), []);
  },
);

/** Whether nobody has a port for UDP on the loopback. */
async function isFree(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  try {
    return await new Promise((resolve) => {
      socket.on("error", () => resolve(false));
      socket.bind(port, "127.0.0.1", () => resolve(true));
    });
  } finally {
    socket.close();
  }
}
