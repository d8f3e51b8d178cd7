/* What happens while a supervisor still starts: it is ended, and what it starts itself is its own. */
import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { holdersOf, SupervisorProgram } from "./support/program.ts";
import { isAlive } from "./support/supervisor.ts";

const limit = { timeout: 120_000 };
const service = (id: string, word: string, line: string, control: object = {}) => ({
  id,
  management: {
    control: {
      executable: "perl",
      arguments: ["-e", line, word],
      log_collection: { enabled: false },
      ...control,
    },
  },
});
const SLEEP = "sleep 300";
/** Says by a file that it hears no SIGTERM. */
const STUBBORN = "$SIG{TERM} = 'IGNORE'; open(F, '>', $ARGV[1]); close(F); sleep 1 for 1 .. 300";

/** What a supervisor has left behind. */
interface Left {
  readonly web: number;
  /** Has the next one go on, which until then gives the stubborn process time. */
  letGo(): void;
}

/** One that was killed and has left a stubborn process behind, and the next, which takes its time to end that. */
async function startSlowly(
  program: SupervisorProgram,
  word: string,
  ...others: object[]
): Promise<Left> {
  const ready = join(program.files.path, "ready");
  const old = service("old", word, STUBBORN, { graceful_timeout: "10m" });
  old.management.control.arguments.push(ready);
  program.configure([service("web", word, SLEEP), old, ...others]);
  await program.start();
  await program.until("all run", () => program.pids().size === 2 + others.length && existsSync(ready));
  const [web, stubborn] = ["web", "old"].map((id) => program.pids().get(id)!);
  await program.kill();
  return { web, letGo: () => process.kill(stubborn, "SIGKILL") };
}

async function isStarting(program: SupervisorProgram): Promise<void> {
  await program.until("it takes up", () => /old: it is in no configuration any more/.test(program.stderr));
  await program.until("web is taken up", async () => (await program.status())[0].state === "running");
  assert.equal((await program.ask<{ state: string }>("/info")).state, "starting");
}

describe("an end while it starts", () => {
  for (const how of ["/shutdown", "SIGTERM"] as const) {
    test(`leaves nobody behind, and launches nobody: by ${how}`, limit, async () => {
      await using program = new SupervisorProgram();
      const word = `proctor-early-${process.pid}-${how.slice(-4)}`;
      const { letGo } = await startSlowly(program, word);
      program.configure([service("web", word, SLEEP), service("fresh", word, SLEEP)]);
      await program.start();
      await isStarting(program);
      if (how === "SIGTERM") program.signal(how);
      else await program.ask(how, "POST");
      await program.until("it stops", () => /supervisor stopping/.test(program.stderr));
      letGo();
      assert.equal(await program.ended, 0);
      assert.deepEqual(holdersOf(word), []);
      assert.doesNotMatch(program.stderr, /fresh: |disposed/);
    });
  }

  test("leaves nobody behind of whom nothing is noted down", limit, async () => {
    await using program = new SupervisorProgram();
    const word = `proctor-early-${process.pid}-lost`;
    const lost = join(program.files.path, "lost");
    const unknown = service("lost", word, STUBBORN, { graceful_timeout: "1s" });
    unknown.management.control.arguments.push(lost);
    const { letGo } = await startSlowly(program, word, unknown);
    await program.until("it hears nothing", () => existsSync(lost));
    rmSync(join(program.base, "proctor/lost.json"));
    program.configure([service("web", word, SLEEP), service("fresh", word, SLEEP)]);
    await program.start();
    await isStarting(program);
    program.signal("SIGTERM");
    await program.until("it stops", () => /supervisor stopping/.test(program.stderr));
    letGo();
    assert.equal(await program.ended, 0);
    assert.deepEqual(holdersOf(word), []);
    assert.doesNotMatch(program.stderr, /fresh: |disposed/);
  });

  test("launches nobody while that is going on", limit, async () => {
    await using program = new SupervisorProgram();
    const word = `proctor-early-${process.pid}-unknown`;
    await startSlowly(program, word);
    rmSync(join(program.base, "proctor/old.json"));
    program.configure([service("web", word, SLEEP), service("fresh", word, SLEEP)]);
    await program.start();
    await program.until("it ends it", () => /nothing is noted down is ended/.test(program.stderr));
    program.signal("SIGTERM");
    assert.equal(await program.ended, 0);
    assert.deepEqual(holdersOf(word), []);
    assert.doesNotMatch(program.stderr, /fresh: |disposed/);
  });

  test("waits for nothing when a second signal comes", limit, async () => {
    await using program = new SupervisorProgram();
    const word = `proctor-early-${process.pid}-twice`;
    await startSlowly(program, word);
    program.configure([service("web", word, SLEEP)]);
    await program.start();
    await isStarting(program);
    program.signal("SIGTERM");
    await program.until("it stops", () => /supervisor stopping/.test(program.stderr));
    program.signal("SIGTERM");
    assert.equal(await program.ended, 0);
    assert.deepEqual(holdersOf(word), []);
  });
});

