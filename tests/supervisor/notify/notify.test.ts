import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { ConfigError } from "../../../config/fault.ts";
import { loadConfig } from "../../../supervisor/config/load.ts";
import { NotifySockets } from "../../../supervisor/notify/notify_sockets.ts";
import { scratch } from "../support/files.ts";
import { SupervisorProgram } from "../support/program.ts";
import { shell, TestSupervisor } from "../support/supervisor.ts";
import { asNobody, cannotDrop } from "../../cli/support/unprivileged.ts";

const LONG = { timeout: 60_000 };
const noPython = !existsSync("/usr/bin/python3") && "needs python3";
const noSystemd = spawnSync("systemd-notify", ["--version"]).status !== 0 && "needs systemd-notify";

/** Sends a message, as sd_notify(3) says it is sent: a name that begins with @ is abstract. */
const SAY = `
import os, socket, sys, time
def say(text, place=os.environ.get("NOTIFY_SOCKET")):
    one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(text.encode(), "\\0" + place[1:] if place[0] == "@" else place)
    one.close()
def wait(name):
    while not os.path.exists(name): time.sleep(0.01)
`;

function python(lines: string, control: object = {}, management: object = {}, more: object = {}) {
  const runs = { executable: "/usr/bin/python3", arguments: ["-c", SAY + lines], graceful_timeout: "200ms" };
  return { id: "a", ...more, management: { control: { ...runs, ...control }, ...management } };
}

const READY = { readiness_check: { type: "notify" } };
const FOREVER = "\nwhile True: time.sleep(10)\n";

