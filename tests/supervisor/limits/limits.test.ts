import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fixture } from "../../support/fixture.ts";
import { shell, TestSupervisor } from "../support/supervisor.ts";

const limit = { timeout: 60_000 };
const QUICK = { monitoring_profile: { interval: "50ms", history_size: 10 } };

/** An entry that holds so much memory until it is ended. */
const holding = (mb: number, limits: object, control: object = {}) => ({
  id: "a",
  ...QUICK,
  management: {
    control: {
      executable: fixture("alloc_mb"),
      arguments: [String(mb), "300"],
      restart_policy: "never",
      context_aware_restart: { retry_delay: "10ms", jitter: 0 },
      ...control,
      limits,
    },
  },
});

describe("limits", () => {
  test("log: the supervisor's own log, and no event", limit, async () => {
    await using test = await TestSupervisor.start([holding(40, { memory: { max: "20M", policy: "log" } })]);
    await test.until("a line", () =>
      test.said.some((line) => /^a: memory: [\d.]+M, above the limit of 20M$/.test(line)));
    assert.equal(test.supervisor.get("a").state, "running");
    assert.deepEqual(test.events.filter(({ kind }) => kind === "limit"), []);
  });

  test("alert: an event, and a warning before", limit, async () => {
    await using test = await TestSupervisor.start([
      holding(40, {
        memory: { max: "1G", warning_threshold: 2, policy: "alert" },
        processes: { max: 1, policy: "none" },
      }),
    ]);
    const { reason } = await test.until("an event", () => test.events.find(({ kind }) => kind === "limit"));
    assert.match(reason!, /^memory: [\d.]+M, above the warning threshold of 2 % of 1G$/);
    assert.equal(test.supervisor.get("a").state, "running");
  });

  test("graceful_shutdown: the stop signal, then it has failed and stays down", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("a", "trap 'echo told; exit 0' TERM; sleep 300 & sleep 300 & while :; do sleep 0.02; done", {
        restart_policy: "always",
        limits: { processes: { max: 2, policy: "graceful_shutdown" } },
      }, QUICK),
    ]);
    const { reason } = await test.reaches("a", "failed");
    assert.match(reason!, /^processes: \d, above the limit of 2$/);
    assert.match(test.log("a"), /told/);
  });

  test("immediate_kill: no signal before SIGKILL", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("a", "trap 'echo told; exit 0' TERM; sleep 300 & sleep 300 & while :; do sleep 0.02; done", {
        limits: { processes: { max: 2, policy: "immediate_kill" } },
      }, QUICK),
    ]);
    await test.reaches("a", "failed");
    assert.equal(test.supervisor.describe("a").last_exit?.signal, "SIGKILL");
    assert.doesNotMatch(test.log("a"), /told/);
  });

  test("restart: whatever the policy, by its own parameters", limit, async () => {
    await using test = await TestSupervisor.start([
      holding(40, { memory: { max: "20M", policy: "restart" } }, {
        context_aware_restart: { resource_violations: { max_retries: 1, retry_delay: "20ms" } },
      }),
    ]);
    const { reason, restarts } = await test.reaches("a", "failed");
    assert.equal(restarts, 1);
    assert.match(reason!, /^given up after 1 restart in a row: memory/);
  });

  test("restart_adjusted: with a higher limit, until it fits", limit, async () => {
    await using test = await TestSupervisor.start([
      holding(40, { memory: { max: "30M", policy: "restart_adjusted", adjust_factor: 3 } }),
    ]);
    await test.until("a restart", () => test.supervisor.get("a").restarts === 1);
    await test.reaches("a", "running");
    const { state, restarts } = await test.until("it has more than it was given first", () => {
      const status = test.supervisor.get("a");
      return (status.memory_bytes ?? 0) > 30 * 2 ** 20 && status.restarts === 1 && status;
    });
    assert.deepEqual([state, restarts], ["running", 1]);
  });

  test("cpu: sustained means without a break, over the whole tree", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("a", "while :; do :; done & while :; do :; done", {
        limits: { cpu: { max_percent: 20, policy: "graceful_shutdown", sustained: "600ms" } },
      }, QUICK),
    ]);
    const started = performance.now();
    const { reason } = await test.reaches("a", "failed");
    assert.ok(performance.now() - started > 550);
    assert.match(reason!, /^CPU: [\d.]+ %, above the limit of 20 % for 0.6 s$/);
  });

  test("file_descriptors: those of all members", limit, async () => {
    await using test = await TestSupervisor.start([{
      id: "a",
      ...QUICK,
      management: {
        control: {
          executable: fixture("open_files"),
          arguments: ["200", "300"],
          limits: { file_descriptors: { max: 150, policy: "graceful_shutdown" } },
        },
      },
    }]);
    const { reason } = await test.reaches("a", "failed");
    assert.match(reason!, /^open descriptors: \d+, above the limit of 150$/);
  });

  test("are not watched in the time of grace after a start", limit, async () => {
    await using test = await TestSupervisor.start([
      holding(40, { memory: { max: "20M", policy: "graceful_shutdown" } }, {
        context_aware_restart: { startup_grace_period: "700ms" },
      }),
    ]);
    const started = performance.now();
    await test.reaches("a", "failed");
    assert.ok(performance.now() - started > 650);
  });
});

