/* Limits of managed processes that the kernel enforces on a hybrid host, by the controllers of cgroup v1. */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { cgroupsOf } from "../../group/support/traces.ts";
import { noV1, v1DirectoriesOf, v1File, v1Value } from "../../support/v1.ts";
import { allocating } from "../support/allocating.ts";
import { SupervisorProgram } from "../support/program.ts";
import { isAlive, TestSupervisor } from "../support/supervisor.ts";

const MB = 1_048_576;
const CASE = { skip: noV1, timeout: 120_000 };

/** A supervisor for as long as `use` runs; afterwards no cgroup of it may be left in any hierarchy. */
async function supervised(entry: object, use: (test: TestSupervisor) => Promise<void>): Promise<void> {
  const before = cgroupsOf(process.pid);
  {
    await using test = await TestSupervisor.start([entry]);
    await use(test);
  }
  assert.deepEqual(cgroupsOf(process.pid), before);
}

test(
  "memory, restart: the kernel kills, and its retries are those of a violation",
  CASE,
  () =>
    supervised(
      allocating('exec "$0" 200 300', { memory: { max: "64M", policy: "restart" } }),
      async (test) => {
        const { reason, restarts } = await test.reaches("a", "failed");
        assert.equal(restarts, 1);
        assert.match(
          reason!,
          /^given up after 1 restart in a row: memory reached its limit of 64M, and (it|a process of it) was killed$/,
        );
        assert.equal(test.supervisor.describe("a").last_exit!.outcome, "oom_killed");
      },
    ),
);

test("memory, restart_adjusted: the next run has more, and fits", CASE, () =>
  supervised(
    allocating('exec "$0" 100 300', {
      memory: { max: "64M", policy: "restart_adjusted", adjust_factor: 3, adjust_most: 3 },
    }),
    async (test) => {
      await test.until("it holds its memory", () => (test.supervisor.get("a").memory_bytes ?? 0) > 100 * MB);
      const { pid, restarts } = test.supervisor.get("a");
      assert.equal(restarts, 1);
      assert.equal(v1File(pid!, "memory", "memory.limit_in_bytes"), String(192 * MB));
    },
  ));

test("throttle: CPU is what the quota gives, and a fork beyond pids.max fails", CASE, () =>
  supervised(
    allocating("(for i in 1 2 3 4 5 6 7 8 9; do sleep 300 & done); while :; do :; done", {
      cpu: { max_percent: 20, policy: "throttle" },
      processes: { max: 5, policy: "throttle" },
    }),
    async (test) => {
      const { pid } = await test.reaches("a", "running");
      await test.until("a refused fork", () => v1Value(pid!, "pids", "pids.events", "max") > 0);
      assert.equal(v1File(pid!, "pids", "pids.max"), "5");
      assert.equal(v1File(pid!, "cpu", "cpu.cfs_quota_us"), "20000");
      await test.until("it waits for CPU", () => v1Value(pid!, "cpu", "cpu.stat", "throttled_time") > 5e8);
      const { restarts, state } = test.supervisor.get("a");
      assert.deepEqual([state, restarts], ["running", 0]);
    },
  ));

test("limits go on after the supervisor was killed, and its successor takes the kill for what it is", {
  ...CASE,
}, async () => {
  const supervisors: number[] = [];
  {
    await using program = new SupervisorProgram();
    program.configure([
      allocating('while [ ! -e more ]; do sleep 0.1; done; rm more; exec "$0" 200 300', {
        memory: { max: "64M", policy: "restart" },
        processes: { max: 9, policy: "throttle" },
      }),
    ]);
    await program.start();
    supervisors.push(program.child.pid!);
    const up = async () => (await program.status()).find(({ state }) => state === "running");
    const { pid } = await program.until("it runs", up);
    await program.kill();
    assert.equal(v1File(pid!, "memory", "memory.limit_in_bytes"), String(64 * MB));
    assert.equal(v1File(pid!, "pids", "pids.max"), "9");
    await program.start();
    supervisors.push(program.child.pid!);
    assert.equal((await program.until("it is taken up", up)).pid, pid);
    program.files.write("more", "");
    const next = await program.until("it was restarted", async () => {
      const status = await up();
      return status && status.pid !== pid ? status : null;
    });
    assert.match(
      program.stderr,
      /a: running → \w+: memory reached its limit of 64M, and a process of it was killed/,
    );
    assert.equal(v1File(next.pid!, "memory", "memory.limit_in_bytes"), String(64 * MB));
    assert.equal(isAlive(pid!), false);
    assert.equal(await program.stop(), 0);
  }
  assert.deepEqual(supervisors.flatMap(cgroupsOf), []);
});

test("what is left of a killed supervisor whose processes have ended, too, is removed by the next", {
  ...CASE,
}, async () => {
  await using program = new SupervisorProgram();
  program.configure([allocating("exec sleep 300", { memory: { max: "64M", policy: "restart" } })]);
  await program.start();
  const first = program.child.pid!;
  const { pid } = await program.until(
    "it runs",
    async () => (await program.status()).find(({ state }) => state === "running"),
  );
  await program.kill();
  assert.ok(v1DirectoriesOf(first).length > 0);
  process.kill(pid!, "SIGKILL");
  await program.until("it has ended", () => !isAlive(pid!));
  await program.start();
  assert.deepEqual(cgroupsOf(first), []);
  assert.equal(await program.stop(), 0);
});
