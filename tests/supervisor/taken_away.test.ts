/* What people ask for while a process is being taken away, by a reload or a removal. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { shell, TestSupervisor } from "./support/supervisor.ts";

const done = { start: "started", restart: "restarted", reset: "reset" };
const limit = { timeout: 60_000 };
/** Hears no SIGTERM: it takes its grace to stop. */
const stubborn = (id: string, seconds: number) =>
  shell(id, `trap '' TERM; echo ready; while :; do sleep ${seconds}; done`, { graceful_timeout: "2s" });

async function startStubborn(): Promise<TestSupervisor> {
  const test = await TestSupervisor.start([stubborn("web", 1)]);
  await test.until("web hears nothing", () => test.log("web").includes("ready"));
  return test;
}

describe("a process that is being taken away", () => {
  for (const what of ["start", "restart", "reset"] as const) {
    test(`refuses ${what}, and delays no reload`, limit, async () => {
      await using test = await startStubborn();
      test.configure([stubborn("web", 2)]);
      const reloading = test.supervisor.reload();
      const { pid } = await test.reaches("web", "stopping");
      await assert.rejects(
        Promise.resolve().then(() => test.supervisor[what]("web")),
        {
          kind: "conflict",
          message: new RegExp(`^web: it is being removed or replaced; it cannot be ${done[what]} `),
        },
      );
      assert.deepEqual((await reloading).restarted, ["web"]);
      const now = await test.reaches("web", "running");
      assert.notEqual(now.pid, pid);
      assert.deepEqual(test.path("web").filter((state) => state === "starting").length, 2);
    });
  }

  test("refuses a start while it is removed, and is gone", limit, async () => {
    await using test = await startStubborn();
    const removing = test.supervisor.remove("web");
    await test.reaches("web", "stopping");
    await assert.rejects(test.supervisor.start("web"), { kind: "conflict" });
    await removing;
    assert.deepEqual(test.supervisor.list(), []);
  });

  test(
    "is taken away once by changes that come together: each begins when the last is done",
    limit,
    async () => {
      await using test = await startStubborn();
      test.configure([stubborn("web", 2), stubborn("fresh", 2)]);
      // Read when its turn has come.
      const first = test.supervisor.reload();
      const second = first.then(() => test.supervisor.get("fresh").state);
      await test.reaches("web", "stopping");
      test.configure([stubborn("fresh", 2)]);
      const others = [
        test.supervisor.reload(),
        test.supervisor.remove("fresh"),
        test.supervisor.add(shell("added", "sleep 300; :")),
      ] as const;
      assert.deepEqual((await first).restarted, ["web"]);
      await second;
      const [{ added, removed, restarted, unchanged }] = await Promise.all(others);
      assert.deepEqual([added, removed, restarted, unchanged], [[], ["web"], [], ["fresh"]]);
      assert.deepEqual(test.supervisor.list().map(({ id }) => id), ["added"]);
      await test.reaches("added", "running");
    },
  );

  test("hands on that it was stopped by hand meanwhile", limit, async () => {
    await using test = await startStubborn();
    test.configure([stubborn("web", 2)]);
    const reloading = test.supervisor.reload();
    await test.reaches("web", "stopping");
    await test.supervisor.stop("web");
    await reloading;
    const { state, reason } = test.supervisor.get("web");
    assert.deepEqual([state, reason], ["stopped", "it was stopped by hand"]);
    assert.deepEqual(test.path("web").slice(-2), ["stopping", "stopped"]);
    // The next supervisor knows it, too.
    await test.end();
    await test.begin();
    assert.equal(test.supervisor.get("web").state, "stopped");
  });
});
