/* A disk that fails (EIO) and works again: nothing is doubled, no service ends of it, and no line is lost. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { FailingDisk } from "./support/failing_disk.ts";
import { holdersOf, killIfThere, SupervisorProgram } from "./support/program.ts";
import { isAlive } from "./support/supervisor.ts";
import { assertSameLines, LINE_WRITER, writtenLines } from "./support/written_lines.ts";

const noDisk = FailingDisk.obstacle();
const noPrlimit = spawnSync("prlimit", ["--version"]).status === 0 ? false : "needs prlimit (util-linux)";
const limit = { timeout: 120_000, skip: noDisk };

/** A service that writes lines, and is restarted whatever happens, at most so often in a row. */
function service(
  id: string,
  word: string,
  truth: string,
  restarts: number | "unlimited",
  rotation: object = {},
) {
  const outputs = { combined: [{ type: "file", path: `${id}.log`, format: "plain", rotation }] };
  const control = {
    executable: "perl",
    arguments: ["-e", LINE_WRITER, word, truth],
    context_aware_restart: {
      default: { retry_delay: "10ms", jitter: 0, max_retries: restarts, backoff_rate: 1 },
    },
    log_collection: { outputs },
  };
  return { id, management: { control } };
}

/** A supervisor whose state is on a disk that can fail, and one service that writes lines. */
class Scene implements AsyncDisposable {
  readonly program: SupervisorProgram;
  readonly truth: string;

  private constructor(readonly disk: FailingDisk, readonly word: string) {
    this.program = new SupervisorProgram(join(disk.path, "state"));
    this.truth = join(this.program.files.path, "truth");
  }

  static async open(name: string, rotation: object = {}): Promise<Scene> {
    const scene = new Scene(await FailingDisk.open(), `proctor-eio-${process.pid}-${name}`);
    scene.program.configure([service("a", scene.word, scene.truth, 2, rotation)]);
    await scene.program.start();
    await scene.writes(20);
    return scene;
  }

  async status() {
    return (await this.program.status())[0];
  }

  /** Wait until so many more lines are written. */
  async writes(count: number): Promise<void> {
    const before = writtenLines(this.truth).length;
    await this.program.until("lines", () => writtenLines(this.truth).length >= before + count);
  }

  /** What the supervisor says matches so often. */
  said(pattern: RegExp): number {
    return this.program.stderr.match(new RegExp(pattern, "g"))?.length ?? 0;
  }

  /** End it, and find everything that was written in the log, once and in its order. */
  async end(lives: number): Promise<void> {
    assert.equal(await this.program.stop(), 0);
    assert.deepEqual(holdersOf(this.word), []);
    const truth = writtenLines(this.truth);
    assertSameLines(writtenLines(join(this.program.base, "logs/a.log")), truth);
    assert.equal(new Set(truth.map((line) => line.split(" ")[1])).size, lives);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disk.heal();
    await this.program[Symbol.asyncDispose]();
    await this.disk[Symbol.asyncDispose]();
  }
}

