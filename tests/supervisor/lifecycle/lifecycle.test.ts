import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ControlError } from "../../../supervisor/control.ts";
import { isAlive, shell, TestSupervisor } from "../support/supervisor.ts";

const FAST = { context_aware_restart: { retry_delay: "10ms", jitter: 0 } };
const limit = { timeout: 60_000 };

describe("a process", () => {
  test("is started, has a PID file, and goes with all of its tree", limit, async () => {
    await using test = await TestSupervisor.start([shell("a", "sleep 300 & echo $!; wait")]);
    const { pid, restarts, process_count } = await test.reaches("a", "running");
    assert.equal(readFileSync(join(test.base, "proctor/a.pid"), "utf8"), `${pid}\n`);
    assert.equal(restarts, 0);
    const child = await test.until("its child", () => Number(/stdout \| (\d+)/.exec(test.log("a"))?.[1]));
    assert.ok(isAlive(pid!) && isAlive(child));
    assert.ok(process_count! >= 1);
    await test.supervisor.stop("a");
    assert.deepEqual([isAlive(pid!), isAlive(child)], [false, false]);
    assert.equal(existsSync(join(test.base, "proctor/a.pid")), false);
    assert.deepEqual(test.path("a"), ["starting", "running", "stopping", "stopped"]);
  });

  test("gets its directory, its variables, and a session of its own", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("a", 'pwd; echo "$A"; cut -d" " -f6 /proc/$$/stat; echo $$; sleep 300', {
        working_directory: "/usr",
        environment: { A: "x y" },
      }),
    ]);
    const { pid } = await test.reaches("a", "running");
    const log = await test.until("what it prints", () =>
      test.log("a").includes(`| ${pid}\n`) && test.log("a"));
    assert.match(log, /\| \/usr\n.*\| x y\n/);
    assert.match(log, new RegExp(`\\| ${pid}\\n.*\\| ${pid}\\n`));
  });

  test("may open no more descriptors than it is told", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("a", "ulimit -n; ulimit -Hn", { file_descriptor_limit: 77 }),
    ]);
    await test.until("what it prints", () => /\| 77\n.*\| 77\n/.test(test.log("a")));
  });

  const noRoot = process.getuid?.() !== 0 && "needs root";
  test("runs as another user", { ...limit, skip: noRoot }, async () => {
    await using test = await TestSupervisor.start([
      shell("a", "id -u; id -g", { user: "nobody", working_directory: "/" }),
      shell("b", "true", { user: "no-such-user", restart_policy: "never" }),
    ]);
    await test.until("what it prints", () => /\| 65534\n.*\| 65534\n/.test(test.log("a")));
    const { reason } = await test.reaches("b", "failed");
    assert.match(reason!, /\(resolve\): there is no user "no-such-user"/);
  });

  test("is restarted after a crash, with a new PID in its file", limit, async () => {
    await using test = await TestSupervisor.start([shell("a", "sleep 300", FAST)]);
    const { pid } = await test.reaches("a", "running");
    process.kill(pid!, "SIGKILL");
    const next = await test.until("a new one", () => {
      const status = test.supervisor.get("a");
      return status.state === "running" && status.pid !== pid ? status : null;
    });
    assert.equal(next.restarts, 1);
    assert.equal(readFileSync(join(test.base, "proctor/a.pid"), "utf8"), `${next.pid}\n`);
    assert.equal(test.events.find(({ to }) => to === "backoff")?.reason, "it was ended by SIGKILL");
    assert.deepEqual(test.supervisor.describe("a").last_exit?.signal, "SIGKILL");
  });

  test("that has left something behind has it cleared away before it is started again", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("a", "sleep 300 & echo child $!; sleep 0.2; exit 1", FAST),
    ]);
    const child = await test.until("its child", () => Number(/child (\d+)/.exec(test.log("a"))?.[1]));
    await test.until("a second run", () => test.supervisor.get("a").restarts >= 1);
    assert.equal(isAlive(child), false);
  });

  test("with exit code 0 stays down under on_failure", limit, async () => {
    await using test = await TestSupervisor.start([shell("a", "exit 0", FAST)]);
    const { reason } = await test.reaches("a", "stopped");
    assert.equal(reason, "it ended with exit code 0");
    assert.deepEqual(test.path("a"), ["starting", "running", "stopped"]);
  });

  test("is given up, with the reason", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("a", "exit 3", { context_aware_restart: { retry_delay: "5ms", max_retries: 3 } }),
    ]);
    const { reason, restarts } = await test.reaches("a", "failed");
    assert.equal(reason, "given up after 3 restarts in a row: it ended with exit code 3");
    assert.equal(restarts, 3);
  });

  test(
    "behind a breaker is left alone when it fails too often, until somebody resets it",
    limit,
    async () => {
      await using test = await TestSupervisor.start([
        shell("a", "exit 3", {
          context_aware_restart: { retry_delay: "5ms", max_retries: "unlimited" },
          circuit_breaker: { failures: 3, cooldown: "1h" },
        }),
      ]);
      await test.until("an open breaker", () => test.events.some(({ kind }) => kind === "breaker"));
      const { breaker, next_start_at } = test.supervisor.describe("a");
      assert.equal(breaker?.state, "open");
      assert.ok(Date.parse(next_start_at!) - Date.now() > 3_000_000);
      const before = test.path("a").length;
      await test.supervisor.reset("a");
      await test.until("further starts", () => test.path("a").length > before + 5);
    },
  );
});

