/* Nothing is started that the next supervisor would not find: with a full disk, without descriptors, after kill -9. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { findLabelled } from "../../../group/labelled_groups.ts";
import { ProcessGroup } from "../../../group/process_group.ts";
import { holdersOf, killIfThere, SupervisorProgram } from "../support/program.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { isAlive } from "../support/supervisor.ts";

const limit = { timeout: 120_000 };
const FAST = {
  context_aware_restart: {
    default: { retry_delay: "10ms", jitter: 0, max_retries: "unlimited", backoff_rate: 1 },
  },
  log_collection: { enabled: false },
};
const noDisk = SmallDisk.obstacle();
const noPrlimit = spawnSync("prlimit", ["--version"]).status === 0 ? false : "needs prlimit (util-linux)";

/**
 * One that is known by a word, and never forks: a child that has not executed anything yet would be known by it as
 * well.
 */
const service = (id: string, word: string) => ({
  id,
  management: { control: { executable: "perl", arguments: ["-e", "sleep 300", word], ...FAST } },
});

async function pidOf(program: SupervisorProgram, id: string): Promise<number> {
  return await program.until(`${id} runs`, async () => {
    const found = (await program.status()).find((one) => one.id === id);
    return found?.state === "running" && found.pid;
  });
}

describe("a state directory that is full", () => {
  test("keeps a launch waiting, is told, and doubles nothing when the supervisor is killed", {
    ...limit,
    skip: noDisk,
  }, async () => {
    using disk = new SmallDisk();
    await using program = new SupervisorProgram(join(disk.path, "state"));
    const word = `proctor-full-${process.pid}`;
    program.configure([service("z", word)]);
    await program.start();
    const first = await pidOf(program, "z");
    disk.fill();
    const restarting = program.ask("/processes/z/restart", "POST").catch(() => null);
    const degraded = await program.until("it is degraded", async () => {
      const [z] = await program.status();
      return z.state === "starting" && z.degraded !== null && z;
    });
    assert.match(degraded.degraded!, /^its state cannot be written: no space left on the device$/);
    assert.match(degraded.reason!, /it is launched once its state can be written/);
    assert.equal(isAlive(first), false);
    assert.deepEqual(holdersOf(word), []);
    assert.match(program.stderr, /error z: degraded: its state cannot be written: no space left/);
    disk.empty();
    await restarting;
    const second = await pidOf(program, "z");
    assert.equal((await program.status())[0].degraded, null);
    assert.match(program.stderr, /z: degraded: its state is written again/);
    await program.kill();
    await program.start();
    assert.equal(await pidOf(program, "z"), second);
    assert.deepEqual(holdersOf(word), [second]);
    assert.equal(await program.stop(), 0);
    assert.deepEqual(holdersOf(word), []);
  });

  test("ends a launch that is waited for by hand at once, and hinders no supervisor", {
    ...limit,
    skip: noDisk,
  }, async () => {
    using disk = new SmallDisk();
    await using program = new SupervisorProgram(join(disk.path, "state"));
    const word = `proctor-waits-${process.pid}`;
    program.configure([service("z", word), service("y", word)]);
    await program.start();
    const kept = await pidOf(program, "y");
    await pidOf(program, "z");
    await program.ask("/processes", "POST", service("x", word));
    disk.fill();
    // What cannot be written down is refused, and changes nothing.
    const refusal = /500: .*it cannot be written down: no space left on the device; nothing has changed/;
    await assert.rejects(program.ask("/processes", "POST", service("w", word)), refusal);
    await program.ask("/processes/x", "DELETE");
    assert.deepEqual((await program.status()).map(({ id }) => id), ["z", "y"]);
    // What it had needed is free now.
    disk.fill();
    const restarting = program.ask("/processes/z/restart", "POST").catch(() => null);
    await program.until("it waits", async () => (await program.status())[0].degraded !== null);
    await program.ask("/processes/z/stop", "POST");
    await restarting;
    assert.equal((await program.status())[0].state, "stopped");
    await program.kill();
    await program.start();
    assert.equal(await pidOf(program, "y"), kept);
    disk.empty();
    assert.equal(await program.stop(), 0);
    assert.deepEqual(holdersOf(word), []);
  });
});

