/* A reload changes the instances of one process one after another: there is always one that serves. */
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { isAlive, shell, TestSupervisor } from "./support/supervisor.ts";

const limit = { timeout: 60_000 };
/** Ready once it has made a file of its own, which the test sees as well. */
const web = (word: string, instances = 3, line = "touch ready-$PROCTOR_INSTANCE; sleep 300; :") =>
  shell("web", `: ${word}; ${line}`, { restart_policy: "never" }, { instances }, {
    readiness_check: { type: "file", interval: "20ms", file: { path: "ready-${PROCTOR_INSTANCE}" } },
  });
const IDS = ["web:0", "web:1", "web:2"];
const pidsOf = (one: TestSupervisor) => IDS.map((id) => one.supervisor.get(id).pid);
const wordOf = (one: TestSupervisor, id: string) =>
  JSON.stringify(one.supervisor.describe(id).definition).match(/: (old|new|next);/)![1];

test("each is taken down only when the one before it is ready", limit, async () => {
  await using one = await TestSupervisor.start([web("old"), shell("other", "sleep 300; :")]);
  for (const id of IDS) await one.reaches(id, "running");
  const before = pidsOf(one);
  const from = one.events.length;
  one.configure([web("new"), shell("other", "sleep 301; :")]);
  const report = await one.supervisor.reload();
  assert.deepEqual(report.restarted, ["other", ...IDS]);
  assert.deepEqual([report.failed, report.left], [[], []]);
  const told = one.events.slice(from).filter(({ id, kind }) => kind === "transition" && IDS.includes(id!));
  assert.deepEqual(
    told.map(({ id, to }) => `${id} ${to}`),
    IDS.flatMap((id) => ["stopping", "stopped", "starting", "running"].map((to) => `${id} ${to}`)),
  );
  assert.ok(before.every((pid) => !isAlive(pid!)));
  assert.deepEqual(IDS.map((id) => wordOf(one, id)), ["new", "new", "new"]);
  assert.deepEqual(one.supervisor.list().map(({ id }) => id), [...IDS, "other"]);
});

test(
  "where one is not ready, those after it go on as they were, and a later reload takes them up",
  limit,
  async () => {
    const db = (word: string) => shell("db", `: ${word}; sleep 300; :`, {}, { instances: 2 });
    await using one = await TestSupervisor.start([web("old"), db("old")]);
    for (const id of [...IDS, "db:0", "db:1"]) await one.reaches(id, "running");
    const before = pidsOf(one);
    one.configure([
      web("new", 3, "[ $PROCTOR_INSTANCE = 1 ] && exit 3; touch ready-$PROCTOR_INSTANCE; sleep 300; :"),
      db("new"),
    ]);
    const report = await one.supervisor.reload();
    assert.deepEqual(report.restarted, ["web:0", "db:0", "db:1"], "another process is not held up");
    assert.deepEqual(report.failed, [{ id: "web:1", reason: "it ended with exit code 3" }]);
    assert.deepEqual(report.left, ["web:2"]);
    const stopped = one.events.find(({ kind }) => kind === "rollout_stopped");
    assert.equal(stopped?.id, "web:1");
    assert.equal(
      stopped?.reason,
      "it is not ready with its new definition: it ended with exit code 3; left as they are: web:2",
    );
    assert.match(
      one.events.findLast(({ kind }) => kind === "reloaded")!.reason!,
      /, 1 failed, 1 left as they were$/,
    );
    assert.deepEqual([one.supervisor.get("web:2").pid, wordOf(one, "web:2")], [before[2], "old"]);
    assert.deepEqual([wordOf(one, "web:0"), one.supervisor.get("web:1").state], ["new", "failed"]);
    one.configure([web("next"), db("new")]);
    assert.deepEqual((await one.supervisor.reload()).restarted, IDS);
    assert.deepEqual(IDS.map((id) => wordOf(one, id)), ["next", "next", "next"]);
  },
);

test("those that are left as they were wait for nobody who is gone", limit, async () => {
  const bound = (word: string, to: string, line?: string) => ({ ...web(word, 2, line), restart_with: [to] });
  const other = (id: string) => shell(id, "sleep 300; :");
  await using one = await TestSupervisor.start([bound("old", "db"), other("db")]);
  for (const id of ["web:0", "web:1"]) await one.reaches(id, "running");
  one.configure([bound("new", "cache", "exit 3"), other("cache")]);
  const { failed, left } = await one.supervisor.reload();
  assert.deepEqual([failed.map(({ id }) => id), left], [["web:0"], ["web:1"]]);
  await one.reaches("web:1", "running");
  const { restart_with, depends_on, dependents } = one.supervisor.describe("web:1");
  assert.deepEqual([restart_with, depends_on, dependents, wordOf(one, "web:1")], [
    ["cache"],
    ["cache"],
    [],
    "old",
  ]);
});

