/* What belongs to a run ends with it: probes, requests, commands for events; and what a run is when it forks. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { fixture } from "../../support/fixture.ts";
import { holdersOf, SupervisorProgram } from "../support/program.ts";
import { isAlive, shell, TestSupervisor } from "../support/supervisor.ts";

const limit = { timeout: 90_000 };
const FOREVER = { restart_policy: "always" };
const at = (retry_delay: string) => ({
  context_aware_restart: { default: { retry_delay, jitter: 0, max_retries: "unlimited", backoff_rate: 1 } },
});

describe("a probe", () => {
  for (const delay of ["100ms", "0"]) {
    test(
      `is one at a time, and ends with its run, when that is started again after ${delay}`,
      limit,
      async () => {
        const word = `proctor-probe-${process.pid}-${delay}`;
        // What it starts ignores the end of whoever has started it.
        const slow = ["sh", "-c", `perl -e '$SIG{TERM} = "IGNORE"; sleep 300' ${word} & wait`, word];
        const check = { type: "exec", exec: { command: slow }, interval: "10ms", timeout: "1m" };
        await using test = await TestSupervisor.start([
          shell("a", "sleep 0.4; exit 1", { ...FOREVER, ...at(delay) }, {}, {
            health_check: check,
            readiness_check: check,
          }),
        ]);
        let most = 0;
        await test.until("five runs", () => {
          most = Math.max(most, holdersOf(word).length);
          return test.supervisor.get("a").restarts >= 5;
        });
        // Two kinds, each a shell and what it has started.
        assert.ok(most > 0 && most <= 4, `${most}`);
        const own = readDescriptors();
        await test.until("five more", () => test.supervisor.get("a").restarts >= 10);
        assert.ok(readDescriptors() <= own + 20, `${own} → ${readDescriptors()} descriptors`);
        await test.supervisor.stop("a");
        assert.deepEqual(holdersOf(word), []);
      },
    );
  }

  test("of a run that goes on ends when the supervisor does", limit, async () => {
    const word = `proctor-probe-${process.pid}-left`;
    const check = { type: "exec", exec: { command: ["sh", "-c", "sleep 300; :", word] }, timeout: "1m" };
    const test = await TestSupervisor.start([shell("a", "sleep 300; :", {}, {}, {
      health_check: check,
      readiness_check: { type: "process" },
    })]);
    const { pid } = await test.reaches("a", "running");
    await test.until("a probe", () => holdersOf(word).length > 0);
    await test.end({ detach: true });
    await test.until("it is gone", () => holdersOf(word).length === 0);
    assert.ok(isAlive(pid!));
    await test.begin();
    await test[Symbol.asyncDispose]();
    assert.equal(isAlive(pid!), false);
  });
});

function readDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

describe("at the end of a supervisor", () => {
  test("a command for events that never ends is killed with its tree in time", limit, async () => {
    await using program = new SupervisorProgram();
    const word = `proctor-hook-${process.pid}`;
    const line = `trap '' TERM; perl -e 'sleep 300' ${word} & wait; sleep 300`;
    program.configure([shell("a", "sleep 300; :")], {
      force_shutdown_timeout: "1s",
      on_event: { command: ["sh", "-c", line, word], kinds: ["transition"], timeout: "5m" },
    });
    await program.start();
    await program.until("it runs", () => holdersOf(word).length >= 2);
    const began = performance.now();
    assert.equal(await program.stop(), 0);
    assert.ok(performance.now() - began < 15_000);
    assert.match(program.stderr, /on_event: there is no more time: \d+ commands are killed/);
    assert.deepEqual(holdersOf(word), []);
  });

  test("a second signal ends all at once: services, requests, commands for events", limit, async () => {
    await using program = new SupervisorProgram();
    const word = `proctor-twice-${process.pid}`;
    const stubborn = `trap '' TERM; while :; do sleep 1; done`;
    program.configure([
      shell("asked", stubborn, {
        arguments: ["-c", stubborn, word],
        graceful_timeout: "5m",
        stop_request: {
          type: "exec",
          exec: { command: ["sh", "-c", "perl -e 'sleep 300' $0-asked & wait", word] },
          timeout: "5m",
        },
      }),
      shell("needed", stubborn, { arguments: ["-c", stubborn, word], restart_policy: "always" }),
      shell("user", stubborn, { arguments: ["-c", stubborn, word], graceful_timeout: "5m" }, {
        depends_on: ["needed"],
      }),
    ], {
      force_shutdown_timeout: "5m",
      on_event: { command: ["sh", "-c", "sleep 300; :", word], kinds: ["transition"], timeout: "5m" },
    });
    await program.start();
    await program.until(
      "all run",
      async () => (await program.status()).every(({ state }) => state === "running"),
    );
    program.signal("SIGTERM");
    await program.until("the request", () => holdersOf(`${word}-asked`).length === 1);
    const began = performance.now();
    assert.equal(await program.stop(), 0);
    assert.ok(performance.now() - began < 15_000);
    assert.deepEqual([holdersOf(word), holdersOf(`${word}-asked`)], [[], []]);
    assert.doesNotMatch(program.stderr, /needed: .* → starting.*\n.*needed: .* → starting/);
  });

  test("a request to stop ends with what it has asked, and with the grace", limit, async () => {
    const word = `proctor-request-${process.pid}`;
    const request = (line: string) => ({
      stop_request: { type: "exec", exec: { command: ["sh", "-c", line, word] }, timeout: "5m" },
    });
    await using test = await TestSupervisor.start([
      shell("heard", "touch up; while [ -e up ]; do sleep 0.02; done", {
        ...request("rm up; sleep 300; :"),
        graceful_timeout: "2m",
      }),
      shell("deaf", "trap '' TERM; while :; do sleep 0.1; done", {
        ...request("sleep 300; :"),
        graceful_timeout: "500ms",
      }),
    ]);
    for (const id of ["heard", "deaf"]) await test.reaches(id, "running");
    await test.until("it listens", () => existsSync(join(test.files.path, "up")));
    const began = performance.now();
    await Promise.all([test.supervisor.stop("heard"), test.supervisor.stop("deaf")]);
    assert.ok(performance.now() - began < 20_000);
    assert.deepEqual(holdersOf(word), []);
  });
});

describe("a one-shot that has succeeded", () => {
  const migrate = (line: string) => shell("migrate", line, { restart_policy: "never" });
  const web = shell("web", "sleep 300; :", at("10ms"), {
    depends_on: { migrate: { condition: "exited_successfully" } },
  });
  const ONCE = "echo ran >> runs; :";

  test(
    "is done for this run of the machine, until its definition changes or a person asks",
    limit,
    async () => {
      await using program = new SupervisorProgram();
      const runs = () => readFileSync(join(program.files.path, "runs"), "utf8").length / 4;
      const pid = async () => {
        const status = await program.status();
        return status.find(({ id, state }) => id === "web" && state === "running")?.pid;
      };
      program.configure([migrate(ONCE), web]);
      await program.start();
      const first = await program.until("web runs", pid);
      await program.kill();
      await program.start();
      assert.equal(await program.until("web runs", pid), first);
      assert.equal(runs(), 1);
      // Nor where the dependant has to be started anew.
      await program.kill();
      process.kill(first, "SIGKILL");
      await program.start();
      const second = await program.until("web runs", pid);
      assert.notEqual(second, first);
      assert.equal(runs(), 1);
      // Nor after an orderly end.
      await program.stop();
      await program.start();
      await program.until("web runs", pid);
      assert.equal(runs(), 1);
      await program.ask("/processes/migrate/start", "POST");
      await program.until("it has run again", () => runs() === 2);
      program.configure([migrate(`${ONCE} changed`), web]);
      program.signal("SIGHUP");
      await program.until("it has run again", () => runs() === 3);
      await program.kill();
      program.configure([migrate(`${ONCE} changed again`), web]);
      await program.start();
      await program.until("it has run again", () => runs() === 4);
    },
  );

  test("that failed is not done", limit, async () => {
    await using program = new SupervisorProgram();
    program.configure([migrate("echo ran >> runs; exit 3")]);
    await program.start();
    const failed = async () => (await program.status())[0].state === "failed";
    await program.until("it failed", failed);
    await program.kill();
    await program.start();
    await program.until("it failed", failed);
    assert.equal(readFileSync(join(program.files.path, "runs"), "utf8"), "ran\nran\n");
  });
});

describe("a service that puts itself into the background", () => {
  /** A daemon as daemon(7) has it: forks, leads a session, forks again, and writes its PID once its parent has gone. */
  const DAEMON = "use POSIX; exit if fork; POSIX::setsid(); my $parent = $$; exit if fork; " +
    "select undef, undef, undef, 0.01 while getppid == $parent; " +
    "open my $f, '>', 'd.pid'; print $f $$; close $f; $SIG{TERM} = sub { exit 0 }; sleep 1 while 1";
  const forking = { type: "forking", pid_file: "d.pid" };
  const daemon = (word: string, control: object = {}, program = DAEMON) => ({
    id: "d",
    management: {
      control: { executable: "perl", arguments: ["-e", program, word], ...forking, ...control },
    },
  });

  test(
    "is followed by its PID file: its PID, its restarts, its stop, the next supervisor",
    limit,
    async () => {
      await using program = new SupervisorProgram();
      const word = `proctor-daemon-${process.pid}`;
      program.configure([daemon(word, at("10ms"))]);
      await program.start();
      const running = () =>
        program.until("it runs", async () => {
          const [{ state, pid }] = await program.status();
          return state === "running" && pid;
        });
      const first = await running();
      assert.deepEqual(holdersOf(word), [first]);
      assert.equal(readFileSync(join(program.files.path, "d.pid"), "utf8"), String(first));
      assert.deepEqual([...program.pids()], [["d", first]]);
      await program.kill();
      await program.start();
      assert.equal(await running(), first);
      process.kill(first, "SIGKILL");
      const second = await program.until("another one", async () => {
        const pid = await running();
        return pid !== first && pid;
      });
      assert.deepEqual(holdersOf(word), [second]);
      await program.ask("/processes/d/stop", "POST");
      assert.deepEqual(holdersOf(word), []);
      assert.equal((await program.status())[0].state, "stopped");
    },
  );

  test("is only taken for a process of its own tree, whatever the file says", limit, async () => {
    const word = `proctor-stranger-${process.pid}`;
    const lies = DAEMON.replace("print $f $$", `print $f ${process.pid}`);
    await using test = await TestSupervisor.start([
      daemon(word, { start_timeout: "6s", restart_policy: "never" }, lies),
    ]);
    const { reason } = await test.reaches("d", "failed");
    assert.match(
      reason!,
      new RegExp(
        `"/.*d\\.pid": it names process ${process.pid}, which is none of its tree; .* perl, PID \\d+`,
      ),
    );
    assert.deepEqual(holdersOf(word), []);
  });

  test("fails when nothing of it is left, or its command fails", limit, async () => {
    const over = { ...forking, restart_policy: "never" };
    await using test = await TestSupervisor.start([
      shell("gone", "exit 0", over),
      shell("bad", "exit 7", over),
    ]);
    assert.match((await test.reaches("gone", "failed")).reason!, /no process of its tree is left/);
    assert.match((await test.reaches("bad", "failed")).reason!, /exit code 7/);
  });

  test("can be stopped before it is there", limit, async () => {
    const word = `proctor-early-${process.pid}`;
    const never = DAEMON.replace("'d.pid'", "'other'");
    await using test = await TestSupervisor.start([daemon(word, { start_timeout: "5m" }, never)]);
    await test.until("it has forked", () => holdersOf(word).length > 0);
    await test.supervisor.stop("d");
    assert.equal(test.supervisor.get("d").state, "stopped");
    assert.deepEqual(holdersOf(word), []);
  });

  test("says without that what was seen, and what to write", limit, async () => {
    await using test = await TestSupervisor.start([
      { id: "d", management: { control: { executable: fixture("double_fork"), arguments: ["300"] } } },
    ]);
    const { reason } = await test.reaches("d", "stopped");
    assert.match(
      reason!,
      /^it ended with exit code 0 while 1 process of its tree lives on \(\S+, PID \d+\), which is ended with it; /,
    );
    assert.match(
      reason!,
      /write control\.type: forking and control\.pid_file, or have it stay in the foreground$/,
    );
  });
});
