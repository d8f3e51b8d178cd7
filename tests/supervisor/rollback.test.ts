/* Back to the last definition by which a process was healthy, whatever the configuration file says. */
import assert from "node:assert/strict";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { shell, TestSupervisor } from "./support/supervisor.ts";

const limit = { timeout: 60_000 };
const SOON = { context_aware_restart: { reset_after: "50ms", retry_delay: "20ms", max_retries: 0 } };
const good = (word: string, more: object = {}) =>
  shell("web", `: ${word}; sleep 300; :`, { ...SOON, ...more });
const bad = (word: string) => shell("web", `: ${word}; exit 3`, SOON);
const wordOf = (one: TestSupervisor, id = "web") =>
  JSON.stringify(one.supervisor.describe(id).definition).match(/: (v\d);/)![1];
const fileOf = (one: TestSupervisor, id = "web") => join(one.base, "proctor", `${id}.definitions`);
const proven = (one: TestSupervisor, id = "web") =>
  one.until(`${id} is proven`, () => one.supervisor.describe(id).rollback?.is_proven);

/** A supervisor whose process was healthy by v1 and is not by v2. */
async function withBadChange(): Promise<TestSupervisor> {
  const one = await TestSupervisor.start([good("v1")]);
  await proven(one);
  one.configure([bad("v2")]);
  await one.supervisor.reload();
  await one.reaches("web", "failed");
  return one;
}

