import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { shell, TestSupervisor } from "./support/supervisor.ts";

const limit = { timeout: 60_000 };

describe("dependencies", () => {
  test("are started before, and stopped after", limit, async () => {
    const test = await TestSupervisor.start([
      shell("web", "sleep 300", {}, { depends_on: ["app"] }),
      shell("app", "sleep 300", {}, { depends_on: ["db"] }),
      shell("db", "sleep 300"),
    ]);
    await test.reaches("web", "running");
    await test[Symbol.asyncDispose]();
    const order = (state: string) => test.events.filter(({ to }) => to === state).map(({ id }) => id);
    assert.deepEqual(order("running"), ["db", "app", "web"]);
    assert.deepEqual(order("stopped"), ["web", "app", "db"]);
  });

  test(
    "that end by themselves while others are stopped before them are not launched again",
    limit,
    async () => {
      const restarts = {
        restart_policy: "always",
        context_aware_restart: { retry_delay: "0s", jitter: 0, max_retries: "unlimited" },
      };
      const test = await TestSupervisor.start([
        shell("db", "sleep 300; :", restarts),
        shell("web", "trap '' TERM; echo ready; while :; do sleep 0.1; done", { graceful_timeout: "2s" }, {
          depends_on: ["db"],
        }),
      ]);
      await test.reaches("web", "running");
      await test.until("web hears nothing", () => test.log("web").includes("ready"));
      const ended = test[Symbol.asyncDispose]();
      await test.reaches("web", "stopping");
      const { pid } = await test.reaches("db", "running");
      process.kill(pid!, "SIGKILL");
      await test.until("db has ended", () =>
        test.path("db").includes("backoff") || test.path("db").length > 2);
      await ended;
      assert.deepEqual(test.path("web").at(-1), "stopped");
      assert.deepEqual(test.path("db").filter((state) => state === "running").length, 1);
      assert.deepEqual(test.path("db").at(-1), "stopped");
    },
  );

  test("may have to be healthy", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("web", "sleep 300", {}, { depends_on: { db: "healthy" } }),
      shell("db", "sleep 300", {}, {}, {
        health_check: { type: "exec", exec: { command: ["test", "-e", "healthy"] } },
      }),
    ]);
    const { reason } = await test.until("it waits", () => {
      const status = test.supervisor.get("web");
      return status.reason === null ? null : status;
    });
    assert.equal(reason, "it waits for db (healthy)");
    assert.equal(test.supervisor.get("db").state, "starting");
    test.files.write("healthy", "");
    await test.reaches("web", "running");
    assert.deepEqual(
      test.events.filter(({ kind, to }) => kind === "health" || to === "running").map((
        { id, kind },
      ) => [id, kind]),
      [["db", "health"], ["db", "transition"], ["web", "transition"]],
    );
  });

  test("may have to end successfully, and are waited for in vain when they do not", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("web", "sleep 300", {}, { depends_on: { init: "exited_successfully" } }),
      shell("init", "while [ ! -e go ]; do sleep 0.02; done; exit 0"),
      shell("other", "sleep 300", {}, { depends_on: { broken: "exited_successfully" } }),
      shell("broken", "exit 1", { restart_policy: "never" }),
    ]);
    await test.reaches("init", "running");
    assert.equal(test.supervisor.get("web").state, "stopped");
    test.files.write("go", "");
    await test.reaches("web", "running");
    await test.reaches("broken", "failed");
    await test.until("the reason", () =>
      /but it has failed: it ended with exit code 1/.test(test.supervisor.get("other").reason ?? ""));
    assert.equal(test.supervisor.get("other").state, "stopped");
    await assert.rejects(test.supervisor.start("other"), /other: |broken/);
  });

  test("are started with who depends on them, by hand as well", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("web", "sleep 300", {}, { depends_on: ["db"], enabled: false }),
      shell("db", "sleep 300", {}, { enabled: false }),
    ]);
    assert.deepEqual(test.supervisor.list().map(({ state }) => state), ["disabled", "disabled"]);
    await test.supervisor.start("web");
    assert.deepEqual(test.supervisor.list().map(({ state }) => state), ["running", "running"]);
    assert.deepEqual(test.supervisor.describe("db").dependents, ["web"]);
    await assert.rejects(test.supervisor.remove("db"), /web depend on it/);
  });
});