describe("stages of a start that failed", () => {
  const never = { restart_policy: "never" };
  const CASES: [stage: string, entry: object, said: RegExp][] = [
    ["resolve", { executable: "/no/such/program", ...never }, /no such file/],
    ["resolve", { executable: "no-such-program-anywhere", ...never }, /not found in PATH/],
    [
      "resolve",
      { executable: "./a://user:secret@host", ...never },
      /:\/\/user:\(hidden\)@host: no such file/,
    ],
    [
      "spawn",
      { executable: "sleep", working_directory: "/no/such/directory", ...never },
      /no\/such\/directory/,
    ],
  ];
  for (const [stage, control, said] of CASES) {
    test(`${stage}: ${JSON.stringify(control)}`, limit, async () => {
      await using test = await TestSupervisor.start([{ id: "a", management: { control } }]);
      const { reason, pid } = await test.reaches("a", "failed");
      assert.match(reason!, new RegExp(`^it could not be started \\(${stage}\\): `));
      assert.match(reason!, said);
      assert.equal(pid, null);
    });
  }

  test("exec: a file that is not a program", limit, async () => {
    await using test = await TestSupervisor.start([{
      id: "b",
      enabled: false,
      management: { control: { executable: "x" } },
    }]);
    const file = test.files.write("script", "#!/no/such/interpreter\n");
    (await import("node:fs")).chmodSync(file, 0o755);
    await test.supervisor.add({ id: "a", management: { control: { executable: file, ...never } } });
    const { reason } = await test.reaches("a", "failed");
    assert.match(reason!, /\(exec\).*interpreter/);
  });

  test("ready: it takes too long", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("a", "sleep 300", { ...never, start_timeout: "6s" }, {}, {
        readiness_check: { type: "exec", exec: { command: ["false"] } },
      }),
    ]);
    const { reason } = await test.reaches("a", "failed");
    assert.match(reason!, /not ready in time \(ready\): false: exit code 1/);
    assert.deepEqual(test.path("a"), ["starting", "stopping", "failed"]);
  });
});