test("what is started anew while others are ended is nobody unknown", limit, async () => {
  await using program = new SupervisorProgram();
  const word = `proctor-early-${process.pid}-fresh`;
  const { web: before, letGo } = await startSlowly(program, word);
  program.configure([service("web", word, "sleep 301")]);
  await program.start();
  await isStarting(program);
  const fresh = await program.until("web is another one", () => {
    const pid = program.pids().get("web");
    return pid !== before && pid;
  });
  letGo();
  await program.until(
    "it runs",
    async () => (await program.ask<{ state: string }>("/info")).state === "running",
  );
  const [web] = await program.status();
  assert.deepEqual([web.pid, web.state], [fresh, "running"], program.stderr);
  assert.equal(isAlive(fresh), true);
  assert.doesNotMatch(program.stderr, /nothing is noted down/);
  assert.equal(await program.stop(), 0);
  assert.deepEqual(holdersOf(word), []);
});

describe("a change while it starts", () => {
  test("waits until the start is over, one after the other, and doubles nobody", limit, async () => {
    await using program = new SupervisorProgram();
    const word = `proctor-early-${process.pid}-change`;
    const changed = `${word}-changed`;
    const added = `${word}-added`;
    const read = `${word}-read`;
    const { web, letGo } = await startSlowly(program, word);
    program.configure([service("web", word, SLEEP)]);
    await program.start();
    await isStarting(program);
    program.configure([service("web", changed, SLEEP), service("read", read, SLEEP)]);
    const stateAfter = async (change: Promise<unknown>) => {
      await change;
      return (await program.ask<{ state: string }>("/info")).state;
    };
    const changes = Promise.all([
      stateAfter(program.ask("/reload", "POST")),
      stateAfter(program.ask("/processes", "POST", service("added", added, SLEEP))),
      stateAfter(program.ask("/processes/web", "DELETE")),
    ]);
    // Asked on another connection: what is known of the state of the others is that they have not been answered.
    await program.ask("/processes/web");
    letGo();
    const states = await changes;
    assert.deepEqual(states, ["running", "running", "running"]);
    await program.until(
      "both run",
      async () => (await program.status()).filter(({ state }) => state === "running").length === 2,
    );
    assert.deepEqual((await program.status()).map(({ id }) => id), ["read", "added"]);
    assert.equal(isAlive(web), false);
    assert.deepEqual([word, changed, read, added].map((one) => holdersOf(one).length), [0, 0, 1, 1]);
    assert.equal(await program.stop(), 0);
    assert.deepEqual([changed, read, added].flatMap(holdersOf), []);
  });

  test("is refused in one sentence when the supervisor is ended meanwhile", limit, async () => {
    await using program = new SupervisorProgram();
    const word = `proctor-early-${process.pid}-refused`;
    const { letGo } = await startSlowly(program, word);
    program.configure([service("web", word, SLEEP)]);
    await program.start();
    await isStarting(program);
    const adding = program.ask("/processes", "POST", service("added", word, SLEEP)).then(
      () => "added",
      (error: Error) => error.message,
    );
    // Asked on another connection: what is known of the state of the first is that it has not been answered.
    await program.ask("/processes/web");
    await program.ask("/shutdown", "POST");
    letGo();
    assert.match(await adding, /503: .*the supervisor is ending/);
    assert.equal(await program.ended, 0);
    assert.deepEqual(holdersOf(word), []);
  });
});
