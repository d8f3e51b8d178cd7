/* However a group is dropped, and however its owner ends, nothing of it is left. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { ProcessGroup } from "../../mod.ts";
import { fixture } from "../support/fixture.ts";
import { processState } from "../support/linux.ts";
import { lastLine, runOwner, startOwner } from "./support/owner.ts";
import type { Owner } from "./support/owner.ts";
import { RUNGS, withGroup } from "./support/rungs.ts";
import type { Rung } from "./support/rungs.ts";
import { talk } from "./support/streams.ts";
import { assertLeavesNothing, cgroupsOf, guards, holders, living, until } from "./support/traces.ts";

let words = 0;
/** A word that no other process on the machine has among its arguments. */
const uniqueWord = () => `proctor-dropped-${process.pid}-${++words}`;

/** Wait until nothing is left of an owner that has ended, and of what has this word among its arguments. */
async function assertGone(owner: number, word: string): Promise<void> {
  await until(() => living(holders(word)).length === 0, `members of ${word} are gone`);
  await until(() => cgroupsOf(owner).length === 0, `the cgroups of ${owner} are gone`);
  await until(() => guards(owner).length === 0, "the guards are gone");
}

/** Run something with a directory for temporary files of its own, in which nothing may be left. */
async function leavingNoFile(use: () => Promise<void>): Promise<void> {
  const before = process.env.TMPDIR;
  const directory = mkdtempSync(join(tmpdir(), "proctor-test-"));
  process.env.TMPDIR = directory;
  try {
    await use();
    assert.deepEqual(readdirSync(directory), []);
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(directory, { recursive: true });
  }
}

/** Run an owner to its end and see to it that nothing is left. */
async function owned(rung: Rung, mode: string) {
  const word = uniqueWord();
  const owner: Owner = startOwner(rung.name, mode, word);
  const ended = await owner.ended;
  await assertGone(owner.pid, word);
  return ended;
}

for (const rung of RUNGS) {
  const { skip } = rung;

  describe(`a group on the rung ${rung.name} ends its tree`, () => {
    test("at the end of await using", { skip, timeout: 120_000 }, async () => {
      let pids: number[] = [];
      await assertLeavesNothing(() =>
        withGroup(rung, async (group) => {
          await using tree = talk(group, [fixture("fork_tree"), "2", "3", "300"]);
          ({ pids } = await tree.next());
          assert.ok(pids.length > 10);
        })
      );
      assert.deepEqual(pids.filter((pid) => processState(pid) !== undefined), []);
    });

    test("at the end of using, before the next line runs", { skip, timeout: 120_000 }, async () => {
      let pids: number[] = [];
      await assertLeavesNothing(async () => {
        {
          using group = await ProcessGroup.create(rung.options);
          await using tree = talk(group, [fixture("many_processes"), "20", "300"]);
          ({ pids } = await tree.next());
        }
        assert.deepEqual(pids.filter((pid) => processState(pid) !== undefined), []);
      });
      assert.ok(pids.length > 10);
    });

    test("when the block is left by an error", { skip, timeout: 120_000 }, async () => {
      let pid = 0;
      const fails = withGroup(rung, (group) => {
        ({ pid } = group.start(["sleep", "300"], { stdin: "null" }));
        return Promise.reject(new Error("out of the block"));
      });
      await assert.rejects(fails, /out of the block/);
      assert.equal(processState(pid), undefined);
    });

    test("when its last handle is garbage", { skip, timeout: 120_000 }, async () => {
      const ended = await owned(rung, "garbage");
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal(lastLine(ended).gone, true);
    });

    test("but not while somebody waits for a process of it", { skip, timeout: 120_000 }, async () => {
      const ended = await owned(rung, "held");
      assert.equal(ended.code, 0, ended.stderr);
      assert.deepEqual(lastLine(ended), { outcome: "exited", exitCode: 3, signal: null });
    });

    test("at an uncaught error", { skip, timeout: 120_000 }, async () => {
      const ended = await owned(rung, "throw");
      assert.equal(ended.code, 1);
      assert.match(ended.stderr, /nobody catches this/);
    });

    test("at process.exit()", { skip, timeout: 120_000 }, async () => {
      assert.equal((await owned(rung, "exit")).code, 7);
    });

    test("at the end of the program, which it does not put off", { skip, timeout: 120_000 }, async () => {
      const ended = await owned(rung, "end");
      assert.deepEqual([ended.code, lastLine(ended)], [0, false]);
      assert.ok(ended.elapsedMs < 10_000);
    });

    test(
      "when its owner is killed, at any moment",
      { skip, timeout: 110_000 },
      () =>
        leavingNoFile(async () => {
          // Two hundred over all rungs.
          for (let round = 0; round < 72; round += 6) {
            await Promise.all(Array.from({ length: 6 }, async (_, index) => {
              const word = uniqueWord();
              const owner = startOwner(rung.name, "churn", word);
              await owner.talks;
              // A random moment, spread over the first two rounds of start, run and stop.
              await new Promise((resolve) => setTimeout(resolve, Math.random() * 30 * (index + 1)));
              owner.child.kill("SIGKILL");
              assert.equal((await owner.ended).signal, "SIGKILL");
              await assertGone(owner.pid, word);
            }));
          }
        }),
    );

    test("when it is killed while it makes and closes groups", { skip, timeout: 120_000 }, async () => {
      for (let round = 0; round < 20; round++) {
        const owner = startOwner(rung.name, "making");
        await owner.talks;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 30));
        owner.child.kill("SIGKILL");
        await owner.ended;
        await until(() => cgroupsOf(owner.pid).length === 0, `the cgroups of ${owner.pid} are gone`);
        await until(() => guards(owner.pid).length === 0, "the guards are gone");
      }
    });
  });

  test(
    `an owner of fifty groups says nothing on the rung ${rung.name}`,
    { skip, timeout: 120_000 },
    async () => {
      const ended = await runOwner(rung.name, "many", "50");
      assert.deepEqual([ended.code, ended.stderr], [0, ""]);
      assert.deepEqual(lastLine(ended), Array.from({ length: 50 }, (_, index) => index));
    },
  );
}
