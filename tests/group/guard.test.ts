/* The guard beside every group: what it costs, and that it goes. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ProcessGroup } from "../../mod.ts";
import { processState } from "../support/linux.ts";
import { RUNGS, withGroup } from "./support/rungs.ts";
import { assertLeavesNothing, guards, parentOf, read, until } from "./support/traces.ts";

/** Our guards, of whom there must be so many; their command lines are there a moment after they are. */
async function ownGuards(count: number): Promise<number[]> {
  await until(() => guards(process.pid).length === count, `${count} guards`);
  return guards(process.pid);
}

for (const rung of RUNGS) {
  const { skip } = rung;

  describe(`the guard on the rung ${rung.name}`, () => {
    test(
      "costs less than 100 kB, one process and no CPU",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          await group.output(["true"]);
          const [guard] = await ownGuards(1);
          const status = read(guard, "status");
          const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
          assert.ok(field("VmRSS") > 0 && field("VmRSS") < 100, `VmRSS ${field("VmRSS")} kB`);
          assert.equal(field("Threads"), 1);
          await until(
            () => readdirSync(`/proc/${guard}/fd`).length === 2,
            "only its pipe and its signal are open",
          );
          const stat = read(guard, "stat");
          const words = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
          assert.equal(Number(words[11]) + Number(words[12]), 0, "CPU in ticks");
          assert.equal(Number(words[3]), guard, "a session of its own");
        }),
    );

    test(
      "survives the signals that end an owner",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const [guard] = await ownGuards(1);
          for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGPIPE"] as const) {
            process.kill(guard, signal);
          }
          assert.equal((await group.output(["true"])).exitCode, 0);
          assert.ok(["S", "R"].includes(processState(guard)!), "the guard has ended");
          assert.equal(parentOf(guard), process.pid);
        }),
    );

    test(
      "that has been killed does not keep the group from closing",
      { skip, timeout: 120_000 },
      () =>
        assertLeavesNothing(() =>
          withGroup(rung, async (group) => {
            const [guard] = await ownGuards(1);
            process.kill(guard, "SIGKILL");
            await until(() => ["Z", undefined].includes(processState(guard)), "the guard is dead");
            assert.equal((await group.output(["sh", "-c", "exit 5"])).exitCode, 5);
            group.start(["sleep", "300"], { stdin: "null" });
            assert.equal((await group.stop({ graceMs: 5_000 })).killed, false);
          })
        ),
    );

    test("is no member and on no bill", { skip, timeout: 120_000 }, () =>
      withGroup(rung, (group) => {
        const { activeProcessCount, totalProcessCount, totalCpuTimeSeconds } = group.stats();
        assert.deepEqual([activeProcessCount, totalProcessCount], [0, 0]);
        assert.ok(!totalCpuTimeSeconds);
        return Promise.resolve();
      }));

    test(
      "a hundred groups, opened and closed, leave nothing",
      { skip, timeout: 120_000 },
      () =>
        assertLeavesNothing(async () => {
          for (let count = 0; count < 100; count++) {
            await withGroup(rung, async (group) => {
              if (count % 10 === 0) await group.output(["true"]);
            });
          }
          assert.deepEqual(guards(process.pid), []);
        }),
    );

    test(
      "thirty groups at once leave nothing, in whatever order they close",
      { skip, timeout: 120_000 },
      () =>
        assertLeavesNothing(async () => {
          const create = () => ProcessGroup.create(rung.options);
          const groups = await Promise.all(Array.from({ length: 30 }, create));
          await ownGuards(30);
          const codes = await Promise.all(
            groups.map(async (group, index) => (await group.output(["sh", "-c", `exit ${index}`])).exitCode),
          );
          assert.deepEqual(codes, Array.from({ length: 30 }, (_, index) => index));
          for (const group of [...groups.slice(15), ...groups.slice(0, 15).reverse()]) {
            await group[Symbol.asyncDispose]();
          }
        }),
    );

    test("nothing is written to disk", { skip, timeout: 120_000 }, async () => {
      const directory = mkdtempSync(join(tmpdir(), "proctor-test-"));
      const before = process.env.TMPDIR;
      try {
        process.env.TMPDIR = directory;
        await withGroup(rung, (group) => group.output(["true"]));
        assert.deepEqual(readdirSync(directory), []);
      } finally {
        if (before === undefined) delete process.env.TMPDIR;
        else process.env.TMPDIR = before;
        rmSync(directory, { recursive: true });
      }
    });
  });
}