test("one that is down by hand gets its definition, stays down, and holds nobody up", limit, async () => {
  await using one = await TestSupervisor.start([web("old", 2)]);
  for (const id of ["web:0", "web:1"]) await one.reaches(id, "running");
  await one.supervisor.stop("web:0");
  one.configure([web("new", 2)]);
  assert.deepEqual((await one.supervisor.reload()).restarted, ["web:0", "web:1"]);
  assert.deepEqual([wordOf(one, "web:0"), one.supervisor.get("web:0").state], ["new", "stopped"]);
  assert.equal(one.supervisor.get("web:1").state, "running");
});

test("an end in the midst of it takes nothing more down, and is not waited for", limit, async () => {
  await using one = await TestSupervisor.start([web("old")]);
  for (const id of IDS) await one.reaches(id, "running");
  one.configure([web("new", 3, "sleep 300; :")]);
  const reload = one.supervisor.reload();
  await one.until(
    "the first has begun",
    () => one.path("web:0").filter((to) => to === "starting").length === 2,
  );
  await one.end();
  const report = await reload;
  assert.deepEqual([report.restarted, report.failed[0].id, report.left], [[], "web:0", ["web:1", "web:2"]]);
  assert.ok(one.events.every(({ id, reason }) => id !== "web:1" || reason !== "its definition has changed"));
  assert.ok(one.events.every(({ kind }) => kind !== "rollout_stopped"));
});

test("the next supervisor goes on one after another with what it takes up", limit, async () => {
  await using one = await TestSupervisor.start([web("old")]);
  for (const id of IDS) await one.reaches(id, "running");
  const before = pidsOf(one);
  await one.end({ detach: true });
  // The first does not become ready: all others go on as they were.
  one.configure([web("new", 3, "exit 3")]);
  rmSync(join(one.files.path, "ready-0"));
  let from = one.events.length;
  const since = () => one.events.slice(from);
  const stopped = () => since().find(({ kind }) => kind === "rollout_stopped");
  await one.begin();
  await one.until("the first fails", stopped);
  assert.equal(stopped()!.id, "web:0");
  assert.match(stopped()!.reason!, /ended with exit code 3; left as they are: web:1, web:2$/);
  assert.deepEqual(pidsOf(one).slice(1), before.slice(1));
  await one.end({ detach: true });
  // The same again: the one that is down is tried first, and nothing else is taken down for it.
  from = one.events.length;
  await one.begin();
  await one.until("the first fails again", stopped);
  assert.deepEqual([stopped()!.id, pidsOf(one).slice(1)], ["web:0", before.slice(1)]);
  await one.end({ detach: true });
  one.configure([web("new")]);
  from = one.events.length;
  await one.begin();
  const steps = () =>
    since().flatMap(({ id, kind, to }) => kind === "transition" && to !== "stopped" ? [`${id} ${to}`] : []);
  await one.until("the last is replaced", () => {
    const { pid, state } = one.supervisor.get("web:2");
    return state === "running" && pid !== before[2];
  });
  const ways = ["web:1", "web:2"].flatMap((id) =>
    ["stopping", "starting", "running"].map((to) => `${id} ${to}`)
  );
  assert.deepEqual(steps().slice(-8), ["web:0 starting", "web:0 running", ...ways]);
  assert.ok(before.every((pid) => !isAlive(pid!)));
  const pids = pidsOf(one);
  assert.deepEqual((await one.supervisor.reload()).unchanged, IDS, "nothing is left to be done");
  assert.deepEqual(pidsOf(one), pids);
});

/** As they are at first: healthy soon, and started again soon after a crash. */
const SOON = {
  restart_policy: "on_failure",
  context_aware_restart: { reset_after: "50ms", retry_delay: "20ms" },
};
const kept = (word: string, line: string, control: object = {}, management: object = {}) =>
  shell("web", `: ${word}; ${line}`, { ...SOON, ...control }, { instances: 3 }, {
    readiness_check: { type: "file", interval: "20ms", file: { path: "ready-${PROCTOR_INSTANCE}" } },
    ...management,
  });
const SERVES = "touch ready-$PROCTOR_INSTANCE; sleep 300; :";
const proven = (one: TestSupervisor, id: string) =>
  one.until(`${id} is proven`, () => one.supervisor.describe(id).rollback?.is_proven);