describe("what nobody has noted down", () => {
  test("is ended before anything is started beside it", limit, async () => {
    await using program = new SupervisorProgram();
    const word = `proctor-lost-${process.pid}`;
    const ids = ["removed", "broken", "empty"];
    program.configure(ids.map((id) => service(id, word)));
    await program.start();
    const before = await Promise.all(ids.map((id) => pidOf(program, id)));
    await program.kill();
    const file = (id: string) => join(program.base, "proctor", `${id}.json`);
    rmSync(file("removed"));
    writeFileSync(file("broken"), "{");
    truncateSync(file("empty"));
    await program.start();
    const after = await Promise.all(ids.map((id) => pidOf(program, id)));
    for (const pid of before) assert.equal(isAlive(pid), false);
    assert.deepEqual(holdersOf(word).sort(), after.sort());
    assert.match(
      program.stderr,
      /warn {2}a process of this state directory of which nothing is noted down is ended \(/,
    );
    assert.equal(await program.stop(), 0);
    assert.deepEqual(holdersOf(word), []);
  });

  test(
    "is found without the secret of the directory, too; with it nobody forges the mark",
    limit,
    async () => {
      await using program = new SupervisorProgram();
      const word = `proctor-forged-${process.pid}`;
      const secret = join(program.base, "proctor.label");
      program.configure([service("a", word)]);
      await program.start();
      const first = await pidOf(program, "a");
      assert.equal(statSync(secret).mode & 0o777, 0o600);
      const before = readFileSync(secret, "utf8");
      const mark = readFileSync(`/proc/${first}/environ`, "utf8").split("\0")
        .find((one) => one.startsWith("PROCTOR_GROUP="))!;
      assert.ok(mark.endsWith(before.trim()));
      assert.equal(await program.stop(), 0);
      // What anybody can work out of the mark.
      const [name, forged] = mark.slice(0, -before.trim().length).split("=");
      const stranger = spawn("sleep", ["300"], { env: { ...process.env, [name]: forged }, stdio: "ignore" });
      try {
        await program.start();
        await pidOf(program, "a");
        assert.doesNotMatch(program.stderr, /nothing is noted down/);
        assert.equal(isAlive(stranger.pid!), true);
      } finally {
        stranger.kill("SIGKILL");
      }
      const lost = await pidOf(program, "a");
      await program.kill();
      rmSync(secret);
      rmSync(join(program.base, "proctor", "a.json"));
      await program.start();
      const found = await pidOf(program, "a");
      assert.equal(isAlive(lost), false);
      assert.deepEqual(holdersOf(word), [found]);
      assert.notEqual(readFileSync(secret, "utf8"), before);
    },
  );

  test("a forged mark keeps no start waiting, where the secret is lost", limit, async () => {
    await using program = new SupervisorProgram();
    const word = `proctor-stubborn-${process.pid}`;
    const secret = join(program.base, "proctor.label");
    program.configure([service("a", word)]);
    await program.start();
    const mark = readFileSync(`/proc/${await pidOf(program, "a")}/environ`, "utf8").split("\0")
      .find((one) => one.startsWith("PROCTOR_GROUP="))!;
    const known = readFileSync(secret, "utf8").trim();
    assert.equal(await program.stop(), 0);
    rmSync(secret);
    const [name, forged] = mark.slice(0, -known.length).split("=");
    const line = "$SIG{TERM} = 'IGNORE'; syswrite STDOUT, 'ready'; sleep 300 while 1";
    const stranger = spawn("perl", ["-e", line], {
      env: { ...process.env, [name]: `${forged}0123456789abcdef` },
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await new Promise((resolve) => stranger.stdout!.once("data", resolve));
      // It hears no SIGTERM: the grace of what is surely ours is 10 s. A runtime starts before, and may take long.
      let beganMs = Infinity;
      const starting = program.start();
      const ending = program.until("it is told", () => /nothing is noted down is ended/.test(program.stderr));
      void ending.then(() => beganMs = performance.now());
      await starting;
      await pidOf(program, "a");
      const tookMs = performance.now() - beganMs;
      assert.ok(tookMs < 9_000, `${tookMs} ms`);
      assert.match(program.stderr, /of which nothing is noted down is ended \(perl/);
      assert.equal(isAlive(stranger.pid!), false);
    } finally {
      stranger.kill("SIGKILL");
    }
    assert.equal(await program.stop(), 0);
  });

  test("is found by its label on every rung, and nothing else is", limit, async () => {
    for (const mechanism of [undefined, "subreaper"] as const) {
      await using group = await ProcessGroup.create({ mechanism, label: "Wanted1" });
      await using other = await ProcessGroup.create({ mechanism, label: "Wanted12" });
      const { pid } = group.start(["sleep", "300"]);
      other.start(["sleep", "300"]);
      const [found, ...more] = await findLabelled("Wanted1");
      assert.deepEqual([found.members, more], [[{ pid, name: "sleep" }], []]);
      assert.equal(found.saved.directory !== null, group.mechanism === "cgroup");
    }
    await assert.rejects(
      ProcessGroup.create({ label: "a-b" }),
      /label: "a-b" is not right; it is up to 64 letters and digits/,
    );
  });
});

test(
  "chaos: full disk, no descriptors, kill -9, all together: each runs once, always, and in the end nothing",
  {
    timeout: 240_000,
    skip: noDisk || noPrlimit,
  },
  async () => {
    using disk = new SmallDisk();
    await using program = new SupervisorProgram(join(disk.path, "state"));
    const ids = Array.from({ length: 5 }, (_, n) => `p${n}`);
    const word = (id: string) => `proctor-noted-${process.pid}-${id}`;
    program.configure(ids.map((id) => service(id, word(id))));
    await program.start();
    for (const id of ids) await pidOf(program, id);
    let seed = 7;
    const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
    let most = 0;
    const count = () => most = Math.max(most, ...ids.map((id) => holdersOf(word(id)).length));
    const descriptors = (soft: number) =>
      spawnSync("prlimit", ["--pid", String(program.child.pid), `--nofile=${soft}:`]);
    for (let round = 0; round < 60; round++) {
      const id = ids[random(ids.length)];
      const deed = random(8);
      if (deed === 0) disk.fill();
      else if (deed === 1) disk.empty();
      else if (deed === 2) descriptors(readdirSync(`/proc/${program.child.pid}/fd`).length + random(4));
      else if (deed === 3) descriptors(4_096);
      else if (deed === 4) void program.ask(`/processes/${id}/restart`, "POST").catch(() => null);
      else if (deed < 7) {
        const [victim] = holdersOf(word(id));
        if (victim) killIfThere(victim);
      } else if (round % 3 === 0) {
        await program.kill();
        count();
        await program.start();
      }
      count();
      await new Promise((resolve) => setTimeout(resolve, random(80)));
      count();
    }
    disk.empty();
    descriptors(4_096);
    const pids = await program.until("each runs once", async () => {
      count();
      const status = await program.status();
      // Whom nobody could start for want of descriptors may have been given up.
      for (const { id, state } of status) {
        if (state === "failed") await program.ask(`/processes/${id}/start`, "POST");
      }
      return status.every(({ state, degraded }) => state === "running" && degraded === null) &&
        status.map(({ pid }) => pid!);
    });
    assert.equal(most, 1);
    assert.deepEqual(ids.flatMap((id) => holdersOf(word(id))).sort(), pids.sort());
    await program.kill();
    await program.start();
    assert.deepEqual((await Promise.all(ids.map((id) => pidOf(program, id)))).sort(), pids);
    assert.equal(await program.stop(), 0);
    assert.deepEqual(ids.flatMap((id) => holdersOf(word(id))), []);
  },
);