describe("a disk that fails", () => {
  test(
    "keeps a launch waiting while state cannot be written, is told, and doubles nothing",
    limit,
    async () => {
      await using scene = await Scene.open("state");
      const { disk, program, word } = scene;
      const [first] = holdersOf(word);
      disk.fail("/proctor/");
      const restarting = program.ask("/processes/a/restart", "POST").catch(() => null);
      const degraded = await program.until("it is degraded", async () => {
        const a = await scene.status();
        return a.state === "starting" && a.degraded !== null && a;
      });
      assert.equal(degraded.degraded, "its state cannot be written: the disk reports an error (EIO)");
      assert.equal(
        degraded.reason,
        "it is launched once its state can be written: the disk reports an error (EIO)",
      );
      assert.equal(isAlive(first), false);
      assert.deepEqual(holdersOf(word), []);
      disk.heal();
      await restarting;
      const second = (await scene.status()).pid!;
      assert.equal((await scene.status()).degraded, null);
      assert.equal(scene.said(/a: degraded: its state cannot be written/), 1);
      assert.equal(scene.said(/a: degraded: its state is written again/), 1);
      await program.kill();
      await program.start();
      assert.deepEqual(holdersOf(word), [second]);
      await scene.end(2);
    },
  );

  test("has what was decided meanwhile noted down once it works again", limit, async () => {
    await using scene = await Scene.open("decided");
    const { disk, program, word } = scene;
    disk.fail("/proctor/");
    await program.ask("/processes/a/stop", "POST");
    assert.deepEqual([(await scene.status()).state, (await scene.status()).degraded !== null], [
      "stopped",
      true,
    ]);
    disk.heal();
    await program.until("it is written", async () => (await scene.status()).degraded === null);
    for (let next = 0; next < 2; next++) {
      await program.kill();
      await program.start();
      assert.equal((await scene.status()).state, "stopped");
      assert.deepEqual(holdersOf(word), []);
    }
    await scene.end(1);
  });

  test("keeps lines waiting while the log cannot be written; the service goes on", limit, async () => {
    await using scene = await Scene.open("log");
    const { disk, program, word } = scene;
    const before = holdersOf(word);
    disk.fail("/logs/a.log");
    await program.until("it is told", () => scene.said(/error a: cannot write/) > 0);
    await scene.writes(200);
    assert.deepEqual(holdersOf(word), before);
    assert.equal((await scene.status()).state, "running");
    assert.match(
      program.stderr,
      /a.log": the disk reports an error \(EIO\); it is tried again, and nothing is lost/,
    );
    disk.heal();
    const written = writtenLines(scene.truth).length;
    await program.until(
      "the log goes on",
      () => writtenLines(join(program.base, "logs/a.log")).length >= written,
    );
    assert.equal(scene.said(/cannot write/), 1);
    await scene.end(1);
  });

  test("keeps lines waiting while what waits cannot be moved, noted down, or read", limit, async () => {
    await using scene = await Scene.open("spool", { max_size: "4K", max_files: 1_000, compress: false });
    const { disk, program, word } = scene;
    const before = holdersOf(word);
    for (
      const [pattern, reads] of [["/spool/", false], ["cursor", false], ["/spool/.*stdout", true]] as const
    ) {
      disk.fail(pattern, reads);
      // Less than a FIFO takes: beyond that the service waits.
      await scene.writes(80);
      assert.deepEqual(holdersOf(word), before);
      disk.heal();
      await scene.writes(20);
    }
    assert.equal(await program.stop(), 0);
    const logs = join(program.base, "logs");
    // Those that were set aside have numbers, and come before the one that is written.
    const names = readdirSync(logs).sort((one, other) => other.length - one.length || (one < other ? -1 : 1));
    assert.ok(names.length > 2);
    assertSameLines(names.flatMap((name) => writtenLines(join(logs, name))), writtenLines(scene.truth));
  });

  test("restarts a service where what it writes cannot be moved", limit, async () => {
    await using scene = await Scene.open("output");
    const { disk, program, word } = scene;
    const [first] = holdersOf(word);
    disk.fail("/spool");
    await scene.writes(20);
    process.kill(first, "SIGKILL");
    await program.until("another one", () => holdersOf(word).some((pid) => pid !== first));
    disk.heal();
    await scene.writes(20);
    assert.equal((await scene.status()).degraded, null);
    await scene.end(2);
  });

  test("keeps a launch waiting while output cannot be collected, and gives nobody up", limit, async () => {
    await using scene = await Scene.open("streams");
    const { disk, program } = scene;
    const word = `${scene.word}-late`;
    const control = { executable: "perl", arguments: ["-e", "sleep 300", word] };
    await program.ask("/processes", "POST", { id: "late", enabled: false, management: { control } });
    disk.fail("/spool-pipes/");
    const starting = program.ask("/processes/late/start", "POST");
    const late = await program.until("it is degraded", async () => {
      const found = (await program.status())[1];
      return found.degraded !== null && found;
    });
    assert.deepEqual([late.state, late.degraded, late.reason], [
      "starting",
      "its output cannot be collected: the disk reports an error (EIO)",
      "it is launched once its output can be collected: the disk reports an error (EIO)",
    ]);
    assert.deepEqual(holdersOf(word), []);
    disk.heal();
    await starting;
    assert.equal(holdersOf(word).length, 1);
    assert.equal((await program.status())[1].degraded, null);
    assert.equal(scene.said(/late: degraded: its output is collected again/), 1);
    await scene.end(1);
    assert.deepEqual(holdersOf(word), []);
  });

  test("and cannot be read lets no supervisor start, and ends nobody", limit, async () => {
    await using scene = await Scene.open("unread");
    const { disk, program, word } = scene;
    const before = holdersOf(word);
    for (
      const [pattern, sentence] of [
        ["a.json", /what is kept in .*\/proctor cannot be read: the disk reports an error \(EIO\)/],
        ["/proctor/", /the state directory .* cannot be used: the disk reports an error \(EIO\)/],
        ["cursor", /a: .*a\.cursor": the disk reports an error \(EIO\)/],
      ] as const
    ) {
      await program.kill();
      disk.fail(pattern, true);
      // What is wrong with the logs of one is found after it has said that it starts.
      await program.start().catch(() => {});
      assert.equal(await program.ended, 125);
      assert.match(program.stderr, sentence);
      assert.deepEqual(holdersOf(word), before);
      disk.heal();
      await program.start();
      await scene.writes(20);
      assert.deepEqual(holdersOf(word), before);
    }
    await scene.end(1);
  });

  test("loses and doubles nothing when the supervisor is killed meanwhile", limit, async () => {
    await using scene = await Scene.open("killed");
    const { disk, program, word } = scene;
    const before = holdersOf(word);
    for (const pattern of ["/logs/", "cursor", "/spool/", "/proctor/", "state"]) {
      disk.fail(pattern);
      await scene.writes(50);
      await program.kill();
      disk.heal();
      await program.start();
      await scene.writes(20);
      assert.deepEqual(holdersOf(word), before, pattern);
    }
    await scene.end(1);
  });
});

test(
  "chaos: a disk that fails here and there, no descriptors, kill -9, all together: each runs once, and no line is lost",
  { timeout: 240_000, skip: noDisk || noPrlimit },
  async () => {
    await using disk = await FailingDisk.open();
    await using program = new SupervisorProgram(join(disk.path, "state"));
    const ids = Array.from({ length: 4 }, (_, n) => `p${n}`);
    const word = (id: string) => `proctor-eio-${process.pid}-${id}`;
    const truth = (id: string) => join(program.files.path, `${id}.truth`);
    program.configure(ids.map((id) => service(id, word(id), truth(id), "unlimited")));
    const start = async () => {
      await program.start();
      await program.until("all are known", async () => (await program.status()).length === ids.length);
    };
    await start();
    let seed = 11;
    const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
    let most = 0;
    const count = () => most = Math.max(most, ...ids.map((id) => holdersOf(word(id)).length));
    const descriptors = (soft: number) =>
      spawnSync("prlimit", ["--pid", String(program.child.pid), `--nofile=${soft}:`]);
    const patterns = ["/proctor/", "/logs/", "/spool/", "/spool-pipes/", "cursor", "state"];
    for (let round = 0; round < 60; round++) {
      const deed = random(8);
      if (deed < 2) disk.fail(patterns[random(patterns.length)], random(4) === 0);
      else if (deed === 2) disk.heal();
      else if (deed === 3) {
        descriptors(readdirSync(`/proc/${program.child.pid}/fd`).length + random(4));
      } else if (deed === 4) descriptors(4_096);
      else if (deed < 7) {
        const [victim] = holdersOf(word(ids[random(ids.length)]));
        if (victim) killIfThere(victim);
      } else if (round % 3 === 0) {
        await program.kill();
        count();
        // Else it may, rightly, refuse to start.
        disk.heal();
        await start();
      }
      count();
      await new Promise((resolve) => setTimeout(resolve, random(150)));
      count();
    }
    disk.heal();
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
    assert.deepEqual(ids.flatMap((id) => holdersOf(word(id))), pids);
    assert.equal(await program.stop(), 0);
    for (const id of ids) {
      assert.deepEqual(holdersOf(word(id)), []);
      assertSameLines(writtenLines(join(program.base, `logs/${id}.log`)), writtenLines(truth(id)), id);
    }
  },
);
