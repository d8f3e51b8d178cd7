/* What groups have cost, against the kernel's own word. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertNear } from "../support/expect.ts";
import { fixture } from "../support/fixture.ts";
import { RUNGS, withGroup } from "./support/rungs.ts";
import { talk } from "./support/streams.ts";

for (const rung of RUNGS) {
  const { skip } = rung;

  describe(`the bill of a group on the rung ${rung.name}`, () => {
    test(
      "a storm of short children, within one percent",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const { stdout } = await group.output([fixture("storm"), "500", "0.003", "4"]);
          const { self, children } = JSON.parse(Buffer.from(stdout).toString());
          const stats = group.stats();
          const truth = (key: string) => self[key] + children[key];
          assertNear(stats.totalCpuTimeSeconds!, truth("cpu_seconds"), 0.01, 0.004, "CPU");
          assertNear(stats.minorFaults!, truth("minor_faults"), 0.01, 100, "minor faults");
          assertNear(
            stats.userCpuTimeSeconds! + stats.systemCpuTimeSeconds!,
            stats.totalCpuTimeSeconds!,
            1e-6,
            2e-6,
            "user and system",
          );
          assert.equal(stats.activeProcessCount, 0);
        }),
    );

    test(
      "user and system time add up and never shrink, in every sample of a run",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          // Both kinds of time, in turn: the proportion changes all the time.
          const script = "for i in $(seq 300); do : $(echo x); done";
          const running = group.start(["sh", "-c", script], { stdin: "null", stdout: "null" });
          const ended = running.wait();
          let [user, system, known] = [0, 0, 0];
          for await (const stats of group.sampleStats({ intervalMs: 5 })) {
            const { userCpuTimeSeconds, systemCpuTimeSeconds, totalCpuTimeSeconds } = stats;
            if (userCpuTimeSeconds !== null && systemCpuTimeSeconds !== null) {
              const sum = userCpuTimeSeconds + systemCpuTimeSeconds;
              assert.ok(Math.abs(sum - totalCpuTimeSeconds!) < 2e-6, JSON.stringify(stats));
              assert.ok(userCpuTimeSeconds >= user && systemCpuTimeSeconds >= system, JSON.stringify(stats));
              [user, system] = [userCpuTimeSeconds, systemCpuTimeSeconds];
              known++;
            }
            if (stats.activeProcessCount === 0) break;
          }
          await ended;
          assert.ok(
            known > 5 && user > 0 && system > 0,
            `${known} samples, ${user} and ${system} at the end`,
          );
        }),
    );

    test(
      "every member is counted while it lives",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          await using tree = talk(group, [fixture("fork_tree"), "2", "3", "300"]);
          const { count } = await tree.next();
          const stats = group.stats();
          assert.deepEqual([stats.activeProcessCount, stats.totalProcessCount], [count, count]);
          assert.equal(stats.threadCount, count);
        }),
    );

    test(
      "two groups at once are kept apart, each with several processes",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, (one) =>
          withGroup(rung, async (other) => {
            const run = (group: typeof one, seconds: string, count: number) =>
              Promise.all(
                Array.from({ length: count }, () => group.output([fixture("double_fork_wait"), seconds])),
              );
            const [short, long] = await Promise.all([run(one, "0.1", 2), run(other, "0.4", 2)]);
            for (const [group, outputs] of [[one, short], [other, long]] as const) {
              const truth = outputs.map(({ stdout }) => JSON.parse(Buffer.from(stdout).toString()))
                .map(({ self, children, grandchild }) =>
                  self.cpu_seconds + children.cpu_seconds + grandchild.cpu_seconds
                );
              const sum = truth.reduce((before, value) => before + value);
              assertNear(group.stats().totalCpuTimeSeconds!, sum, 0.01, 0.01, "CPU");
            }
          })),
    );
  });
}