describe("the event hook", () => {
  test("runs a command with the event in its environment", limit, async () => {
    const manager = {
      on_event: {
        command: ["sh", "-c", 'echo "$PROCTOR_EVENT_ID $PROCTOR_EVENT_TO $PROCTOR_EVENT" >> events'],
        kinds: ["transition"],
      },
    };
    const test = await TestSupervisor.start([shell("a", "sleep 300")], manager);
    await test.reaches("a", "running");
    await test.end();
    const lines = readFileSync(`${test.files.path}/events`, "utf8").trim().split("\n");
    assert.deepEqual(lines.map((line) => line.split(" ", 2).join(" ")).sort(), [
      "a running",
      "a starting",
      "a stopped",
      "a stopping",
    ]);
    const event = JSON.parse(lines[0].slice(lines[0].indexOf("{")));
    assert.ok(test.events.some((one) => JSON.stringify(one) === JSON.stringify(event)));
    test.files[Symbol.dispose]();
  });

  test("that hangs is killed, and one that fails is told of", limit, async () => {
    const manager = { on_event: { command: ["sh", "-c", "exit 7"], kinds: ["supervisor_started"] } };
    await using test = await TestSupervisor.start([], manager);
    test.configure([], { on_event: { command: ["sleep", "300"], kinds: ["reloaded"], timeout: "100ms" } });
    await test.supervisor.reload();
    await test.until("a line", () =>
      test.said.some((line) => /on_event: sleep: no end within 100 ms/.test(line)));
  });
});

describe("an unmanaged process", () => {
  const unmanaged = (discovery: object, more: object = {}) => ({
    id: "u",
    type: "unmanaged",
    management: { discovery: { check_interval: "50ms", ...discovery }, ...more },
  });

  test("is found by its PID file, watched, and never touched", limit, async () => {
    const { spawn } = await import("node:child_process");
    await using test = await TestSupervisor.start([unmanaged({ method: "pid_file", pid_file: "u.pid" })]);
    assert.equal(test.supervisor.get("u").state, "stopped");
    const child = spawn("sleep", ["300"], { stdio: "ignore" });
    test.files.write("u.pid", `${child.pid}\n`);
    const status = await test.reaches("u", "running");
    assert.deepEqual([status.pid, status.type], [child.pid, "unmanaged"]);
    await assert.rejects(test.supervisor.stop("u"), /unmanaged/);
    await assert.rejects(test.supervisor.restart("u"), /unmanaged/);
    assert.equal(test.supervisor.describe("u").mechanism, "none");
    await test.end();
    assert.equal(child.exitCode, null);
    await test.begin();
    await test.reaches("u", "running");
    child.kill("SIGKILL");
    const { reason } = await test.reaches("u", "stopped");
    assert.match(reason!, /ended|no |not/);
  });

  test("is found by its name and by its port", limit, async () => {
    const { createServer } = await import("node:net");
    const { spawn } = await import("node:child_process");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    // The other runtime's tests run beside these.
    const name = `u-${process.pid}`;
    const perl =
      `$0 = "${name}"; require IO::Socket::INET; my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1"); print $s->sockport, "\\n"; $| = 1; print ""; sleep 300`;
    server.close();
    assert.ok(port > 0);
    const child = spawn("perl", ["-e", perl], { stdio: ["ignore", "pipe", "inherit"] });
    const listened = await new Promise<number>((resolve) =>
      child.stdout.once("data", (text) => resolve(Number(text)))
    );
    await using test = await TestSupervisor.start([
      { ...unmanaged({ method: "process_name", process_name: name }), id: "named" },
      {
        ...unmanaged({ method: "port", port: listened }, {
          health_check: { type: "tcp", tcp: { port: listened }, interval: "50ms" },
        }),
        id: "bound",
      },
    ]);
    assert.equal((await test.reaches("named", "running")).pid, child.pid);
    assert.equal((await test.reaches("bound", "running")).pid, child.pid);
    await test.until("it is healthy", () => test.supervisor.get("bound").health === "healthy");
    child.kill("SIGKILL");
    await test.reaches("named", "stopped");
  });
});
