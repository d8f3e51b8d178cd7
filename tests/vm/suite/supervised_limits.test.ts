/* Limits of managed processes that the kernel enforces, on a pure cgroup v2. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { allocating } from "../../supervisor/support/allocating.ts";
import { SupervisorProgram } from "../../supervisor/support/program.ts";
import { isAlive, TestSupervisor } from "../../supervisor/support/supervisor.ts";
import { cgroupOf, MB, ownCgroupEntries } from "./support.ts";

const LIMIT = { timeout: 240_000 };

const kernelFile = (pid: number, name: string) => readFileSync(`${cgroupOf(pid)}/${name}`, "utf8").trim();

/** A supervisor for as long as `use` runs; afterwards no cgroup of it may be left. */
async function supervised(entry: object, use: (test: TestSupervisor) => Promise<void>): Promise<void> {
  const before = ownCgroupEntries();
  {
    await using test = await TestSupervisor.start([entry]);
    await use(test);
  }
  assert.deepEqual(ownCgroupEntries(), before);
}

test("memory, restart: the kernel kills, and its retries are those of a violation", LIMIT, () =>
  supervised(
    allocating('exec "$0" 200 300', { memory: { max: "64M", policy: "restart" } }),
    async (test) => {
      const { reason, restarts } = await test.reaches("a", "failed");
      assert.equal(restarts, 1);
      assert.match(
        reason!,
        /^given up after 1 restart in a row: memory reached its limit of 64M, and it was killed$/,
      );
      assert.equal(test.supervisor.describe("a").last_exit!.outcome, "oom_killed");
      const told = test.events.filter(({ kind }) => kind === "limit");
      assert.deepEqual(
        told.map(({ reason }) => reason),
        Array(2).fill(
          "memory reached its limit of 64M, and it was killed",
        ),
      );
    },
  ));

test("memory, restart: a member that is killed takes the whole tree along", LIMIT, () =>
  supervised(
    allocating('[ -e again ] && exec sleep 300; touch again; "$0" 200 & sleep 300 & wait; sleep 300', {
      memory: { max: "64M", policy: "restart" },
    }),
    async (test) => {
      const first = await test.until("its PID", () => test.supervisor.get("a").pid);
      await test.until("a second run", () => {
        const { pid, state } = test.supervisor.get("a");
        return state === "running" && pid !== null && pid !== first;
      });
      const { pid, restarts, process_count } = test.supervisor.get("a");
      assert.equal(isAlive(first), false);
      assert.deepEqual([restarts, process_count], [1, 1]);
      assert.equal(kernelFile(pid!, "memory.max"), String(64 * MB));
      assert.deepEqual(kernelFile(pid!, "cgroup.procs").split("\n"), [String(pid)]);
      const [told] = test.events.filter(({ kind }) => kind === "limit");
      assert.equal(told.reason, "memory reached its limit of 64M, and a process of it was killed");
    },
  ));

test(
  "memory, immediate_kill: a command that ends because its child was killed stays down",
  LIMIT,
  () =>
    supervised(
      allocating('"$0" 200; exit 0', { memory: { max: "64M", policy: "immediate_kill" } }, {
        restart_policy: "always",
      }),
      async (test) => {
        const { reason, restarts } = await test.reaches("a", "failed");
        assert.equal(restarts, 0);
        assert.match(reason!, /^memory reached its limit of 64M, and a process of it was killed$/);
      },
    ),
);

test("memory, restart_adjusted: the next run has more, and fits", LIMIT, () =>
  supervised(
    allocating('exec "$0" 100 300', {
      memory: { max: "64M", policy: "restart_adjusted", adjust_factor: 3, adjust_most: 3 },
    }),
    async (test) => {
      await test.until(
        "it holds its memory",
        () => (test.supervisor.get("a").memory_bytes ?? 0) > 100 * MB,
      );
      const { pid, restarts } = test.supervisor.get("a");
      assert.equal(restarts, 1);
      assert.equal(kernelFile(pid!, "memory.max"), String(192 * MB));
    },
  ));

test("throttle: CPU is what cpu.max gives, and a fork beyond pids.max fails", LIMIT, () =>
  supervised(
    allocating(
      "(for i in 1 2 3 4 5 6 7 8 9; do sleep 300 & done); while :; do :; done",
      { cpu: { max_percent: 20, policy: "throttle" }, processes: { max: 5, policy: "throttle" } },
    ),
    async (test) => {
      const { pid } = await test.reaches("a", "running");
      const forks = () => Number(/^max (\d+)/m.exec(kernelFile(pid!, "pids.events"))![1]);
      await test.until("a refused fork", () => forks() > 0);
      assert.equal(kernelFile(pid!, "pids.max"), "5");
      assert.equal(kernelFile(pid!, "cpu.max"), "20000 100000");
      const stat = (key: string) =>
        Number(new RegExp(`^${key} (\\d+)$`, "m").exec(kernelFile(pid!, "cpu.stat"))![1]);
      await test.until("it waits for CPU", () => stat("throttled_usec") > 1_000_000);
      const [from, fromMs] = [stat("usage_usec"), performance.now()];
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      const share = (stat("usage_usec") - from) / 1_000 / (performance.now() - fromMs);
      assert.ok(share < 0.25, `${share} of a core`);
      const { restarts, state } = test.supervisor.get("a");
      assert.deepEqual([state, restarts], ["running", 0]);
    },
  ));

test("limits go on after the supervisor was killed, and its successor takes the kill for what it is", {
  ...LIMIT,
}, async () => {
  const before = ownCgroupEntries();
  {
    await using program = new SupervisorProgram();
    program.configure([
      allocating(
        'while [ ! -e more ]; do sleep 0.1; done; rm more; exec "$0" 200 300',
        { memory: { max: "64M", policy: "restart" }, processes: { max: 9, policy: "throttle" } },
      ),
    ]);
    await program.start();
    const up = async () => (await program.status()).find(({ state }) => state === "running");
    const { pid } = await program.until("it runs", up);
    await program.kill();
    assert.equal(kernelFile(pid!, "memory.max"), String(64 * MB));
    assert.equal(kernelFile(pid!, "pids.max"), "9");
    await program.start();
    assert.equal((await program.until("it is taken up", up)).pid, pid);
    program.files.write("more", "");
    const next = await program.until("it was restarted", async () => {
      const status = await up();
      return status && status.pid !== pid ? status : null;
    });
    // How a process that is nobody's child has ended is not told; the kernel's count is.
    assert.match(
      program.stderr,
      /a: running → \w+: memory reached its limit of 64M, and a process of it was killed/,
    );
    assert.equal(kernelFile(next.pid!, "memory.max"), String(64 * MB));
    assert.equal(isAlive(pid!), false);
    assert.equal(await program.stop(), 0);
  }
  assert.deepEqual(ownCgroupEntries(), before);
});
