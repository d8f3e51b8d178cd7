import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ConfigError } from "../../../config/fault.ts";
import { loadConfig } from "../../../supervisor/config/load.ts";
import { scratch } from "../support/files.ts";
import { SupervisorProgram } from "../support/program.ts";
import { shell, TestSupervisor } from "../support/supervisor.ts";

const LONG = { timeout: 60_000 };
/** Waits for a file `go`, and for another `go.2` in its second life. */
const WAIT = "n=$(cat lives 2>/dev/null); echo x$n > lives; " +
  'rm -f ticks; until [ -e "go$n" ]; do echo >> ticks; sleep 0.02; done; ';

const entry = (line: string, check: object) =>
  shell("a", `${WAIT}${line}; exec sleep 1000`, { graceful_timeout: "100ms" }, {}, {
    readiness_check: { interval: "20ms", ...check },
  });

/** In each of two lives it is ready when it has said so, and not before. */
async function readyInEachLife(line: string, check: object): Promise<void> {
  using files = scratch();
  const one = entry(line, check);
  const { control } = one.management;
  const ticks = join(files.path, "ticks");
  await using test = await TestSupervisor.start([{
    ...one,
    management: { ...one.management, control: { ...control, working_directory: files.path } },
  }]);
  for (const go of ["go", "gox"]) {
    await test.reaches("a", "starting");
    // By then it was asked several times whether it is ready.
    await test.until("it waits", () => existsSync(ticks) && readFileSync(ticks).length >= 15);
    assert.equal(test.supervisor.get("a").state, "starting");
    files.write(go, "");
    await test.reaches("a", "running");
    if (go === "go") void test.supervisor.restart("a").catch(() => {});
    await test.until("it begins anew", () => go === "gox" || test.path("a").includes("stopping"));
  }
}

describe("readiness", () => {
  test("by a line that matches, in each life anew", LONG, async () => {
    await readyInEachLife("echo nothing; echo 'it is ready: 80'", {
      type: "log",
      log: { match: "^it is ready: \\d+$" },
    });
  });

  test("by a line of one stream alone", LONG, async () => {
    await readyInEachLife("echo ready >&2", { type: "log", log: { match: "ready", stream: "stderr" } });
    await using test = await TestSupervisor.start([
      shell("a", "echo ready; exec sleep 1000", { start_timeout: "1s", restart_policy: "never" }, {}, {
        readiness_check: { log: { match: "ready", stream: "stderr" } },
      }),
    ]);
    const { reason } = await test.reaches("a", "failed");
    assert.equal(reason, 'it was not ready in time (ready): no line has matched "ready" yet');
  });

  test("by a line that a rate limit keeps out of the log", LONG, async () => {
    await using test = await TestSupervisor.start([
      shell(
        "a",
        "echo one; echo two; echo ready; exec sleep 1000",
        {
          log_collection: { rate_limit: { lines: 1, per: "1h" } },
        },
        {},
        { readiness_check: { log: { match: "^ready$" } } },
      ),
    ]);
    await test.reaches("a", "running");
    assert.doesNotMatch(test.log("a"), /ready/);
  });

  test("by a line that a supervisor has seen which was killed since", { timeout: 120_000 }, async () => {
    await using program = new SupervisorProgram();
    const control = { start_seconds: 5, start_timeout: "10s", restart_policy: "never" };
    program.configure([
      shell("a", "echo ready; exec sleep 1000", control, {}, {
        readiness_check: { log: { match: "ready" } },
      }),
    ]);
    await program.start();
    const log = join(program.base, "logs", "a.log");
    await program.until(
      "it has said so",
      () => existsSync(log) && readFileSync(log, "utf8").includes("ready"),
    );
    const [{ pid }] = await program.status();
    await program.kill();
    await program.start();
    const after = await program.until("it runs, or does no more", async () => {
      const [status] = await program.status();
      return status.state !== "starting" && status;
    });
    assert.deepEqual([after.state, after.pid], ["running", pid]);
  });

  test("by a file, and one of a former life is none", LONG, async () => {
    await readyInEachLife("touch up", { type: "file", file: { path: "up" } });
  });

  test("what makes no sense is refused", () => {
    using files = scratch();
    const text = `
processes:
  a: { command: x, health: { log: { match: x } } }
  b: { command: x, ready: { log: { match: "(" } } }
  c: { command: x, ready: { file: { path: x } , log: { match: x } } }
  d: { command: x, ready: { log: { match: x } }, log_collection: { enabled: false } }
`;
    assert.throws(
      () => loadConfig(files.write("proctor.yaml", text), { variables: {} }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual(error.faults.map(({ key }) => key), [
          "processes.a.health_check.type",
          "processes.b.readiness_check.log.match",
          "processes.c.readiness_check.log",
          "processes.d.readiness_check.type",
        ]);
        return true;
      },
    );
  });
});
