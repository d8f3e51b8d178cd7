/* What a process has written while the disk was full, and before it was killed there, is in its log in the end. */
import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { holdersOf, SupervisorProgram } from "../support/program.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { assertSameLines, LINE_WRITER, writtenLines } from "../support/written_lines.ts";

const noDisk = SmallDisk.obstacle();

test(
  "a process that is killed on a full disk loses no line",
  { timeout: 120_000, skip: noDisk },
  async () => {
    using disk = new SmallDisk();
    await using program = new SupervisorProgram(join(disk.path, "state"));
    const word = `proctor-full-log-${process.pid}`;
    const truth = join(program.files.path, "truth");
    const control = {
      executable: "perl",
      arguments: ["-e", LINE_WRITER, word, truth],
      context_aware_restart: { retry_delay: "10ms", jitter: 0, max_retries: "unlimited" },
    };
    program.configure([{ id: "a", management: { control } }]);
    const writes = async (count: number) => {
      const before = writtenLines(truth).length;
      await program.until("lines", () => writtenLines(truth).length >= before + count);
    };
    await program.start();
    await writes(20);
    disk.fill();
    await writes(20);
    const [first] = holdersOf(word);
    process.kill(first, "SIGKILL");
    await program.until("it waits for space", async () => (await program.status())[0].degraded !== null);
    disk.empty();
    await writes(20);
    await program.kill();
    await program.start();
    assert.equal(await program.stop(), 0);
    const log = writtenLines(join(program.base, "logs/a.log"));
    assertSameLines(log, writtenLines(truth));
    assert.equal(new Set(log.map((line) => line.split(" ")[1])).size, 2);
    assert.deepEqual(holdersOf(word), []);
  },
);

test(
  "a supervisor that begins on a full disk waits for space, with what it has never run before",
  { timeout: 120_000, skip: noDisk },
  async () => {
    using disk = new SmallDisk();
    await using program = new SupervisorProgram(join(disk.path, "state"));
    const word = `proctor-full-start-${process.pid}`;
    const truth = join(program.files.path, "truth");
    const service = (id: string) => ({
      id,
      management: { control: { executable: "perl", arguments: ["-e", LINE_WRITER, `${word}-${id}`, truth] } },
    });
    program.configure([service("a")]);
    await program.start();
    await program.until("lines", () => writtenLines(truth).length >= 20);
    const [first] = holdersOf(`${word}-a`);
    await program.kill();
    disk.fill();
    program.configure([service("a"), service("b")]);
    await program.start();
    const [a, b] = await program.until("both are known", async () => {
      const found = await program.status();
      return found[1]?.degraded ? found : false;
    });
    assert.deepEqual([a.state, a.pid, b.state, b.pid], ["running", first, "starting", null]);
    assert.deepEqual(holdersOf(`${word}-b`), []);
    disk.empty();
    await program.until("the other runs, too", async () => (await program.status())[1].state === "running");
    assert.equal((await program.status())[1].degraded, null);
    assert.equal(await program.stop(), 0);
    assert.deepEqual(holdersOf(word), []);
    const logs = ["a", "b"].flatMap((id) => writtenLines(join(program.base, `logs/${id}.log`)));
    assert.deepEqual(logs.toSorted(), writtenLines(truth).toSorted());
  },
);