const isStopped = (one: TestSupervisor, from: number) => () =>
  one.events.slice(from).find(({ kind }) => kind === "rollout_stopped");
/** Kill what runs of one, and wait for what starts in its place. */
async function crash(one: TestSupervisor, id: string): Promise<void> {
  const { pid } = one.supervisor.get(id);
  process.kill(pid!, "SIGKILL");
  await one.until(`${id} is up again`, () => {
    const now = one.supervisor.get(id);
    return now.state === "running" && now.pid !== pid;
  });
}

test(
  "what is taken up is judged by the definition it runs by until its turn, and starts by that",
  limit,
  async () => {
    await using one = await TestSupervisor.start([kept("old", SERVES)]);
    for (const id of IDS) await proven(one, id);
    const before = pidsOf(one);
    await one.end({ detach: true });
    // By the new one all would be unhealthy at once, as another process is.
    const check = {
      health_check: { type: "exec", interval: "20ms", failure_threshold: 1, exec: { command: ["false"] } },
    };
    const waits = "until [ -e go ]; do sleep 0.05; done; exit 3";
    one.configure([
      kept("new", waits, { context_aware_restart: { max_retries: 0 }, watch: ["ready-2"] }, check),
      shell("other", "sleep 300; :", {}, {}, check),
    ]);
    rmSync(join(one.files.path, "ready-0"));
    const from = one.events.length;
    await one.begin();
    await one.reaches("web:0", "starting");
    await one.until(
      "other is unhealthy",
      () => one.events.slice(from).some(({ id, kind }) => id === "other" && kind === "health"),
    );
    assert.deepEqual(pidsOf(one).slice(1), before.slice(1));
    assert.deepEqual(["web:1", "web:2"].map((id) => [wordOf(one, id), one.supervisor.get(id).health]), [
      ["old", null],
      ["old", null],
    ]);
    const { is_left, is_waiting, is_unknown } = one.supervisor.describe("web:1").rollback!;
    assert.deepEqual([is_left, is_waiting, is_unknown], [false, true, false], "it waits for its turn");
    await crash(one, "web:2");
    assert.deepEqual(wordOf(one, "web:2"), "old");
    one.files.write("go", "");
    const { id, reason } = await one.until("it stops", isStopped(one, from));
    assert.deepEqual([id, reason!.split("; ").at(-1)], ["web:0", "left as they are: web:1, web:2"]);
    await crash(one, "web:1");
    assert.equal(wordOf(one, "web:1"), "old");
    // What was left is rolled back to what it is, for good.
    const pids = pidsOf(one);
    for (const id of IDS) {
      assert.ok(one.supervisor.describe(id).rollback!.is_left || id === "web:0");
      assert.equal((await one.supervisor.rollback(id)).state, "running");
    }
    assert.deepEqual(IDS.map((id) => wordOf(one, id)), ["old", "old", "old"]);
    assert.deepEqual(pidsOf(one).slice(1), pids.slice(1));
    const { restarted, rolled_back } = await one.supervisor.reload();
    assert.deepEqual([restarted, rolled_back], [[], IDS]);
    await one.end({ detach: true });
    await one.begin();
    for (const id of IDS) await one.reaches(id, "running");
    assert.deepEqual(pidsOf(one).slice(1), pids.slice(1));
  },
);

test(
  "one whose own definition cannot be had is left all the same, and is rolled back once it can be",
  limit,
  async () => {
    await using one = await TestSupervisor.start([]);
    one.files.write("web.env", "A=1\n");
    one.configure([kept("old", SERVES, { env_file: "web.env" })]);
    await one.supervisor.reload();
    for (const id of IDS) await proven(one, id);
    const before = pidsOf(one);
    await one.end({ detach: true });
    rmSync(join(one.files.path, "web.env"));
    rmSync(join(one.files.path, "ready-0"));
    one.configure([kept("new", "exit 3", { context_aware_restart: { max_retries: 0 } })]);
    const from = one.events.length;
    await one.begin();
    await one.until("it stops", isStopped(one, from));
    assert.match(
      one.said.join("\n"),
      /web:1: its earlier definition cannot be had again: .*web\.env.*; until it is replaced it is judged by/,
    );
    assert.deepEqual(pidsOf(one).slice(1), before.slice(1));
    await assert.rejects(
      one.supervisor.rollback("web:1"),
      /web:1: its earlier definition cannot be had again/,
    );
    // The next supervisor does not have it, either.
    await one.end({ detach: true });
    const again = one.events.length;
    await one.begin();
    await one.until("it stops again", isStopped(one, again));
    assert.equal(wordOf(one, "web:1"), "new");
    assert.ok(one.supervisor.describe("web:1").rollback!.is_unknown);
    one.files.write("web.env", "A=1\n");
    await one.until("it is left", () => one.supervisor.describe("web:1").rollback!.is_left);
    assert.equal((await one.supervisor.rollback("web:1")).state, "running");
    assert.deepEqual([wordOf(one, "web:1"), one.supervisor.get("web:2").pid], ["old", before[2]]);
    // A file that says the old one again is news to what would have started by the other.
    one.configure([kept("old", SERVES, { env_file: "web.env" })]);
    assert.deepEqual((await one.supervisor.reload()).restarted, ["web:0", "web:2"]);
    await crash(one, "web:2");
    assert.equal(wordOf(one, "web:2"), "old");
  },
);

