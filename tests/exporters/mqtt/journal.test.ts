import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ProctorError } from "../../../core/error.ts";
import { Journal } from "../../../exporters/mqtt/journal.ts";
import { Outbox } from "../../../exporters/mqtt/outbox.ts";
import { loadPlatform } from "../../../platform/mod.ts";
import { withDirectory } from "../../cli/support/directory.ts";
import { noTmpfs, withTmpfs } from "../../support/tmpfs.ts";
import { until } from "../support/open.ts";

const { lockFile } = await loadPlatform();
const PLENTY = { count: 1_000_000, bytes: 2 ** 30 };

/** An outbox in a directory, and what was told. */
function openOutbox(directory: string, most = PLENTY): { outbox: Outbox; notices: string[] } {
  const notices: string[] = [];
  const { journal, entries } = Journal.open(directory, "dir", (line) => notices.push(line), lockFile);
  return { outbox: new Outbox(most, journal, entries), notices };
}

/** Everything that waits, in order. */
function waiting(outbox: Outbox): string[] {
  return outbox.take(Infinity, Infinity).map(({ payload }) => payload);
}

const segments = (directory: string) =>
  readdirSync(directory).filter((name) => name.endsWith(".queue")).sort();
const written = (directory: string) =>
  segments(directory).map((name) => readFileSync(`${directory}/${name}`, "utf8")).join("");

