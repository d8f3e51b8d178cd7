/* What a person has decided or added is not forgotten for want of room, or of a file. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { ROOT } from "../../support/fixture.ts";
import { FailingDisk } from "../support/failing_disk.ts";
import { holdersOf, SupervisorProgram } from "../support/program.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { isAlive, shell } from "../support/supervisor.ts";
import { assertSameLines, LINE_WRITER, writtenLines } from "../support/written_lines.ts";

const limit = { timeout: 120_000 };
const noSmallDisk = SmallDisk.obstacle();
const noFailingDisk = FailingDisk.obstacle();

const sleeper = (id: string, word: string, control: object = {}, more: object = {}) => ({
  id,
  ...more,
  management: { control: { executable: "perl", arguments: ["-e", "sleep 300", word], ...control } },
});

async function states(program: SupervisorProgram): Promise<string[]> {
  return (await program.status()).map(({ id, state }) => `${id} ${state}`);
}

async function areAll(program: SupervisorProgram, ...wanted: string[]): Promise<void> {
  await program.until(`${wanted}`, async () => (await states(program)).join() === wanted.join());
}

describe("a process that was added at run time, and cannot be made at the next start", () => {
  const faults: [
    what: string,
    control: object,
    spoil: (path: string) => void,
    mend: (path: string) => void,
  ][] = [
    [
      "its env_file is missing",
      { env_file: "its.env" },
      (path) => renameSync(join(path, "its.env"), join(path, "away")),
      (path) => renameSync(join(path, "away"), join(path, "its.env")),
    ],
    [
      "its log has become a directory",
      { log_collection: { outputs: { combined: [{ type: "file", path: "deep/x.log" }] } } },
      (path) => {
        rmSync(join(path, "state/logs/deep/x.log"), { force: true });
        mkdirSync(join(path, "state/logs/deep/x.log"));
      },
      (path) => rmSync(join(path, "state/logs/deep/x.log"), { recursive: true }),
    ],
  ];
  for (const [what, control, spoil, mend] of faults) {
    test(`is left out, comes back, and stays as people want it: ${what}`, limit, async () => {
      await using program = new SupervisorProgram();
      const { path } = program.files;
      const word = `proctor-left-out-${process.pid}-${what.length}`;
      program.files.write("its.env", "A=1\n");
      program.configure([sleeper("base", word)]);
      await program.start();
      await program.ask("/processes", "POST", sleeper("up", word, control));
      if ("env_file" in control) await program.ask("/processes", "POST", sleeper("down", word, control));
      const rest = "env_file" in control ? ["down stopped"] : [];
      if (rest.length > 0) await program.ask("/processes/down/stop", "POST");
      await areAll(program, "base running", "up running", ...rest);
      await program.kill();
      spoil(path);
      await program.start();
      await areAll(program, "base running");
      await program.until("it has ended", () => holdersOf(word).length === 1);
      assert.match(program.stderr, /warn {2}up: it was added at run time, and is left out: .*tried again/);
      // Twice: what is kept of it is not lost by the start without it.
      await program.kill();
      await program.start();
      await areAll(program, "base running");
      assert.equal(await program.stop(), 0);
      mend(path);
      await program.start();
      await areAll(program, "base running", "up running", ...rest);
      assert.equal(holdersOf(word).length, 2);
    });
  }

  test("can be removed all the same", limit, async () => {
    await using program = new SupervisorProgram();
    const word = `proctor-left-out-${process.pid}-removed`;
    program.files.write("its.env", "A=1\n");
    program.configure([]);
    await program.start();
    await program.ask("/processes", "POST", sleeper("up", word, { env_file: "its.env" }));
    assert.equal(await program.stop(), 0);
    rmSync(join(program.files.path, "its.env"));
    await program.start();
    assert.deepEqual(await states(program), []);
    await program.ask("/processes/up", "DELETE");
    await assert.rejects(program.ask("/processes/up", "DELETE"), /404/);
    assert.equal(await program.stop(), 0);
    program.files.write("its.env", "A=1\n");
    await program.start();
    assert.deepEqual(await states(program), []);
  });

  test("lets no supervisor start while the disk fails, and goes on", {
    ...limit,
    skip: noFailingDisk,
  }, async () => {
    await using disk = await FailingDisk.open();
    await using program = new SupervisorProgram(join(disk.path, "state"));
    const word = `proctor-left-out-${process.pid}-eio`;
    program.configure([]);
    await program.start();
    await program.ask("/processes", "POST", sleeper("up", word));
    await areAll(program, "up running");
    const before = holdersOf(word);
    await program.kill();
    disk.fail("cursor", true);
    await program.start().catch(() => {});
    assert.equal(await program.ended, 125);
    assert.deepEqual(holdersOf(word), before);
    disk.heal();
    await program.start();
    await areAll(program, "up running");
    assert.deepEqual(holdersOf(word), before);
  });
});

test(
  "what one wrote that is in no configuration any more is in its log, and nothing stays behind",
  limit,
  async () => {
    await using program = new SupervisorProgram();
    const word = `proctor-left-out-${process.pid}-lines`;
    const truth = join(program.files.path, "truth");
    program.configure([{
      id: "gone",
      management: { control: { executable: "perl", arguments: ["-e", LINE_WRITER, word, truth] } },
    }]);
    await program.start();
    await program.until("lines", () => writtenLines(truth).length > 20);
    await program.kill();
    const before = writtenLines(truth).length;
    await program.until("more lines", () => writtenLines(truth).length > before + 50);
    program.configure([]);
    await program.start();
    await program.until(
      "it is gone",
      () => holdersOf(word).length === 0 && !existsSync(stateOf(program, "gone")),
    );
    assertSameLines(writtenLines(join(program.base, "logs/gone.log")), writtenLines(truth));
    assert.deepEqual(readdirSync(join(program.base, "spool")), []);
    assert.deepEqual(readdirSync(join(program.base, "spool-pipes")), []);
  },
);

const stateOf = (program: SupervisorProgram, id: string) => join(program.base, `proctor/${id}.json`);

describe("on a full disk", () => {
  for (const deed of ["stop", "start", "restart"] as const) {
    test(
      `a ${deed} by hand outlives the supervisor that is killed`,
      { ...limit, skip: noSmallDisk },
      async () => {
        using disk = new SmallDisk();
        await using program = new SupervisorProgram(join(disk.path, "state"));
        const word = `proctor-left-out-${process.pid}-${deed}`;
        program.configure([
          sleeper("a", word, { log_collection: { enabled: false } }),
          sleeper("b", word, { log_collection: { enabled: false } }),
        ]);
        await program.start();
        await areAll(program, "a running", "b running");
        if (deed !== "stop") await program.ask("/processes/a/stop", "POST");
        disk.fill();
        const asked = program.ask(`/processes/a/${deed}`, "POST").catch(() => null);
        await program.until("it is told", async () => (await program.status())[0].degraded !== null);
        if (deed === "stop") await asked;
        await program.kill();
        await asked;
        const [wanted, count] = deed === "stop" ? ["a stopped", 1] : ["a running", 2];
        // The next one has no room, either, but to adopt.
        if (deed === "stop") {
          await program.start();
          await areAll(program, wanted, "b running");
          await program.kill();
        }
        disk.empty();
        await program.start();
        await areAll(program, wanted, "b running");
        assert.equal(holdersOf(word).length, count);
        assert.equal(await program.stop(), 0);
        assert.deepEqual(holdersOf(word), []);
      },
    );
  }
});

test("--check tells what a reload would of an id or a log that was added at run time", limit, async () => {
  await using program = new SupervisorProgram();
  const check = () => {
    const runtime = "Deno" in globalThis
      ? ["run", "--no-check", "--quiet", "-A", `--config=${ROOT}/deno.json`, `${ROOT}/cli.ts`]
      : [`${ROOT}/cli.ts`];
    const config = join(program.files.path, "proctor.yaml");
    const words = [...runtime, "supervise", "--config", config, "--state-dir", program.base, "--check"];
    return spawnSync(process.execPath, words, { encoding: "utf8" });
  };
  const log = (path: string) => ({ log_collection: { outputs: { combined: [{ type: "file", path }] } } });
  program.configure([]);
  await program.start();
  await program.ask("/processes", "POST", shell("extra", "sleep 300; :", log("extra.log")));
  for (
    const [entry, fault] of [
      [shell("extra", "sleep 300; :"), /"extra" is taken \(it was added at run time/],
      [shell("other", "sleep 300; :", log("extra.log")), /extra\.log" is written by extra already/],
    ] as const
  ) {
    program.configure([entry]);
    await assert.rejects(program.ask("/reload", "POST"), (error: Error) => {
      assert.match(error.message.replaceAll('\\"', '"'), fault);
      return true;
    });
    const { status, stderr } = check();
    assert.equal(status, 125, stderr);
    assert.match(stderr, fault);
  }
  const { pid } = (await program.status())[0];
  assert.equal(await program.stop(), 0);
  assert.equal(isAlive(pid!), false);
  // A start goes by the configuration: there it is not a fault.
  assert.equal(check().status, 0);
  assert.match(readFileSync(join(program.base, "added_processes.json"), "utf8"), /extra/);
});