describe("sd_notify", () => {
  test("a process is running once it has said READY=1, in each life anew, and says what it does", {
    ...LONG,
    skip: noPython,
  }, async () => {
    using files = scratch();
    const control = { working_directory: files.path };
    const lines = `
open("up", "a").write("x")
n = os.path.getsize("up")
say("STATUS=loading \\x1b[1m")
wait("go" + "x" * n)
say("READY=1\\nSTATUS=serving")
wait("reload")
say("RELOADING=1")
wait("again")
say("READY=1\\nSTATUS=")${FOREVER}`;
    await using test = await TestSupervisor.start([python(lines, control, READY)]);
    const text = () => test.supervisor.get("a").status_text;
    for (const go of ["gox", "goxx"]) {
      await test.until("it loads", () => text() === "loading \\x1b[1m");
      assert.equal(test.supervisor.get("a").state, "starting");
      files.write(go, "");
      await test.reaches("a", "running");
      await test.until("it serves", () => text() === "serving");
      if (go === "gox") void test.supervisor.restart("a").catch(() => {});
      await test.until("it begins anew", () => go === "goxx" || test.path("a").includes("stopping"));
    }
    files.write("reload", "");
    await test.until("it reloads", () => text() === "it is reloading: serving");
    files.write("again", "");
    await test.until("it says nothing more", () => text() === null);
  });

  test("by systemd-notify, which waits until it was heard", { ...LONG, skip: noSystemd }, async () => {
    await using test = await TestSupervisor.start([
      shell("a", "systemd-notify --ready --status='up and well' || exit 9; exec sleep 1000", {}, {}, READY),
    ]);
    await test.reaches("a", "running");
    assert.equal(test.supervisor.get("a").status_text, "up and well");
  });

  test(
    "what never says so has failed, and what it was asked for is said",
    { ...LONG, skip: noPython },
    async () => {
      const control = { start_timeout: "1s", restart_policy: "never" };
      await using test = await TestSupervisor.start([python(`say("READY=0")${FOREVER}`, control, READY)]);
      const { reason } = await test.reaches("a", "failed");
      assert.equal(reason, "it was not ready in time (ready): it has not sent READY=1 yet (sd_notify(3))");
    },
  );

  test("others are not heard: neither another process of ours, nor a stranger", {
    ...LONG,
    skip: noPython,
  }, async () => {
    using files = scratch();
    const place = join(files.path, "place");
    const own = python(`open("${place}", "w").write(os.environ["NOTIFY_SOCKET"])${FOREVER}`, {
      start_timeout: "2s",
      restart_policy: "never",
    }, READY);
    const other = python(`wait("${place}")
time.sleep(0.1)
for _ in range(5): say("READY=1\\nSTATUS=forged", open("${place}").read())
open("${place}.said", "w")${FOREVER}`);
    await using test = await TestSupervisor.start([own, { ...other, id: "b" }]);
    await test.until("the other has said so", () => existsSync(`${place}.said`));
    const path = readFileSync(place, "utf8");
    assert.equal(lstatSync(path).mode & 0o777, 0o600);
    const words = ["-c", `${SAY}say("READY=1", sys.argv[1])`, path];
    assert.equal(spawnSync("/usr/bin/python3", words).status, 0);
    if (!cannotDrop) {
      const [program, ...rest] = asNobody(["/usr/bin/python3", ...words]);
      assert.match(spawnSync(program, rest, { encoding: "utf8" }).stderr, /PermissionError/);
    }
    await test.reaches("a", "failed");
    assert.equal(test.supervisor.get("a").status_text, null);
    assert.equal(test.supervisor.get("b").status_text, null);
  });

  test("one that runs as another user is heard, and strangers are not", {
    ...LONG,
    skip: noPython || cannotDrop,
  }, async () => {
    using files = scratch();
    chmodSync(files.path, 0o755);
    const lines = `
print(os.environ["NOTIFY_SOCKET"], flush=True)
wait("${files.path}/go")
say("STATUS=here")
wait("${files.path}/ready")
say("READY=1")${FOREVER}`;
    await using test = await TestSupervisor.start([
      python(lines, { user: "nobody", working_directory: "/" }, READY),
    ]);
    const place = await test.until("it says where", () => /@proctor\/[0-9a-f]{32}/.exec(test.log("a"))?.[0]);
    const [program, ...rest] = asNobody([
      "/usr/bin/python3",
      "-c",
      `${SAY}say("READY=1", sys.argv[1])`,
      place,
    ]);
    assert.equal(spawnSync(program, rest).status, 0);
    files.write("go", "");
    // What the stranger has sent was there before, and was read by then.
    await test.until("it is heard", () => test.supervisor.get("a").status_text === "here");
    assert.equal(test.supervisor.get("a").state, "starting");
    files.write("ready", "");
    await test.reaches("a", "running");
  });

  test("whoever has taken the abstract name meanwhile keeps no process from its socket", LONG, async () => {
    using files = scratch();
    const directory = { notifySocket: join(files.path, "notify.sock"), label: "a secret" };
    const [before, after] = [0, 1].map(() => new NotifySockets(directory, () => false));
    try {
      const taken = await before.addressFor(true);
      assert.match(taken, /^@proctor\/[\da-f]{32}$/);
      assert.equal(await before.addressFor(true), taken);
      const free = await after.addressFor(true);
      assert.match(free, /^@proctor\/[\da-f]{32}$/);
      assert.notEqual(free, taken);
      assert.equal(await after.addressFor(true), free);
      assert.equal(await after.addressFor(false), directory.notifySocket);
    } finally {
      for (const one of [before, after]) one.close();
    }
  });

  test("a watchdog that is missed is a failure of health; one that is kept is none", {
    ...LONG,
    skip: noPython,
  }, async () => {
    using files = scratch();
    const lines = `
assert os.environ["WATCHDOG_USEC"] == "1000000"
while not os.path.exists("hang"):
    say("WATCHDOG=1")
    time.sleep(0.1)
os.remove("hang")${FOREVER}`;
    const control = { working_directory: files.path, watchdog: "1s" };
    const retry = { context_aware_restart: { health_failures: { retry_delay: "0s" } } };
    await using test = await TestSupervisor.start([python(lines, { ...control, ...retry })]);
    await test.until("it is healthy", () => test.supervisor.get("a").health === "healthy");
    const before = performance.now();
    await test.until("more than a second passes", () => performance.now() - before > 1_500);
    assert.deepEqual(test.path("a"), ["starting", "running"]);
    files.write("hang", "");
    await test.until("it is started again", () =>
      test.path("a").filter((state) => state === "running").length > 1);
    const reasons = test.events.flatMap(({ kind, reason }) => kind === "health" ? [reason] : []);
    assert.deepEqual(reasons.slice(0, 2), [
      "it is healthy",
      "it is unhealthy: it has not sent WATCHDOG=1 for 1 s",
    ]);
    assert.deepEqual(test.path("a").slice(2), ["stopping", "backoff", "starting", "running"]);
  });

  test("what changes to and fro is not told each time, nor what is no time for a watchdog", {
    ...LONG,
    skip: noPython,
  }, async () => {
    using files = scratch();
    const lines = `
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
one.connect(os.environ["NOTIFY_SOCKET"])
for round in range(500): one.send(b"WATCHDOG=trigger"), one.send(b"WATCHDOG=1")
say("READY=1")
for round in range(500): one.send(b"WATCHDOG=trigger"), one.send(b"WATCHDOG=1")
say("STATUS=done")
while True: one.send(b"WATCHDOG=trigger"), one.send(b"WATCHDOG=1"), time.sleep(0.001)`;
    const control = { working_directory: files.path, watchdog: "1h", restart_policy: "never" };
    await using test = await TestSupervisor.start([python(lines, control, READY)]);
    await test.until("it has sent all", () => test.supervisor.get("a").status_text === "done");
    await test.end();
    const reasons = test.events.flatMap(({ kind, reason }) => kind === "health" ? [reason!] : []);
    assert.deepEqual(reasons.slice(0, 2), [
      "it is healthy",
      "it is unhealthy: it has triggered its watchdog (WATCHDOG=trigger)",
    ]);
    assert.ok(reasons.length < 50, `${reasons.length} of health`);
    assert.ok(test.events.length < 80, `${test.events.length} events`);
  });

  test("what has said STOPPING=1 and does not end is killed when its grace is over", {
    ...LONG,
    skip: noPython,
  }, async () => {
    const lines = `
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
say("STOPPING=1\\nSTATUS=saving")${FOREVER}`;
    const control = { graceful_timeout: "500ms", restart_policy: "never" };
    await using test = await TestSupervisor.start([python(lines, control, READY)]);
    await test.until("it says so", () => test.supervisor.get("a").status_text === "it is stopping: saving");
    const { reason } = await test.reaches("a", "failed");
    assert.equal(reason, "it was ended by SIGKILL");
    assert.match(
      test.said.join("\n"),
      /^.*a: it has said STOPPING=1 and not ended within its grace: it is killed$/m,
    );
  });

  test("the next supervisor hears what runs, and a supervisor's own socket is nobody else's", {
    timeout: 120_000,
    skip: noPython,
  }, async () => {
    await using program = new SupervisorProgram();
    const lines = `
say("READY=1")
while True:
    try: say("WATCHDOG=1\\nSTATUS=for " + str(os.path.exists("second")))
    except OSError: pass
    time.sleep(0.1)
`;
    const control = { working_directory: program.files.path, watchdog: "3s", restart_policy: "on_failure" };
    program.configure([
      python(lines, control, READY),
      shell("b", "env > env; exec sleep 1000", { working_directory: program.files.path }),
    ]);
    process.env.NOTIFY_SOCKET = "/run/of/ours";
    process.env.WATCHDOG_USEC = "1000";
    try {
      await program.start();
    } finally {
      delete process.env.NOTIFY_SOCKET;
      delete process.env.WATCHDOG_USEC;
    }
    const of = async (id: string) => (await program.status()).find((one) => one.id === id)!;
    const isUp = async () => (await of("a")).state === "running" && (await of("b")).state === "running";
    await program.until("they run", isUp);
    const env = await program.until("it has written its environment", () => {
      const text = readFileSync(join(program.files.path, "env"), "utf8");
      return text.includes("PATH=") && text;
    });
    assert.doesNotMatch(env, /^(?:NOTIFY_SOCKET|WATCHDOG_USEC)=/m);
    const { pid } = await of("a");
    await program.kill();
    program.files.write("second", "");
    await program.start();
    await program.until("it is heard", async () => (await of("a")).status_text === "for True");
    assert.equal((await of("a")).pid, pid);
    assert.equal((await of("a")).health, "healthy");
  });

  test(
    "what was said just before the supervisor goes is known to the next",
    { ...LONG, skip: noPython },
    async () => {
      using files = scratch();
      const lines = `
time.sleep(0.3)
say("READY=1")
open("said", "w").close()${FOREVER}`;
      await using test = await TestSupervisor.start([
        python(lines, { working_directory: files.path }, READY),
      ]);
      const { pid } = await test.until("it runs", () => {
        const status = test.supervisor.get("a");
        return status.pid !== null && status;
      });
      while (!existsSync(join(files.path, "said"))) await new Promise((resolve) => setImmediate(resolve));
      await test.end({ detach: true });
      await test.begin();
      assert.equal((await test.reaches("a", "running")).pid, pid);
    },
  );

  test("nobody misses his watchdog for a supervisor that takes long to start", {
    ...LONG,
    skip: noPython,
  }, async () => {
    const lines = `
while True:
    try: say("WATCHDOG=1")
    except OSError: pass
    time.sleep(0.1)
`;
    const a = python(lines, { watchdog: "500ms" });
    const slow = shell("slow", "trap '' TERM; while :; do sleep 1; done", { graceful_timeout: "2s" });
    await using test = await TestSupervisor.start([a, slow]);
    await test.reaches("slow", "running");
    await test.until("it is healthy", () => test.supervisor.get("a").health === "healthy");
    const { pid } = test.supervisor.get("a");
    await test.end({ detach: true });
    const from = test.events.length;
    test.configure([a]);
    const before = performance.now();
    await test.begin();
    assert.ok(performance.now() - before > 1_000, "its start has waited for the end of what is gone");
    await test.until("it is heard", () => test.supervisor.get("a").health === "healthy");
    assert.equal(test.supervisor.get("a").pid, pid);
    assert.ok(test.events.slice(from).every(({ to }) => to !== "stopping"));
  });

  test("what makes no sense is refused, in the short form as in the nested one", () => {
    using files = scratch();
    const text = `
processes:
  a: { command: x, ready: notify, watchdog: 10s }
  b: { command: x, health: { type: notify } }
  c: { command: x, ready: { type: notify, log: { match: x } } }
  d: { command: x, watchdog: 1ms }
  e: { command: x, watchdog: soon }
  f: { command: x, depends_on: { a: healthy } }
`;
    assert.throws(
      () => loadConfig(files.write("proctor.yaml", text), { variables: {} }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual(error.faults.map(({ key }) => key), [
          "processes.b.health_check.type",
          "processes.c.readiness_check.log",
          "processes.d.watchdog",
          "processes.e.watchdog",
        ]);
        return true;
      },
    );
    const good = text.split("\n").slice(0, 3).join("\n");
    const { definitions: [a] } = loadConfig(files.write("good.yaml", good), { variables: {} });
    assert.equal(a.readinessCheck?.target.type, "notify");
    assert.equal(a.launch?.watchdogMs, 10_000);
  });
});