describe("a rollback", () => {
  test(
    "takes the last definition that was healthy, says so, and leaves the file as it is",
    limit,
    async () => {
      await using one = await withBadChange();
      const text = readFileSync(one.configFile, "utf8");
      const before = one.supervisor.describe("web").rollback!;
      assert.deepEqual([before.is_proven, before.rolled_back_at, before.is_left], [false, null, false]);
      const status = await one.supervisor.rollback("web");
      assert.equal(status.state, "running");
      assert.equal(wordOf(one), "v1");
      assert.equal(readFileSync(one.configFile, "utf8"), text);
      const after = one.supervisor.describe("web").rollback!;
      assert.ok(after.rolled_back_at! > before.back_to!);
      assert.equal(
        one.events.findLast(({ kind }) => kind === "rollback")?.reason,
        `to the definition that was healthy at ${before.back_to}; the configuration file stays as it is`,
      );
      assert.equal(statSync(fileOf(one)).mode & 0o7777, 0o600);
    },
  );

  test(
    "outlives reloads of the same file, and supervisors, and ends when the file changes",
    limit,
    async () => {
      await using one = await withBadChange();
      const { pid } = await one.supervisor.rollback("web");
      const report = await one.supervisor.reload();
      assert.deepEqual([report.rolled_back, report.restarted, report.unchanged], [["web"], [], ["web"]]);
      assert.equal(one.supervisor.get("web").pid, pid);
      // Others of the file are taken up, and what is not part of what it runs by is the file's.
      one.configure([{ ...bad("v2"), groups: ["front"], depends_on: ["db"] }, shell("db", "sleep 300; :")]);
      assert.deepEqual((await one.supervisor.reload()).added, ["db"]);
      assert.deepEqual(one.supervisor.get("web").groups, ["front"]);
      assert.deepEqual(one.supervisor.describe("web").depends_on, ["db"]);
      await one.reaches("db", "running");
      await one.end({ detach: true });
      await one.begin();
      assert.equal((await one.reaches("web", "running")).pid, pid, "it is taken up as what it is");
      await one.end();
      await one.begin();
      await one.reaches("web", "running");
      assert.equal(wordOf(one), "v1");
      one.configure([good("v3")]);
      assert.deepEqual((await one.supervisor.reload()).restarted, ["web"]);
      assert.equal(wordOf(one), "v3");
      assert.equal(one.supervisor.describe("web").rollback!.rolled_back_at, null);
      assert.match(
        one.events.findLast(({ kind }) => kind === "rollback")!.reason!,
        /^it is over: the configuration/,
      );
      await one.reaches("web", "running");
    },
  );

  test("to a schedule is refused where others wait for the process by now", limit, async () => {
    await using one = await TestSupervisor.start([
      shell("web", ": v1; exit 0", { ...SOON, schedule: "@yearly" }),
    ]);
    await one.supervisor.start("web");
    await proven(one);
    const front = shell("front", "sleep 300; :", {}, { restart_with: ["web"] });
    one.configure([good("v2"), front]);
    await one.supervisor.reload();
    const { pid } = await one.reaches("front", "running");
    await assert.rejects(one.supervisor.rollback("web"), {
      message: "web: its earlier definition has a schedule, and front would wait for it",
    });
    assert.deepEqual([wordOf(one), one.supervisor.get("front").pid], ["v2", pid]);
    one.configure([good("v2")]);
    await one.supervisor.reload();
    await one.supervisor.rollback("web");
    assert.match(one.supervisor.get("web").reason!, /^it is started at \d{4}-01-01T/);
    await one.supervisor.rollback("web", { undo: true });
    await one.reaches("web", "running");
  });

  test("that cannot be carried out leaves what was, for the next supervisor as well", limit, async () => {
    const log = { log_collection: { outputs: { combined: [{ type: "file", path: "shared.log" }] } } };
    const other = shell("other", "sleep 300; :", log);
    await using one = await TestSupervisor.start([good("v1", log)]);
    await proven(one);
    one.configure([good("v2"), other]);
    await one.supervisor.reload();
    await proven(one);
    await assert.rejects(one.supervisor.rollback("web"), /shared\.log" is written by other already/);
    assert.match(one.events.findLast(({ kind }) => kind === "rollback")!.reason!, /^it came to nothing: /);
    await one.reaches("web", "running");
    assert.deepEqual([wordOf(one), one.supervisor.describe("web").rollback!.rolled_back_at], ["v2", null]);
    assert.deepEqual((await one.supervisor.reload()).restarted, []);
    await one.end();
    await one.begin();
    for (const id of ["web", "other"]) await one.reaches(id, "running");
    assert.equal(wordOf(one), "v2");
  });

  test("that is undone takes the file's; two go back and forth where both were healthy", limit, async () => {
    await using one = await TestSupervisor.start([good("v1")]);
    await proven(one);
    one.configure([good("v2")]);
    await one.supervisor.reload();
    await proven(one);
    await one.supervisor.rollback("web");
    assert.equal(wordOf(one), "v1");
    await one.supervisor.rollback("web", { undo: true });
    assert.deepEqual([wordOf(one), one.supervisor.describe("web").rollback!.rolled_back_at], ["v2", null]);
    await assert.rejects(
      one.supervisor.rollback("web", { undo: true }),
      /^ControlError: web: it is not rolled back$/,
    );
    await one.supervisor.rollback("web");
    await proven(one);
    await one.supervisor.rollback("web");
    assert.deepEqual([wordOf(one), one.supervisor.describe("web").rollback!.rolled_back_at], ["v2", null]);
    // Two are kept, and no more.
    for (const word of ["v3", "v4"]) {
      one.configure([good(word)]);
      await one.supervisor.reload();
      await proven(one);
    }
    const { healthy } = JSON.parse(readFileSync(fileOf(one), "utf8"));
    assert.deepEqual(healthy.map(({ written }: { written: string }) => /: (v\d);/.exec(written)![1]), [
      "v4",
      "v3",
    ]);
  });

  test("of what a reload has left with its old definition keeps that", limit, async () => {
    const web = (line: string) =>
      shell("web", line, SOON, { instances: 3 }, {
        readiness_check: { type: "file", interval: "20ms", file: { path: "ready-${PROCTOR_INSTANCE}" } },
      });
    const serve = "touch ready-$PROCTOR_INSTANCE; sleep 300; :";
    await using one = await TestSupervisor.start([web(`: v0; ${serve}`)]);
    const ids = ["web:0", "web:1", "web:2"];
    for (const id of ids) await proven(one, id);
    one.configure([web(`: v1; ${serve}`)]);
    await one.supervisor.reload();
    for (const id of ids) await proven(one, id);
    const kept = one.supervisor.get("web:2").pid;
    one.configure([web(`: v2; [ $PROCTOR_INSTANCE = 1 ] && exit 3; ${serve}`)]);
    const report = await one.supervisor.reload();
    assert.deepEqual(report.left, ["web:2"]);
    const { is_left, back_to } = one.supervisor.describe("web:2").rollback!;
    assert.deepEqual([is_left, back_to], [true, null], "it does not go back to v0");
    for (const id of ids) await one.supervisor.rollback(id);
    assert.deepEqual(ids.map((id) => wordOf(one, id)), ["v1", "v1", "v1"]);
    assert.equal(one.supervisor.get("web:2").pid, kept);
    const again = await one.supervisor.reload();
    assert.deepEqual([again.restarted, again.rolled_back], [[], ids]);
  });

  test("writes down no values of variables, and takes those of now", limit, async () => {
    process.env.PROCTOR_TEST_SECRET = "s3cr3t-value";
    try {
      const web = (word: string) => good(word, { environment: { SECRET: "${PROCTOR_TEST_SECRET}" } });
      await using one = await TestSupervisor.start([web("v1")]);
      await proven(one);
      assert.ok(!readFileSync(fileOf(one), "utf8").includes("s3cr3t"));
      one.configure([bad("v2")]);
      await one.supervisor.reload();
      process.env.PROCTOR_TEST_SECRET = "another-value";
      const { pid } = await one.supervisor.rollback("web");
      assert.match(readFileSync(`/proc/${pid}/environ`, "utf8"), /SECRET=another-value\0/);
      delete process.env.PROCTOR_TEST_SECRET;
      one.configure([bad("v3")]);
      await one.supervisor.reload();
      await assert.rejects(
        one.supervisor.rollback("web"),
        /web: its earlier definition cannot be had again: .*PROCTOR_TEST_SECRET is not set/,
      );
      assert.equal(wordOf(one), "v3");
    } finally {
      delete process.env.PROCTOR_TEST_SECRET;
    }
  });

  test("is refused where there is nothing to go back to, or it cannot be started", limit, async () => {
    await using one = await TestSupervisor.start([good("v1")]);
    await proven(one);
    await assert.rejects(one.supervisor.rollback("web"), /web: there is no earlier definition by which/);
    await assert.rejects(one.supervisor.rollback("none"), /there is no process "none"/);
    await one.supervisor.add(shell("extra", "sleep 300; :"));
    await assert.rejects(
      one.supervisor.rollback("extra"),
      /extra: it does not come from a configuration file/,
    );
    const program = join(one.files.path, "program");
    writeFileSync(program, "#!/bin/sh\n: v5\nexec sleep 300\n");
    chmodSync(program, 0o755);
    one.configure([{ id: "web", management: { control: { executable: program, ...SOON } } }]);
    await one.supervisor.reload();
    await proven(one);
    one.configure([bad("v2")]);
    await one.supervisor.reload();
    chmodSync(program, 0o644);
    await assert.rejects(
      one.supervisor.rollback("web"),
      /web: its earlier definition: executable: .*program/,
    );
    assert.equal(wordOf(one), "v2");
  });

  test(
    "goes with the process: what is removed from the file has no definitions any more",
    limit,
    async () => {
      await using one = await withBadChange();
      one.configure([]);
      await one.supervisor.reload();
      assert.deepEqual(one.stateFiles(), []);
      await one.end();
      writeFileSync(fileOf(one, "gone"), "{}");
      await one.begin();
      assert.deepEqual(one.stateFiles(), []);
    },
  );
});