test(
  "a reload while others are waited for takes the roll-out over, and nothing is said to have stopped",
  limit,
  async () => {
    await using one = await TestSupervisor.start([web("old", 2)]);
    for (const id of ["web:0", "web:1"]) await one.reaches(id, "running");
    await one.end({ detach: true });
    // A supervisor of before has written no definition down, and that of the second has come to be another's.
    const source = {
      directory: "/",
      written: '{"map":[["id","other"],["management",{"map":[["control",' +
        '{"map":[["executable","true"]]}]]}]]}',
    };
    for (const [id, change] of [["web:0", { source: undefined }], ["web:1", { source }]] as const) {
      const state = join(one.base, "proctor", `${id}.json`);
      writeFileSync(state, JSON.stringify({ ...JSON.parse(readFileSync(state, "utf8")), ...change }));
    }
    // The third is new, and does not become ready.
    one.configure([web("new", 3, "sleep 300; :")]);
    const from = one.events.length;
    await one.begin();
    await one.reaches("web:2", "starting");
    for (
      const [id, why] of [["web:0", "is not known"], ["web:1", 'it comes to the id "other" now']] as const
    ) {
      const line = one.said.find((line) => line.startsWith(`${id}: `));
      assert.ok(line?.includes(`${why}; until it is replaced it is judged by`), line ?? "");
      assert.ok(one.supervisor.describe(id).rollback!.is_unknown);
    }
    one.configure([web("next")]);
    assert.deepEqual((await one.supervisor.reload()).restarted, IDS);
    assert.deepEqual(IDS.map((id) => wordOf(one, id)), ["next", "next", "next"]);
    assert.equal(isStopped(one, from)(), undefined);
  },
);

test(
  "one that is removed while others are waited for holds up none of those that are left",
  limit,
  async () => {
    await using one = await TestSupervisor.start([web("old", 2)]);
    for (const id of ["web:0", "web:1"]) await one.reaches(id, "running");
    await one.end({ detach: true });
    one.configure([
      web("new", 3, "until [ -e go ]; do sleep 0.05; done; touch ready-$PROCTOR_INSTANCE; sleep 300; :"),
    ]);
    const from = one.events.length;
    await one.begin();
    await one.reaches("web:2", "starting");
    await one.supervisor.remove("web:0");
    one.files.write("go", "");
    await one.until("the other is replaced", () => wordOf(one, "web:1") === "new");
    await one.reaches("web:1", "running");
    assert.equal(isStopped(one, from)(), undefined);
  },
);

test("what is rolled back while others wait to get it is not given to them", limit, async () => {
  await using one = await TestSupervisor.start([kept("old", SERVES)]);
  for (const id of IDS) await proven(one, id);
  const before = pidsOf(one);
  await one.end({ detach: true });
  process.kill(before[0]!, "SIGKILL");
  await one.until("it is gone", () => !isAlive(before[0]!));
  rmSync(join(one.files.path, "ready-0"));
  one.configure([kept("new", "sleep 300; :")]);
  const from = one.events.length;
  await one.begin();
  await one.reaches("web:0", "starting");
  assert.equal((await one.supervisor.rollback("web:0")).state, "running");
  const { id, reason } = isStopped(one, from)()!;
  assert.deepEqual([id, reason], ["web:0", "it is rolled back; left as they are: web:1, web:2"]);
  for (const id of ["web:1", "web:2"]) {
    assert.ok(one.supervisor.describe(id).rollback!.is_left);
    await one.supervisor.rollback(id);
  }
  assert.deepEqual([IDS.map((id) => wordOf(one, id)), pidsOf(one).slice(1)], [
    ["old", "old", "old"],
    before.slice(1),
  ]);
});
