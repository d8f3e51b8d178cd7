/* A process that is bound to another one stops and starts with it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { ConfigError } from "../../config/fault.ts";
import { loadConfig } from "../../supervisor/config/load.ts";
import { scratch } from "./support/files.ts";
import { isAlive, shell, TestSupervisor } from "./support/supervisor.ts";

const limit = { timeout: 60_000 };
const QUICK = { context_aware_restart: { retry_delay: "20ms", jitter: 0 } };
const db = (line = "sleep 300; :", control: object = QUICK) => shell("db", line, control);
const bound = (id: string, to: string, more: object = {}) =>
  shell(id, "sleep 300; :", {}, { restart_with: [to], ...more });

async function running(one: TestSupervisor, ...ids: string[]): Promise<number[]> {
  const pids = [];
  for (const id of ids) pids.push((await one.reaches(id, "running")).pid!);
  return pids;
}

/** Hold everything up until these have ended, so that the supervisor hears of all at once (proc_pid_stat(5)). */
function untilDead(pids: readonly number[]): void {
  const isDead = (pid: number) => {
    try {
      return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return true;
      throw error;
    }
  };
  const end = performance.now() + 10_000;
  while (!pids.every(isDead)) assert.ok(performance.now() < end, `${pids} have not ended`);
}

/** Wait until each runs with another PID than before. */
async function another(
  one: TestSupervisor,
  ids: readonly string[],
  before: readonly number[],
): Promise<void> {
  for (const [index, id] of ids.entries()) {
    await one.until(`${id} runs anew`, () => {
      const { state, pid } = one.supervisor.get(id);
      return state === "running" && pid !== before[index];
    });
  }
}

