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
/** Every second. */
const ALWAYS = { schedule: "* * * * * *" };
/** Once a year, and not today. */
const RARELY = { schedule: "0 0 1 1 *", timezone: "UTC" };

describe("a process with a schedule", () => {
  test("is started at its times, again and again, and waits between them", LONG, async () => {
    await using test = await TestSupervisor.start([
      shell("a", "date +%s%N", { schedule: "*/2 * * * * *" }),
      shell("b", "exit 0", RARELY),
    ]);
    await test.until("it has run twice", () =>
      test.path("a").filter((state) => state === "running").length >= 2);
    const { state, reason } = await test.reaches("a", "stopped");
    assert.equal(state, "stopped");
    assert.match(
      reason!,
      /^it is started at \d{4}-\d\d-\d\dT\d\d:\d\d:\d[02468]Z; it ended with exit code 0$/,
    );
    const times = test.log("a").trim().split("\n").map((line) =>
      Number(BigInt(line.slice(-19)) / 1_000_000n)
    );
    // Each in the second it is for, and on a machine that is busy a little later.
    for (const ms of times) assert.ok(ms % 2_000 < 1_500, `${times}`);
    const b = test.supervisor.describe("b");
    assert.deepEqual(test.path("b"), []);
    assert.match(b.next_start_at!, /^\d{4}-01-01T00:00:00.000Z$/);
  });

  test("is left out while the last one runs, which is told", LONG, async () => {
    await using test = await TestSupervisor.start([shell("a", "exec sleep 1000", ALWAYS)]);
    const told = await test.until("it is left out", () =>
      test.events.find(({ kind }) => kind === "schedule"));
    assert.match(told.reason!, /^its start at \S+Z is left out: the last one still runs$/);
    assert.deepEqual(test.path("a"), ["starting", "running"]);
  });

  test(
    "is not started by it once a person has stopped it, and is again when he has started it",
    LONG,
    async () => {
      await using test = await TestSupervisor.start([shell("a", "exit 0", ALWAYS)]);
      await test.until("it has run", () => test.path("a").includes("running"));
      await test.supervisor.stop("a");
      const starts = () => test.path("a").filter((state) => state === "starting").length;
      const before = starts();
      const until = performance.now() + 2_500;
      await test.until("two of its times have passed", () => performance.now() > until);
      assert.equal(starts(), before);
      assert.equal(test.supervisor.describe("a").next_start_at, null);
      await test.supervisor.start("a");
      await test.until("it runs at its times", () => starts() >= before + 3);
    },
  );

  test("is started by hand as well, and when it is added at run time at its times alone", LONG, async () => {
    await using test = await TestSupervisor.start([shell("a", "exit 0", RARELY)]);
    await test.supervisor.start("a");
    assert.deepEqual(test.path("a").slice(0, 2), ["starting", "running"]);
    await test.supervisor.add(shell("b", "exit 0", RARELY));
    assert.match(test.supervisor.get("b").reason!, /^it is started at \d{4}-01-01T00:00:00Z$/);
    await test.supervisor.add(shell("c", "exit 0", ALWAYS));
    await test.until("the third runs", () => test.path("c").includes("running"));
    assert.deepEqual(test.path("b"), []);
  });

  test("what was missed while no supervisor was there is told, and not made up for", {
    timeout: 120_000,
  }, async () => {
    await using program = new SupervisorProgram();
    program.configure([shell("a", "exit 0", RARELY)]);
    await program.start();
    const path = join(program.base, "proctor", "a.json");
    const kept = await program.until(
      "it is noted down",
      () => existsSync(path) && readFileSync(path, "utf8"),
    );
    assert.equal(await program.stop(), 0);
    const { scheduled_at } = JSON.parse(readFileSync(path, "utf8"));
    assert.match(scheduled_at, /^\d{4}-01-01T00:00:00.000Z$/);
    program.files.write("state/proctor/a.json", kept.replace(scheduled_at, "2026-01-01T00:00:00.000Z"));
    await program.start();
    const missed =
      "warn  a: schedule: its start at 2026-01-01T00:00:00Z was missed: no supervisor was there; " +
      "it is not made up for";
    await program.until("it is told", () => program.stderr.includes(missed));
    const [status] = await program.status();
    assert.equal(status.state, "stopped");
    assert.equal(status.restarts, 0);
  });

  test(
    "runs when it has lost that by a reload, and waits for its times when it has got one",
    LONG,
    async () => {
      await using test = await TestSupervisor.start([shell("a", "exec sleep 300", RARELY)]);
      assert.equal(test.supervisor.get("a").state, "stopped");
      test.configure([shell("a", "exec sleep 300")]);
      await test.supervisor.reload();
      await test.reaches("a", "running");
      test.configure([shell("a", "exec sleep 300", RARELY)]);
      await test.supervisor.reload();
      assert.match(test.supervisor.get("a").reason!, /^it is started at \d{4}-01-01T00:00:00Z/);
      await test.supervisor.stop("a");
      test.configure([shell("a", "exec sleep 300")]);
      await test.supervisor.reload();
      assert.equal(test.supervisor.get("a").reason, "it was stopped by hand");
    },
  );

  test("goes on running where a reload changes its times alone, which count from then on", LONG, async () => {
    const often = { schedule: "*/30 * * * *", timezone: "UTC" };
    await using test = await TestSupervisor.start([shell("a", "exec sleep 300", RARELY)]);
    await test.supervisor.start("a");
    const { pid } = await test.reaches("a", "running");
    test.configure([shell("a", "exec sleep 300", often)]);
    assert.deepEqual((await test.supervisor.reload()).unchanged, ["a"]);
    assert.equal(test.supervisor.get("a").pid, pid);
    assert.match(test.supervisor.describe("a").next_start_at!, /T\d\d:[03]0:00.000Z$/);
  });

  test("what makes no sense is refused", () => {
    using files = scratch();
    const text = `
processes:
  a: { command: x, schedule: "*/5 * * * *", timezone: Europe/Berlin }
  b: { command: x, schedule: "61 * * * *" }
  c: { command: x, schedule: "@daily", timezone: Europe/Nowhere }
  d: { command: x, schedule: "@daily", restart: always }
  e: { command: x, timezone: UTC }
  f: { command: x, depends_on: { a: exited_successfully } }
`;
    const faults = (yaml: string): string[] => {
      try {
        loadConfig(files.write("proctor.yaml", yaml), { variables: {} });
        return [];
      } catch (error) {
        assert.ok(error instanceof ConfigError);
        return error.faults.map(({ key, message }) => `${key}: ${message}`);
      }
    };
    const all = faults(text);
    assert.deepEqual(all.map((one) => one.replace(/: .*/, "")), [
      "processes.b.schedule",
      "processes.c.timezone",
      "processes.d.restart_policy",
      "processes.e.timezone",
      "processes.f.depends_on",
    ]);
    assert.match(
      all[0],
      /"61 \* \* \* \*" is not a schedule \(.+\); write five fields, such as "\*\/5 \* \* \* \*", or @daily$/,
    );
    assert.deepEqual(faults(text.split("\n").slice(0, 3).join("\n")), []);
  });
});
