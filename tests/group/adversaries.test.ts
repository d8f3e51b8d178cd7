/* Programs that try to get away, or are simply too many. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertNear } from "../support/expect.ts";
import { fixture } from "../support/fixture.ts";
import { processState } from "../support/linux.ts";
import { RUNGS, withGroup } from "./support/rungs.ts";
import { talk } from "./support/streams.ts";
import { assertLeavesNothing, holders, read, until } from "./support/traces.ts";

const QUIET = { stdin: "null", stdout: "null" } as const;
const json = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString());
let words = 0;
const uniqueWord = () => `proctor-adversary-${process.pid}-${++words}`;

for (const rung of RUNGS) {
  const { skip } = rung;

  describe(`on the rung ${rung.name}`, () => {
    test("a parent that exits at once leaves grandchildren: they are members, and end", {
      skip,
      timeout: 120_000,
    }, () =>
      withGroup(rung, async (group) => {
        const { stdout } = await group.output([fixture("leave_orphans"), "10", "300"]);
        const { pids } = json(stdout);
        assert.equal(group.stats().activeProcessCount, 10);
        const { membersBefore, membersAfter } = await group.stop();
        assert.deepEqual([membersBefore, membersAfter], [10, 0]);
        assert.deepEqual(pids.filter((pid: number) => processState(pid) !== undefined), []);
      }));

    test(
      "orphans that live and die unseen are billed, and leave no zombie",
      { skip, timeout: 120_000 },
      () =>
        assertLeavesNothing(() =>
          withGroup(rung, async (group) => {
            const burn = `'${fixture("burn_cpu")}' 0.05 >/dev/null`;
            const script = `for i in 1 2 3 4 5 6; do (setsid ${burn} &) ; done; sleep 1`;
            assert.equal((await group.output(["sh", "-c", script])).exitCode, 0);
            await until(() => group.stats().activeProcessCount === 0, "all have ended");
            const { totalCpuTimeSeconds } = group.stats();
            assert.ok(totalCpuTimeSeconds! >= 0.3, `${totalCpuTimeSeconds} s of at least 0.3`);
          })
        ),
    );

    test("double fork and setsid: the group closes over them", { skip, timeout: 120_000 }, async () => {
      const word = uniqueWord();
      await withGroup(rung, async (group) => {
        const sleeper = `perl -e 'sleep 300' $0`;
        group.start(["sh", "-c", `(setsid ${sleeper} &) ; (setsid sh -c "${sleeper}; :" $0 &)`, word], QUIET);
        await until(() => holders(word).length >= 2, "both are there");
      });
      assert.deepEqual(holders(word), []);
    });

    test("a fork bomb of 500 is stopped", { skip, timeout: 120_000 }, async () => {
      const word = uniqueWord();
      await withGroup(rung, async (group) => {
        // Everybody forks nine times: 512 in all; nobody listens to SIGTERM.
        const bomb =
          '$SIG{TERM} = "IGNORE"; for (1 .. 9) { fork; select undef, undef, undef, 0.005 } sleep 300';
        group.start(["perl", "-e", bomb, word], QUIET);
        await until(() => holders(word).length >= 100, "a hundred are there");
        const { killed, membersAfter, elapsedSeconds } = await group.stop({ graceMs: 20 });
        assert.deepEqual([killed, membersAfter], [true, 0]);
        assert.ok(elapsedSeconds < 30, `${elapsedSeconds} s`);
        assert.deepEqual(holders(word), []);
      });
    });

    test(
      "a parent that ignores SIGCHLD: its end and its children's are seen",
      { skip, timeout: 120_000 },
      () =>
        assertLeavesNothing(() =>
          withGroup(rung, async (group) => {
            const { exitCode, stdout } = await group.output([
              fixture("storm_ignored_sigchld"),
              "50",
              "0.002",
            ]);
            assert.deepEqual([exitCode, json(stdout).count], [0, 50]);
            assert.equal(group.stats().activeProcessCount, 0);
          })
        ),
    );

    test(
      "names with spaces, parentheses and newlines",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          for (const name of ["a) (b c", "x) R 1 1 (", "\\n) Z 1 \\n", "\\xff \\xfe"]) {
            const { stdout, exitCode } = await group.output([fixture("odd_name"), name]);
            assert.deepEqual([exitCode, json(stdout).ready], [0, true]);
          }
          const held = group.start(["perl", "-e", '$0 = "a) Z 1 (b\\n"; sleep 300'], QUIET);
          await until(() => /\) Z 1 \(b/.test(read(held.pid, "stat")), "it has its name");
          assert.equal(group.stats().activeProcessCount, 1);
          const { killed } = await group.stop({ graceMs: 10_000 });
          assert.deepEqual([killed, (await held.wait()).signal], [false, "SIGTERM"]);
        }),
    );

    test(
      "zombies that their parent does not reap",
      { skip, timeout: 120_000 },
      () =>
        assertLeavesNothing(() =>
          withGroup(rung, async (group) => {
            const maker = "for (1 .. 20) { exit 0 unless fork } $| = 1; print qq({}\\n); sleep 300";
            await using zombies = talk(group, ["perl", "-e", maker]);
            await zombies.next();
            assert.equal((await group.stop({ graceMs: 10_000 })).membersAfter, 0);
          })
        ),
    );

    test(
      "a thousand processes at once are billed, and killed together",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          await using many = talk(group, [fixture("many_processes"), "1000", "300"]);
          const { pids } = await many.next();
          assert.equal(group.stats().activeProcessCount, 1_001);
          const { membersBefore, membersAfter, elapsedSeconds } = await group.stop({ graceMs: 0 });
          assert.deepEqual([membersBefore, membersAfter], [1_001, 0]);
          assert.ok(elapsedSeconds < 30, `${elapsedSeconds} s`);
          assert.deepEqual(pids.filter((pid: number) => processState(pid) !== undefined), []);
        }),
    );

    test(
      "two thousand of a millisecond, one after another, are on the bill",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const { stdout } = await group.output([fixture("storm"), "2000", "0.001"]);
          const { self, children } = json(stdout);
          const truth = self.cpu_seconds + children.cpu_seconds;
          assertNear(group.stats().totalCpuTimeSeconds!, truth, 0.01, 0.005, "CPU");
        }),
    );

    test(
      "two hundred started by us, one after another, each have their end",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          for (let count = 0; count < 200; count++) {
            assert.equal((await group.start(["sh", "-c", `exit ${count}`], QUIET).wait()).exitCode, count);
          }
          assert.equal(group.stats().totalProcessCount, 200);
        }),
    );
  });
}