describe("stopping", () => {
  test("sends its signal first, and KILL when the grace is over, to the whole tree", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("polite", "trap 'echo bye; exit 0' USR1; echo up; while :; do sleep 0.05; done", {
        stop_signal: "SIGUSR1",
      }),
      shell("deaf", "trap '' TERM; (trap '' TERM; sleep 300) & echo child $!; while :; do sleep 0.05; done", {
        graceful_timeout: "300ms",
      }),
    ]);
    const { pid } = await test.reaches("deaf", "running");
    const child = await test.until("its child", () => Number(/child (\d+)/.exec(test.log("deaf"))?.[1]));
    await test.until("it is up", () => test.log("polite").includes("up"));
    const started = performance.now();
    await test.supervisor.stop("deaf");
    assert.ok(performance.now() - started >= 290);
    assert.deepEqual([isAlive(pid!), isAlive(child)], [false, false]);
    await test.supervisor.stop("polite");
    await test.until("its last word", () => test.log("polite").includes("bye"));
    assert.equal(test.supervisor.describe("deaf").last_exit?.signal, "SIGKILL");
    assert.equal(test.supervisor.describe("polite").last_exit?.exit_code, 0);
  });

  test("of one that is slow delays nobody else", limit, async () => {
    const deaf = "trap '' TERM; echo up; while :; do sleep 0.05; done";
    await using test = await TestSupervisor.start([
      shell("slow", deaf, { graceful_timeout: "5m" }),
      shell("quick", "sleep 300"),
    ]);
    await test.until("it is up", () => test.log("slow").includes("up"));
    const { pid } = await test.reaches("slow", "running");
    await test.reaches("quick", "running");
    const slow = test.supervisor.stop("slow");
    await test.supervisor.stop("quick");
    assert.equal(test.supervisor.get("slow").state, "stopping");
    process.kill(pid!, "SIGKILL");
    await slow;
  });

  test("in backoff ends at once", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("a", "exit 1", { context_aware_restart: { retry_delay: "1m" } }),
    ]);
    await test.reaches("a", "backoff");
    const started = performance.now();
    const { state } = await test.supervisor.stop("a");
    assert.equal(state, "stopped");
    assert.ok(performance.now() - started < 15_000);
  });

  test("by the service's own words comes before the signal", limit, async () => {
    await using test = await TestSupervisor.start([
      shell(
        "a",
        "trap 'echo signalled' TERM; while [ ! -e please ]; do sleep 0.02; done; echo asked; exit 0",
        {
          stop_request: { type: "exec", exec: { command: ["touch", "please"] } },
        },
      ),
    ]);
    await test.reaches("a", "running");
    await test.supervisor.stop("a");
    assert.match(test.log("a"), /asked/);
    assert.doesNotMatch(test.log("a"), /signalled/);
  });

  test("of everything leaves nothing: no process, no PID file, no state, no lock", limit, async () => {
    const test = await TestSupervisor.start([shell("a", "sleep 300"), shell("b", "sleep 300")]);
    const pids = [(await test.reaches("a", "running")).pid!, (await test.reaches("b", "running")).pid!];
    assert.deepEqual(test.stateFiles(), ["a.json", "a.pid", "b.json", "b.pid"]);
    await test.end();
    assert.deepEqual(pids.map(isAlive), [false, false]);
    assert.deepEqual(test.stateFiles(), []);
    await test.begin();
    await test[Symbol.asyncDispose]();
  });
});

describe("asking for what makes no sense", () => {
  test("is refused in one line, and what holds already changes nothing", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("a", "sleep 300"),
      {
        id: "bad",
        enabled: false,
        management: { control: { executable: "/no/such", restart_policy: "never" } },
      },
      {
        id: "u",
        type: "unmanaged",
        management: { discovery: { method: "process_name", process_name: "no-such-name" } },
      },
    ]);
    const refused = (kind: string, message: RegExp) => (error: unknown) =>
      error instanceof ControlError && error.kind === kind && message.test(error.message);
    const { supervisor } = test;
    const { pid } = await test.reaches("a", "running");
    assert.equal((await supervisor.start("a")).pid, pid);
    assert.throws(() => supervisor.get("x"), refused("not_found", /no process "x"/));
    await assert.rejects(supervisor.start("u"), refused("conflict", /unmanaged/));
    await assert.rejects(supervisor.add(shell("a", "true")), refused("conflict", /taken/));
    await assert.rejects(supervisor.add({ id: "b" }), refused("invalid", /management: is missing/));
    await assert.rejects(supervisor.start("bad"), refused("failed", /no such file/));
    assert.equal(supervisor.get("bad").state, "failed");
  });

  test("a second supervisor is refused the directory", limit, async () => {
    await using test = await TestSupervisor.start([]);
    await assert.rejects(test.begin(), new RegExp(`another supervisor \\(PID ${process.pid}\\)`));
  });
});

describe("a restart by hand", () => {
  test("gives another PID and counts", limit, async () => {
    await using test = await TestSupervisor.start([shell("a", "sleep 300")]);
    const { pid } = await test.reaches("a", "running");
    const again = await test.supervisor.restart("a");
    assert.notEqual(again.pid, pid);
    assert.deepEqual([again.state, again.restarts, again.health], ["running", 1, null]);
    assert.equal(isAlive(pid!), false);
  });
});

describe("a state directory that is taken away", () => {
  test("keeps nothing from being restarted, stopped, and ended", limit, async () => {
    const test = await TestSupervisor.start([
      shell("a", "sleep 300", { ...FAST, log_collection: { enabled: false } }),
    ]);
    const { pid } = await test.reaches("a", "running");
    rmSync(join(test.base, "proctor"), { recursive: true });
    process.kill(pid!, "SIGKILL");
    const next = await test.until("a new one", () => {
      const status = test.supervisor.get("a");
      return status.state === "running" && status.pid !== pid && status.pid;
    });
    // It is made again: the next supervisor has to find what runs.
    await test.until("its state", () => existsSync(join(test.base, "proctor/a.json")));
    await test[Symbol.asyncDispose]();
    assert.equal(isAlive(next), false);
  });
});
