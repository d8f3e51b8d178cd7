/* What becomes of the processes when the supervisor is killed, and what the next one makes of it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { holdersOf, killIfThere, SupervisorProgram } from "../support/program.ts";
import { isAlive, shell } from "../support/supervisor.ts";

const limit = { timeout: 90_000 };
const FAST = { context_aware_restart: { retry_delay: "10ms", jitter: 0, max_retries: "unlimited" } };
const QUICK = { monitoring_profile: { interval: "50ms" } };

async function running(program: SupervisorProgram, ...ids: string[]): Promise<Map<string, number>> {
  return await program.until(`${ids} run`, async () => {
    const status = await program.status();
    const pids = new Map(
      status.flatMap(({ id, pid, state }) => state === "running" ? [[id, pid!] as const] : []),
    );
    return ids.every((id) => pids.has(id)) ? pids : null;
  });
}

describe("after kill -9 of the supervisor", () => {
  test(
    "what runs goes on, is taken up once, and is supervised: restarts, health, limits",
    limit,
    async () => {
      await using program = new SupervisorProgram();
      const word = `proctor-killed-${process.pid}`;
      program.configure([
        // It never forks: a child that has not executed anything yet would be known by the word as well.
        shell("plain", "", { executable: "perl", arguments: ["-e", "sleep 300", word], ...FAST }),
        shell("sick", "rm -f sick; sleep 300; :", FAST, {}, {
          health_check: {
            type: "exec",
            exec: { command: ["test", "!", "-e", "sick"] },
            interval: "50ms",
            failure_threshold: 1,
          },
        }),
        shell("many", "while [ ! -e many ]; do sleep 0.05; done; rm many; sleep 300 & sleep 300 & wait", {
          ...FAST,
          limits: { processes: { max: 2, policy: "restart" } },
        }, QUICK),
      ]);
      await program.start();
      const before = await running(program, "plain", "sick", "many");
      await program.kill();
      for (const pid of before.values()) assert.ok(isAlive(pid));
      await program.start();
      assert.deepEqual(await running(program, "plain", "sick", "many"), before);
      assert.deepEqual(program.pids(), before);
      assert.equal(holdersOf(word).length, 1);

      process.kill(before.get("plain")!, "SIGKILL");
      program.files.write("sick", "");
      program.files.write("many", "");
      const after = await program.until("all of them are new", async () => {
        const pids = await running(program, "plain", "sick", "many");
        return [...before].every(([id, pid]) => pids.get(id) !== pid) && pids;
      });
      assert.equal(holdersOf(word).length, 1);
      assert.match(program.stderr, /sick: running → stopping: it was unhealthy/);
      assert.match(program.stderr, /many: running → stopping: processes: \d, above the limit of 2/);
      assert.equal(await program.stop(), 0);
      for (const pid of after.values()) assert.equal(isAlive(pid), false);
      assert.deepEqual([...program.pids()], []);
      assert.deepEqual(holdersOf(word), []);
    },
  );

  test(
    "what has ended meanwhile is started anew, and what it has left behind is cleared away",
    limit,
    async () => {
      await using program = new SupervisorProgram();
      const word = `proctor-left-${process.pid}`;
      program.configure([shell("a", `perl -e 'sleep 300' ${word} & sleep 300; :`, FAST)]);
      await program.start();
      const before = await running(program, "a");
      const [left] = await program.until("its child", () => {
        const found = holdersOf(word);
        return found.length > 0 && found;
      });
      await program.kill();
      process.kill(before.get("a")!, "SIGKILL");
      assert.ok(isAlive(left));
      await program.start();
      const after = await running(program, "a");
      assert.notEqual(after.get("a"), before.get("a"));
      await program.until("one child", () => holdersOf(word).length === 1 && !isAlive(left));
    },
  );

  test("a stranger who has the PID now is not touched", limit, async () => {
    await using program = new SupervisorProgram();
    program.configure([shell("a", "sleep 300; :", FAST)]);
    await program.start();
    const before = await running(program, "a");
    await program.kill();
    process.kill(before.get("a")!, "SIGKILL");
    const stranger = spawn("sleep", ["300"], { stdio: "ignore" });
    // As if the PID had been given out anew: another start time.
    const file = join(program.base, "proctor/a.json");
    const kept = JSON.parse(readFileSync(file, "utf8"));
    kept.pid = kept.group.processes[0].pid = stranger.pid;
    writeFileSync(file, JSON.stringify(kept));
    writeFileSync(join(program.base, "proctor/a.pid"), `${stranger.pid}\n`);
    await program.start();
    const after = await running(program, "a");
    assert.notEqual(after.get("a"), stranger.pid);
    await program.stop();
    assert.ok(isAlive(stranger.pid!));
    stranger.kill("SIGKILL");
  });

  test(
    "what is in the configuration no more is ended, and what has changed is restarted",
    limit,
    async () => {
      await using program = new SupervisorProgram();
      program.configure([
        shell("gone", "sleep 300; :"),
        shell("changed", "sleep 300; :"),
        shell("same", "sleep 300; :"),
      ]);
      await program.start();
      const before = await running(program, "gone", "changed", "same");
      await program.kill();
      program.configure([shell("changed", "sleep 301; :"), shell("same", "sleep 300; :")]);
      await program.start();
      const after = await program.until("another one", async () => {
        const pids = await running(program, "changed", "same");
        return pids.get("changed") !== before.get("changed") && pids;
      });
      assert.equal(after.get("same"), before.get("same"));
      await program.until("it is gone", () => !isAlive(before.get("gone")!));
      assert.equal(isAlive(before.get("changed")!), false);
    },
  );

  test("what was stopped by hand stays down, but for always", limit, async () => {
    await using program = new SupervisorProgram();
    const policy = (restart_policy: string) => shell(restart_policy, "sleep 300; :", { restart_policy });
    program.configure([policy("always"), policy("unless_stopped")]);
    await program.start();
    await running(program, "always", "unless_stopped");
    await program.ask("/processes/always/stop", "POST");
    await program.ask("/processes/unless_stopped/stop", "POST");
    await program.kill();
    await program.start();
    await running(program, "always");
    const [, unless] = await program.status();
    assert.equal(unless.state, "stopped");
    await program.stop();
    await program.start();
    await running(program, "always");
    assert.equal((await program.status())[1].state, "stopped");
  });
});

test("--detach-on-exit leaves everything running, and no line of the logs is lost", limit, async () => {
  await using program = new SupervisorProgram();
  program.configure([shell("a", "n=0; while :; do n=$((n+1)); echo line $n; sleep 0.02; done")]);
  await program.start("--detach-on-exit");
  const before = await running(program, "a");
  assert.equal(await program.stop("SIGINT"), 0);
  assert.ok(isAlive(before.get("a")!));
  await program.start();
  assert.deepEqual(await running(program, "a"), before);
  const log = () => readFileSync(join(program.base, "logs/a.log"), "utf8").match(/line \d+/g) ?? [];
  const seen = log().length;
  await program.until("more lines", () => log().length > seen + 20);
  await program.kill();
  await program.start();
  const later = log().length;
  await program.until("more lines", () => log().length > later + 20);
  await program.stop();
  log().forEach((line, index) => assert.equal(line, `line ${index + 1}`));
});

test("SIGHUP reads the configuration anew; faults are told with their places", limit, async () => {
  await using program = new SupervisorProgram();
  program.configure([shell("a", "sleep 300; :")]);
  await program.start();
  const before = await running(program, "a");
  program.configure([shell("a", "sleep 300; :"), shell("b", "sleep 300; :")]);
  program.signal("SIGHUP");
  assert.equal((await running(program, "a", "b")).get("a"), before.get("a"));
  program.configure([shell("a", "sleep 300; :", { typo: 1 })]);
  program.signal("SIGHUP");
  await program.until(
    "the fault",
    () => /proctor.yaml:1:\d+: .*typo: there is no such key/.test(program.stderr),
  );
  await program.until("the end of it", () => program.stderr.includes("the configuration is as it was"));
  assert.deepEqual((await program.status()).map(({ state }) => state), ["running", "running"]);
});

test("chaos: whatever is killed, at the end everything runs exactly once", { timeout: 120_000 }, async () => {
  await using program = new SupervisorProgram();
  const COUNT = 10;
  const word = `proctor-chaos-${process.pid}`;
  const ids = Array.from({ length: COUNT }, (_, n) => `p${n}`);
  const line = `perl -e 'sleep 300' child-${word} & while :; do echo tick; sleep 0.1; done`;
  program.configure(ids.map((id) => shell(id, line, { ...FAST, arguments: ["-c", line, word] })));
  await program.start();
  await running(program, ...ids);
  let seed = 42;
  const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  for (let round = 0; round < 40; round++) {
    if (round % 10 === 9) {
      await program.kill();
      // Some end while nobody looks.
      for (const pid of program.pids().values()) {
        if (random(3) === 0 && isAlive(pid)) killIfThere(pid);
      }
      await program.start();
      continue;
    }
    const victims = [...holdersOf(word), ...holdersOf(`child-${word}`)];
    const victim = victims[random(victims.length)];
    if (victim) killIfThere(victim);
    await new Promise((resolve) => setTimeout(resolve, random(60)));
  }
  const pids = await program.until("everything runs once", async () => {
    const now = await running(program, ...ids);
    const holders = holdersOf(word);
    return holders.length === COUNT && [...now.values()].every((pid) => holders.includes(pid)) && now;
  });
  assert.deepEqual(program.pids(), pids);
  assert.equal(await program.stop(), 0);
  assert.deepEqual([holdersOf(word), holdersOf(`child-${word}`), [...program.pids()]], [[], [], []]);
});