describe("a reload", () => {
  test("restarts only what has changed", limit, async () => {
    const same = shell("same", "sleep 300");
    const changed = (seconds: number) => shell("changed", `sleep ${seconds}`);
    await using test = await TestSupervisor.start([same, changed(300), shell("gone", "sleep 300")]);
    const pids = new Map<string, number>();
    for (const id of ["same", "changed", "gone"]) pids.set(id, (await test.reaches(id, "running")).pid!);
    test.configure([changed(301), shell("new", "sleep 300"), { ...same, metadata: { name: "the same" } }]);
    const report = await test.supervisor.reload();
    assert.deepEqual(report, {
      added: ["new"],
      removed: ["gone"],
      restarted: ["changed"],
      unchanged: ["same"],
      failed: [],
      left: [],
      rolled_back: [],
    });
    await test.reaches("new", "running");
    const { pid } = await test.reaches("changed", "running");
    assert.notEqual(pid, pids.get("changed"));
    assert.equal(test.supervisor.get("same").pid, pids.get("same"));
    assert.deepEqual(test.supervisor.list().map(({ id }) => id), ["changed", "new", "same"]);
    assert.deepEqual(
      (test.supervisor.describe("same").definition.metadata as { name: string }).name,
      "the same",
    );
    assert.deepEqual(test.stateFiles().filter((name) => name.startsWith("gone")), []);
    assert.ok(test.events.some(({ kind, id }) => kind === "removed" && id === "gone"));
  });

  test("of a faulty file changes nothing, and says all that is wrong", limit, async () => {
    await using test = await TestSupervisor.start([shell("a", "sleep 300")]);
    const { pid } = await test.reaches("a", "running");
    test.configure([shell("a", "sleep 1", { typo: 1, stop_signal: "X" })]);
    await assert.rejects(test.supervisor.reload(), /typo.*\n.*stop_signal/s);
    assert.equal(test.supervisor.get("a").pid, pid);
    assert.equal(test.events.at(-1)?.kind, "reload_failed");
  });

  test("leaves down what was stopped by hand, and starts what has become enabled", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("a", "sleep 300"),
      shell("b", "sleep 300", {}, { enabled: false }),
    ]);
    await test.reaches("a", "running");
    await test.supervisor.stop("a");
    test.configure([shell("a", "sleep 301"), shell("b", "sleep 300")]);
    await test.supervisor.reload();
    await test.reaches("b", "running");
    assert.equal(test.supervisor.get("a").state, "stopped");
  });
});

describe("a process that is added at run time", () => {
  test("keeps what it depends on: a file without that is refused", limit, async () => {
    const db = shell("db", "sleep 300; :");
    await using test = await TestSupervisor.start([db]);
    await test.supervisor.add(shell("a", "sleep 300; :", {}, { restart_with: ["db"] }));
    const { pid } = await test.reaches("a", "running");
    test.configure([]);
    await assert.rejects(
      test.supervisor.reload(),
      /:1:1: "db" is missing, and a depends on it, which was added at run time; remove that first$/,
    );
    assert.deepEqual([test.supervisor.get("a").pid, test.supervisor.get("db").state], [pid, "running"]);
    await test.supervisor.remove("a");
    assert.deepEqual((await test.supervisor.reload()).removed, ["db"]);
  });

  test("is there after a new start, until it is removed", limit, async () => {
    await using test = await TestSupervisor.start([]);
    await test.supervisor.add(
      shell("a", "sleep 300", {}, { monitoringProfile: { interval: "5s", collect_cpu: true } }),
    );
    await test.reaches("a", "running");
    await test.end();
    await test.begin();
    const { pid } = await test.reaches("a", "running");
    test.configure([shell("a", "true")]);
    await assert.rejects(test.supervisor.reload(), /"a" is taken \(it was added at run time/);
    await test.supervisor.remove("a");
    assert.throws(() => test.supervisor.get("a"));
    assert.equal(existsSync(`/proc/${pid}`), false);
    test.configure([]);
    await test.end();
    await test.begin();
    assert.deepEqual(test.supervisor.list(), []);
  });
});