describe("the queue on disk", { concurrency: 1 }, () => {
  test("gives back what was neither delivered nor dropped, in order, whatever happened", {
    timeout: 60_000,
  }, async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ push: fc.string() }) },
      { weight: 2, arbitrary: fc.record({ take: fc.integer({ min: 1, max: 5 }) }) },
      { weight: 2, arbitrary: fc.record({ settle: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.constant({ reopen: true }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), (steps) =>
        withDirectory(async (directory) => {
          let { outbox } = openOutbox(directory, { count: 10, bytes: 10_000 });
          // What is left, the oldest first; what is taken may be settled out of order.
          let model: string[] = [];
          let taken: ReturnType<Outbox["take"]>[] = [];
          const reopen = async () => {
            // What was settled behind one that was not, may be back.
            const [oldest] = taken;
            const rest = taken.flat();
            await outbox.close();
            ({ outbox } = openOutbox(directory, { count: 1_000, bytes: 1_000_000 }));
            const found = waiting(outbox);
            const left = [...rest.map(({ payload }) => payload), ...model];
            if (oldest === undefined) assert.deepEqual(found, left);
            else {
              assert.equal(found[0], oldest[0].payload);
              const remaining = found.slice();
              for (const payload of left) {
                const index = remaining.indexOf(payload);
                assert.ok(index >= 0, `${payload} is missing or out of order`);
                remaining.splice(0, index + 1);
              }
            }
            await outbox.close();
            rmSync(directory, { recursive: true });
            ({ outbox } = openOutbox(directory, { count: 10, bytes: 10_000 }));
            model = [];
            taken = [];
          };
          let number = 0;
          for (const action of steps) {
            if ("push" in action) {
              const payload = JSON.stringify({ number: number++, text: action.push });
              outbox.push("t", payload);
              model.push(payload);
              if (model.length > 10) model.shift();
            } else if ("take" in action) {
              const batch = outbox.take(action.take, Infinity);
              assert.deepEqual(batch.map(({ payload }) => payload), model.splice(0, action.take));
              if (batch.length > 0) taken.push(batch);
            } else if ("settle" in action) {
              const [batch] = taken.splice(action.settle % Math.max(1, taken.length), 1);
              if (batch) outbox.delivered(batch);
            } else await reopen();
          }
          await reopen();
          await outbox.close();
        })),
      { numRuns: 60 },
    );
  });

  test("leaves nothing behind when nothing waits, and does not grow", { timeout: 60_000 }, async () => {
    await withDirectory(async (directory) => {
      const { outbox } = openOutbox(directory);
      const payload = JSON.stringify("x".repeat(100_000));
      for (let round = 0; round < 100; round++) {
        outbox.push("t", payload);
        outbox.delivered(outbox.take(1, Infinity));
        if (round % 10 === 9) {
          await until(() => written(directory).endsWith(`[${round + 1}]\n`), () => "it is written");
          assert.ok(segments(directory).length <= 2, segments(directory).join(", "));
        }
      }
      await outbox.close();
      assert.deepEqual(readdirSync(directory), []);
    });
  });

  test("survives SIGKILL", { timeout: 60_000 }, async () => {
    await withDirectory(async (directory) => {
      const program = new URL("support/fill_queue.ts", import.meta.url).pathname;
      const runtime = "Deno" in globalThis ? ["run", "--no-check", "--allow-all"] : [];
      const child = spawn(process.execPath, [...runtime, decodeURIComponent(program), directory], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const ended = new Promise((resolve) => child.once("close", resolve));
      const settled = await new Promise<number>((resolve) => {
        child.stdout.once("data", (text) => resolve(Number(text)));
      });
      assert.throws(
        () => openOutbox(directory),
        (error) =>
          error instanceof ProctorError &&
          error.message === `dir: ${directory} is in use by process ${child.pid}; give each its own`,
      );
      await until(() => written(directory).includes(',"t",4999]'), () => "it is written");
      child.kill("SIGKILL");
      await ended;
      const { outbox, notices } = openOutbox(directory);
      assert.deepEqual(notices, []);
      assert.deepEqual(
        waiting(outbox),
        Array.from({ length: 5_000 }, (_, index) => String(index)).slice(settled),
      );
      await outbox.close();
      assert.ok(!readdirSync(directory).includes("owner"), "the directory is free again");
    });
  });

  test("skips what is damaged, and says so", { timeout: 60_000 }, async () => {
    await withDirectory(async (directory) => {
      const first = openOutbox(directory);
      for (let number = 0; number < 10; number++) first.outbox.push("t", String(number));
      await first.outbox.close();
      const [name] = segments(directory);
      const path = `${directory}/${name}`;
      writeFileSync(path, readFileSync(path, "utf8").replace('"t",3]', '"t",8]'));
      appendFileSync(path, 'deadbeef [10,"t",1');
      const { outbox, notices } = openOutbox(directory);
      assert.deepEqual(notices, [`mqtt: 2 damaged lines in ${directory} skipped`]);
      outbox.push("t", "10");
      assert.deepEqual(waiting(outbox), ["0", "1", "2", "4", "5", "6", "7", "8", "9", "10"]);
      await outbox.close();
    });
  });

  test("reads any bytes without falling over", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.uint8Array(), fc.string().map(Buffer.from))),
        (pieces) =>
          withDirectory(async (directory) => {
            writeFileSync(`${directory}/000000000000000.queue`, Buffer.concat(pieces));
            const { outbox, notices } = openOutbox(directory);
            outbox.push("t", "1");
            assert.deepEqual(waiting(outbox), ["1"]);
            assert.equal(notices.length, Buffer.concat(pieces).length > 0 ? 1 : 0);
            await outbox.close();
          }),
      ),
      { numRuns: 50 },
    );
  });

  test("a lock of a process that is gone, or of another one with its number, is not a lock", {
    timeout: 60_000,
  }, async () => {
    await withDirectory(async (directory) => {
      for (const owner of ["999999999 5\n", `${process.pid} 1\n`, "", "nonsense\n"]) {
        writeFileSync(`${directory}/owner`, owner);
        await openOutbox(directory).outbox.close();
      }
    });
  });

  test("a directory that is taken away is told once; messages wait in memory", {
    timeout: 60_000,
  }, async () => {
    await withDirectory(async (directory) => {
      const { outbox, notices } = openOutbox(directory);
      rmSync(directory, { recursive: true });
      for (let number = 0; number < 3; number++) {
        outbox.push("t", String(number));
        await until(() => notices.length > 0, () => "a word of it");
      }
      assert.equal(notices.length, 1);
      assert.match(
        notices[0],
        /^mqtt: cannot write to .*: no such file or directory; until that ends, what waits would not/,
      );
      assert.deepEqual(waiting(outbox), ["0", "1", "2"]);
      await outbox.close();
    });
  });

  test("on a full disk: what is kept is what is said, and it is written again when there is room", {
    skip: noTmpfs,
    timeout: 60_000,
  }, async () => {
    await withTmpfs("64k", async (disk) => {
      const directory = `${disk}/queue`;
      const { outbox, notices } = openOutbox(directory);
      const payload = (number: number) => JSON.stringify({ number, filling: "x".repeat(800) });
      const all = Array.from({ length: 160 }, (_, number) => payload(number));
      for (const text of all) outbox.push("t", text);
      const kept = await outbox.keptCount();
      assert.ok(kept > 30 && kept < 80, `${kept} of 160 kept in 64 KiB`);
      assert.equal(notices.length, 1, notices.join("\n"));
      assert.match(notices[0], /^mqtt: cannot write to .*: no space left on the device; until that ends/);
      // Whole lines only, and no file without any.
      const entries = () => written(directory).split("\n").filter((text) => text.includes('"filling"'));
      assert.equal(entries().length, kept);
      assert.ok(written(directory).endsWith("\n"));
      await until(() => segments(directory).length === 1, () => "one file");

      // Others have made room: everything is written, with nobody asking for it.
      execFileSync("mount", ["-o", "remount,size=1m", disk]);
      await until(() => entries().length === 160, () => `${entries().length} are written`);
      await until(() => notices.length > 1, () => "it is said");
      assert.match(notices[1], /is written to again$/);
      assert.equal(await outbox.keptCount(), 160);
      await outbox.close();
      const again = openOutbox(directory);
      assert.deepEqual(waiting(again.outbox), all);
      assert.deepEqual(again.notices, []);
      await again.outbox.close();
    });
  });

  test("on a full disk that nobody clears, what is delivered makes room", {
    skip: noTmpfs,
    timeout: 60_000,
  }, async () => {
    await withTmpfs("2500k", async (disk) => {
      const directory = `${disk}/queue`;
      const { outbox } = openOutbox(directory);
      const payload = JSON.stringify("x".repeat(100_000));
      for (let number = 0; number < 40; number++) outbox.push("t", payload);
      assert.ok(await outbox.keptCount() < 40);
      for (let number = 0; number < 30; number++) outbox.delivered(outbox.take(1, Infinity));
      await until(() => outbox.journal!.unwrittenCount === 0, () => "the rest is written");
      await outbox.close();
      const again = openOutbox(directory);
      assert.equal(waiting(again.outbox).length, 10);
      await again.outbox.close();
    });
  });

  test("a FIFO among its files holds up nobody", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      mkdirSync(`${directory}/a`);
      execFileSync("mkfifo", [`${directory}/a/000000000000000.queue`]);
      const { outbox, notices } = openOutbox(`${directory}/a`);
      assert.match(notices[0], /000000000000000\.queue is skipped: it is a pipe \(FIFO\)/);
      outbox.push("t", "1");
      assert.equal(await outbox.keptCount(), 1);
      await outbox.close();
      mkdirSync(`${directory}/b`);
      execFileSync("mkfifo", [`${directory}/b/owner`]);
      assert.throws(
        () => openOutbox(`${directory}/b`),
        /b\/owner is in the way: it is a pipe \(FIFO\); remove it$/,
      );
    });
  });

  test("a directory that cannot be used is one clear line", () => {
    const refused = (directory: string, reason: string) =>
      assert.throws(
        () => Journal.open(directory, "dir", () => {}, lockFile),
        (error) =>
          error instanceof ProctorError && error.message === `dir: cannot use ${directory}: ${reason}`,
      );
    refused("/dev/null/queue", "a part of the path is not a directory");
    refused("/proc/self/queue", "no such file or directory");
    refused("/dev/null", "it is not a directory");
  });
});