describe("a process that restarts with another one", () => {
  test("does, also with what that restarts with; who only depends on it does not", limit, async () => {
    const loose = shell("loose", "sleep 300; :", {}, { depends_on: ["db"] });
    await using one = await TestSupervisor.start([bound("web", "api"), bound("api", "db"), db(), loose]);
    const ids = ["db", "api", "web"];
    const before = await running(one, ...ids, "loose");
    assert.deepEqual(one.events.flatMap(({ id, to }) => to === "running" && id !== "loose" ? [id] : []), ids);
    await one.supervisor.restart("db");
    await another(one, ids, before);
    assert.equal(one.supervisor.get("loose").pid, before[3]);
    const told = one.events.filter(({ to }) => to === "stopping").map(({ id, reason }) => `${id}: ${reason}`);
    assert.deepEqual(told.sort(), [
      "api: db, with which it restarts, is stopping",
      "db: restart was asked for",
      "web: api, with which it restarts, is stopping",
    ]);
    assert.deepEqual(one.supervisor.describe("web").restart_with, ["api"]);
  });

  test("does after a failure, and waits for as long as the other one takes", limit, async () => {
    await using one = await TestSupervisor.start([
      db("[ -e held ] && sleep 0.3; exec sleep 300", { ...QUICK, start_seconds: 0.05 }),
      bound("web", "db"),
    ]);
    const before = await running(one, "db", "web");
    one.files.write("held", "");
    process.kill(before[0], "SIGKILL");
    await one.until("it waits", () => one.supervisor.get("web").reason === "it waits for db (started)");
    assert.ok(
      ["backoff", "starting"].includes(one.supervisor.get("db").state),
      "its backoff is not cut short",
    );
    await another(one, ["db", "web"], before);
    assert.equal(one.supervisor.get("db").restarts, 1);
  });

  test(
    "waits for the other one as well where it has failed itself, be it before or after it",
    limit,
    async () => {
      const slow = { ...QUICK, start_seconds: 0.3 };
      const web = shell("web", "sleep 300; :", QUICK, { restart_with: ["db"] });
      await using one = await TestSupervisor.start([db("sleep 300; :", slow), web]);
      for (const first of ["db", "web"]) {
        const before = await running(one, "db", "web");
        const from = one.events.length;
        const kill = (id: string) => process.kill(before[id === "db" ? 0 : 1], "SIGKILL");
        kill(first);
        kill(first === "db" ? "web" : "db");
        untilDead(before);
        await another(one, ["db", "web"], before);
        const came = one.events.slice(from).filter(({ to }) => to === "running").map(({ id }) => id);
        assert.deepEqual(came, ["db", "web"], "once each, in their order");
      }
    },
  );

  test("that was taken up runs on where the other one is none of ours", limit, async () => {
    const sleep = spawn("sleep", ["300"], { stdio: "ignore" });
    using _ = { [Symbol.dispose]: () => void sleep.kill() };
    await using one = await TestSupervisor.start([]);
    const pidFile = one.files.write("db.pid", `${sleep.pid}\n`);
    const theirs = {
      id: "db",
      type: "unmanaged",
      management: { discovery: { method: "pid_file", pid_file: pidFile, check_interval: "100ms" } },
    };
    one.configure([theirs, bound("web", "db")]);
    await one.supervisor.reload();
    const [, pid] = await running(one, "db", "web");
    await one.end({ detach: true });
    await one.begin();
    assert.equal((await running(one, "db", "web"))[1], pid);
    assert.ok(one.events.every(({ id, to }) => id !== "web" || to !== "stopping"));
    sleep.kill();
    await one.until(
      "it waits",
      () => one.supervisor.get("web").reason?.startsWith("it waits for db (started)"),
    );
  });

  test("stays down while the other one is down by hand, and when it is itself", limit, async () => {
    await using one = await TestSupervisor.start([db(), bound("web", "db"), bound("off", "db")]);
    const [, web] = await running(one, "db", "web", "off");
    await one.supervisor.stop("db");
    await one.until("it is down", () => !isAlive(web));
    await one.until(
      "it waits",
      () => one.supervisor.get("web").reason?.startsWith("it waits for db (started)"),
    );
    await one.supervisor.stop("off");
    await one.supervisor.start("db");
    await running(one, "web");
    assert.equal(one.supervisor.get("off").state, "stopped");
  });

  test("is what it was where the other one is given up", limit, async () => {
    await using one = await TestSupervisor.start([
      db("[ -e again ] && exit 3; touch again; sleep 300; :", { restart_policy: "never" }),
      bound("web", "db"),
    ]);
    const [pid] = await running(one, "db", "web");
    process.kill(pid, "SIGKILL");
    await one.reaches("db", "failed");
    await one.until(
      "it waits",
      () => /^it waits for db \(started\), but it has failed/.test(one.supervisor.get("web").reason ?? ""),
    );
    assert.equal(one.path("db").filter((to) => to === "starting").length, 1, "nobody starts it for that");
  });

  test("does when a reload changes the other one, and is not stopped twice at the end", limit, async () => {
    await using one = await TestSupervisor.start([db(), bound("web", "db")]);
    const before = await running(one, "db", "web");
    one.configure([db("sleep 301; :"), bound("web", "db")]);
    assert.deepEqual((await one.supervisor.reload()).restarted, ["db"]);
    await another(one, ["db", "web"], before);
    const from = one.events.length;
    await one.end();
    const ends = one.events.slice(from).filter(({ kind }) => kind === "transition").map(({ id, to }) =>
      `${id} ${to}`
    );
    assert.deepEqual(ends, ["web stopping", "web stopped", "db stopping", "db stopped"]);
  });

  test("does when the other one has ended while no supervisor was there", limit, async () => {
    await using one = await TestSupervisor.start([db(), bound("web", "db")]);
    const before = await running(one, "db", "web");
    await one.end({ detach: true });
    process.kill(before[0], "SIGKILL");
    await one.until("it has gone", () => !isAlive(before[0]));
    await one.begin();
    await another(one, ["db", "web"], before);
  });

  test("of several instances does with each, and its definition says so", limit, () => {
    using files = scratch();
    const path = files.write(
      "proctor.yaml",
      `
processes:
  db: { command: x, instances: 2, ready: 80 }
  web: { command: x, restart_with: db, depends_on: { db: healthy } }
`,
    );
    const web = loadConfig(path).definitions.find(({ id }) => id === "web")!;
    assert.deepEqual(web.restartWith, ["db:0", "db:1"]);
    assert.deepEqual([...web.dependsOn], [["db:0", "healthy"], ["db:1", "healthy"]]);
  });
});

test("what cannot be restarted with is told at its place", () => {
  using files = scratch();
  const path = files.write(
    "proctor.yaml",
    `
processes:
  a: { command: x, restart_with: [b] }
  b: { command: x, restart_with: [a] }
  c: { command: x, restart_with: [a, none] }
  d: { command: x, restart_with: [e], depends_on: { e: exited_successfully } }
  e: { command: x, restart: never }
  f: { type: unmanaged, restart_with: [e], discovery: { method: port, port: 80 } }
`,
  );
  let lines: readonly string[] = [];
  assert.throws(() => loadConfig(path), (error: Error) => {
    lines = (error as ConfigError).lines.map((line) => line.replace(/^.*proctor\.yaml:/, ""));
    return error instanceof ConfigError;
  });
  assert.deepEqual(lines, [
    "3:35: processes.a.restart_with: a → b → a is a circle: none of them could be the first",
    '5:38: processes.c.restart_with: there is no process "none"; there are a, b, d, e, f',
    '6:53: processes.d.depends_on: it restarts with "e", which has ended by then; write condition: started',
    "8:39: processes.f.restart_with: is for processes that are started; this one is unmanaged",
  ]);
});
