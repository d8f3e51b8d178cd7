/* A reload is a transaction: whatever may fail is tried before anything is touched. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { ROOT } from "../support/fixture.ts";
import { isAlive, shell, TestSupervisor } from "./support/supervisor.ts";

const limit = { timeout: 60_000 };
const logTo = (path: string) => ({ log_collection: { outputs: { combined: [{ type: "file", path }] } } });
const plain = (id: string, control: object = {}) => shell(id, "sleep 300; :", control);

/** What is running, by id. */
function pidsOf(test: TestSupervisor): Record<string, number | null> {
  return Object.fromEntries(test.supervisor.list().map(({ id, pid }) => [id, pid]));
}

/** `proctor supervise --check` of a test's configuration, on the runtime of the test. */
function check(test: TestSupervisor): { code: number | null; said: string } {
  const runtime = "Deno" in globalThis
    ? ["run", "--no-check", "--quiet", "-A", `--config=${ROOT}/deno.json`, `${ROOT}/cli.ts`]
    : [`${ROOT}/cli.ts`];
  const words = [...runtime, "supervise", "--config", test.configFile, "--state-dir", test.base, "--check"];
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  return { code: status, said: stderr };
}

describe("a reload that cannot be carried out as a whole", () => {
  const cases: [what: string, bad: (test: TestSupervisor) => object[], says: RegExp][] = [
    [
      "a log that is a directory",
      () => [shell("a", "sleep 301; :"), plain("b", logTo("taken"))],
      /managed_processes\.1\.management\.control\.log_collection: cannot write ".*taken": it is a directory/,
    ],
    [
      "a log of another",
      () => [shell("a", "sleep 301; :"), plain("b", logTo("c.log")), plain("c")],
      /managed_processes\.1\.management\.control\.log_collection: ".*c\.log" is written by c already/,
    ],
    [
      "a log of another that comes later, and is there already",
      () => [shell("a", "sleep 301; :"), plain("fresh", logTo("b.log")), plain("b")],
      /managed_processes\.1\.management\.control\.log_collection: ".*b\.log" is written by b already/,
    ],
    [
      "a log below what is not a directory",
      (test) => [shell("a", "sleep 301; :"), plain("b", logTo(join(test.configFile, "b.log")))],
      /log_collection: cannot write ".*b\.log": a part of the path is not a directory/,
    ],
    [
      "a user who is not there",
      () => [shell("a", "sleep 301; :"), plain("b", { user: "nobody-of-this-name" })],
      /management\.control\.user: there is no user "nobody-of-this-name"/,
    ],
    [
      "a command that is not there",
      () => [shell("a", "sleep 301; :"), { id: "b", management: { control: { executable: "./no-such" } } }],
      /management\.control\.executable: \.\/no-such: no such file/,
    ],
    [
      "a directory that is not there",
      () => [shell("a", "sleep 301; :"), plain("b", { working_directory: "no-such" })],
      /management\.control\.working_directory: ".*no-such": there is no such directory/,
    ],
  ];
  for (const [what, bad, says] of cases) {
    test(`is refused, told with its place, by --check as well: ${what}`, limit, async () => {
      await using test = await TestSupervisor.start([plain("a"), plain("b"), plain("c")]);
      for (const id of ["a", "b", "c"]) await test.reaches(id, "running");
      mkdirSync(join(test.base, "logs/taken"), { recursive: true });
      const before = pidsOf(test);
      test.configure(bad(test));
      await assert.rejects(test.supervisor.reload(), (error: Error) => {
        assert.match(error.message, says);
        assert.match(error.message, /proctor\.yaml:\d+:\d+: /);
        return true;
      });
      assert.equal(test.events.at(-1)?.kind, "reload_failed");
      assert.deepEqual(pidsOf(test), before);
      const { code, said } = check(test);
      assert.equal(code, 125, said);
      // With nothing in force it is the later one that is at fault.
      assert.match(
        said,
        / is written by /.test(says.source) ? /managed_processes\.2\..* is written by / : says,
      );
    });
  }

  test("a command that something before it may have to make first is not asked for", limit, async () => {
    await using test = await TestSupervisor.start([]);
    const made = { executable: "./made", restart_policy: "never" };
    test.configure([
      shell("build", "printf '#!/bin/sh\\nexec sleep 300\\n' > made; chmod +x made", {
        restart_policy: "never",
      }),
      {
        id: "run",
        depends_on: { build: { condition: "exited_successfully" } },
        management: { control: made },
      },
    ]);
    assert.equal(check(test).code, 0);
    await test.supervisor.reload();
    await test.reaches("run", "running");
  });

  test("more instances of what one depends on leave it as it is", limit, async () => {
    const web = (instances: number) => ({ ...plain("web"), instances });
    const proxy = { ...plain("proxy"), depends_on: ["web"] };
    await using test = await TestSupervisor.start([web(1), proxy]);
    const { pid } = await test.reaches("proxy", "running");
    const kept = pidsOf(test);
    test.configure([web(3), proxy]);
    const report = await test.supervisor.reload();
    assert.deepEqual(report, {
      added: ["web:1", "web:2"],
      removed: [],
      restarted: [],
      unchanged: ["web:0", "proxy"],
      failed: [],
      left: [],
      rolled_back: [],
    });
    assert.deepEqual(test.supervisor.describe("proxy").depends_on, ["web:0", "web:1", "web:2"]);
    for (const id of ["web:1", "web:2"]) await test.reaches(id, "running");
    // Nor does the next supervisor take it for another.
    await test.end({ detach: true });
    test.configure([web(2), proxy]);
    await test.begin();
    assert.equal((await test.reaches("proxy", "running")).pid, pid);
    assert.equal((await test.reaches("web:0", "running")).pid, kept["web:0"]);
    assert.deepEqual(test.supervisor.list().map(({ id }) => id), ["web:0", "web:1", "proxy"]);
  });

  test("who waits for one waits for another after a reload, which is started for it", limit, async () => {
    const gate = shell("gate", "sleep 300; :", { restart_policy: "never" });
    const other = shell("other", "[ -e again ] && exec sleep 300; touch again", {
      restart_policy: "on_failure",
    });
    const late = (depends_on: object) => ({ ...plain("late"), depends_on });
    await using test = await TestSupervisor.start([gate, other, late({ gate: "exited_successfully" })]);
    await test.reaches("gate", "running");
    await test.until("it has ended", () => existsSync(join(dirname(test.configFile), "again")));
    await test.reaches("other", "stopped");
    assert.equal(test.supervisor.get("late").reason, "it waits for gate (exited_successfully)");
    test.configure([gate, other, late({ other: "started" })]);
    assert.deepEqual((await test.supervisor.reload()).restarted, []);
    await test.reaches("other", "running");
    await test.reaches("late", "running");
  });

  test("what waits for others to stop is there meanwhile, and can be stopped by hand", limit, async () => {
    const slow = (line: string) => shell("slow", line, { graceful_timeout: "1500ms" });
    const all = [plain("a"), plain("b"), slow("trap '' TERM; while :; do sleep 0.1; done")];
    await using test = await TestSupervisor.start(all);
    for (const id of ["a", "b", "slow"]) await test.reaches(id, "running");
    test.configure([shell("a", "sleep 301; :"), shell("b", "sleep 301; :"), slow("sleep 301; :")]);
    const reload = test.supervisor.reload();
    for (const id of ["a", "b"]) await test.reaches(id, "stopped");
    assert.equal(test.supervisor.get("slow").state, "stopping");
    assert.deepEqual(test.supervisor.list().map(({ id }) => id), ["a", "b", "slow"]);
    await test.supervisor.stop("b");
    await assert.rejects(test.supervisor.start("a"), /it is being removed or replaced/);
    assert.deepEqual((await reload).restarted, ["a", "b", "slow"]);
    for (const id of ["a", "slow"]) await test.reaches(id, "running");
    const { state, reason } = test.supervisor.get("b");
    assert.deepEqual([state, reason], ["stopped", "it was stopped by hand"]);
  });

  test("what fails in the middle all the same leaves what was", limit, async () => {
    const seen: number[] = [];
    await using test = await TestSupervisor.start([plain("a"), plain("b"), plain("gone")], {}, {
      // The directory comes in the very moment after it was looked for.
      beforeReload: (config) => {
        seen.push(config.definitions.length);
        mkdirSync(join(test.base, "logs/taken"), { recursive: true });
        return Promise.resolve();
      },
    });
    for (const id of ["a", "b", "gone"]) await test.reaches(id, "running");
    await test.supervisor.stop("b");
    const before = pidsOf(test);
    const next = [
      shell("a", "sleep 301; :"),
      shell("b", "sleep 301; :"),
      plain("c", logTo("taken")),
      plain("d"),
    ];
    test.configure(next);
    await assert.rejects(test.supervisor.reload(), /taken/);
    assert.equal(test.events.findLast(({ id }) => id === null)?.kind, "reload_failed");
    // Whoever was asked before is told that it came to nothing.
    assert.deepEqual(seen, [4, 3]);
    const now = await test.reaches("a", "running");
    await test.reaches("gone", "running");
    assert.notEqual(now.pid, before.a);
    assert.equal(isAlive(before.a!), false);
    assert.deepEqual(test.supervisor.list().map(({ id }) => id), ["a", "b", "gone"]);
    assert.equal(test.supervisor.get("b").state, "stopped");
    // By what is told it is the old definition that runs.
    assert.match(JSON.stringify(test.supervisor.describe("a").definition), /sleep 300/);
    await test.end();
    test.configure([plain("a"), plain("b"), plain("gone")]);
    await test.begin();
    await test.reaches("a", "running");
    assert.equal(test.supervisor.get("b").state, "stopped");
  });

  test(
    "exporters that cannot be opened refuse it; when it fails later they are as they were",
    limit,
    async () => {
      const seen: number[] = [];
      let refuses = true;
      await using test = await TestSupervisor.start([plain("a")], {}, {
        beforeReload: (config) => {
          seen.push(config.definitions.length);
          return refuses ? Promise.reject(new Error("somebody listens there")) : Promise.resolve();
        },
      });
      const { pid } = await test.reaches("a", "running");
      test.configure([shell("a", "sleep 301; :"), plain("b")]);
      await assert.rejects(test.supervisor.reload(), /somebody listens there/);
      assert.deepEqual(pidsOf(test), { a: pid });
      refuses = false;
      await test.supervisor.reload();
      await test.reaches("b", "running");
      assert.deepEqual(seen, [2, 2]);
    },
  );
});

test("--check makes nothing", limit, async () => {
  await using test = await TestSupervisor.start([]);
  test.configure([plain("a", logTo("deep/er/a.log"))]);
  assert.deepEqual(check(test), { code: 0, said: "" });
  assert.equal(existsSync(join(test.base, "logs/deep")), false);
});
