/* ProcessGroup.sampleStats: when samples come, and when they end. */
import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ProcessGroup } from "../../mod.ts";
import type { ProcessGroupStats } from "../../mod.ts";
import { fixture } from "../support/fixture.ts";
import { lastLine, runOwner } from "./support/owner.ts";
import { RUNGS, withGroup } from "./support/rungs.ts";

/** Take samples for a while; the times at which they came. */
async function take(samples: AsyncIterable<ProcessGroupStats>, forMs: number): Promise<number[]> {
  const started = performance.now();
  const times: number[] = [];
  for await (const _ of samples) {
    times.push(performance.now() - started);
    if (times.at(-1)! >= forMs) break;
  }
  return times;
}

for (const rung of RUNGS) {
  const { skip } = rung;

  describe(`samples of a group on the rung ${rung.name}`, () => {
    test(
      "the first comes at once, then one per interval",
      { skip, timeout: 20_000 },
      () =>
        withGroup(rung, async (group) => {
          const times = await take(group.sampleStats({ intervalMs: 50 }), 1_000);
          assert.ok(times[1] - times[0] > 0 && times[0] < 1_000, `the first came after ${times[0]} ms`);
          // A busy machine makes it miss some; it never makes them up.
          assert.ok(times.length >= 5 && times.length <= 22, `${times.length} samples in 1 s`);
        }),
    );

    test(
      "an interval of zero, or below, is one millisecond",
      { skip, timeout: 20_000 },
      () =>
        withGroup(rung, async (group) => {
          for (const intervalMs of [0, -5]) {
            const times = await take(group.sampleStats({ intervalMs }), 300);
            assert.ok(times.length >= 50 && times.length <= 302, `${times.length} samples in 300 ms`);
          }
        }),
    );

    test(
      "an interval that is no number is refused, a long one is no flood",
      { skip, timeout: 20_000 },
      () =>
        withGroup(rung, async (group) => {
          const samples = group.sampleStats({ intervalMs: 1e10 });
          assert.equal((await samples.next()).done, false);
          const second = samples.next().then(() => "at once");
          assert.equal(await Promise.race([second, sleep(200, "later")]), "later");
          const never = async () => await group.sampleStats({ intervalMs: NaN }).next();
          await assert.rejects(never, { name: "ProctorError", message: /intervalMs/ });
        }),
    );

    test("a slow consumer gets no burst", { skip, timeout: 20_000 }, () =>
      withGroup(rung, async (group) => {
        const samples = group.sampleStats({ intervalMs: 50 });
        await samples.next();
        await sleep(520); // Ten ticks are missed.
        const times = await take(samples, 400);
        assert.ok(times.length >= 5 && times.length <= 10, `${times.length} samples: ${times}`);
        const gaps = times.slice(1).map((time, index) => time - times[index]);
        // The first may come at once; then they keep the beat.
        assert.ok(gaps.slice(1).every((gap) => gap > 20), `${gaps}`);
      }));

    test("they follow what happens", { skip, timeout: 20_000 }, () =>
      withGroup(rung, async (group) => {
        group.start([fixture("burn_cpu"), "0.3"], { stdin: "null", stdout: "null" });
        const seen: ProcessGroupStats[] = [];
        for await (const stats of group.sampleStats({ intervalMs: 10 })) {
          seen.push(stats);
          if (stats.activeProcessCount === 0) break;
        }
        const cpu = seen.map(({ totalCpuTimeSeconds }) => totalCpuTimeSeconds!);
        assert.ok(seen.length > 10);
        assert.ok(cpu.at(-1)! >= 0.3);
        assert.deepEqual(cpu, cpu.toSorted((a, b) => a - b));
        assert.ok(cpu.filter((value) => value > 0.05 && value < 0.25).length >= 3, "nothing in between");
      }));

    test("they end for good when the group is closed", { skip, timeout: 20_000 }, async () => {
      const group = await ProcessGroup.create(rung.options);
      const samples = group.sampleStats({ intervalMs: 10 });
      assert.equal((await samples.next()).done, false);
      group[Symbol.dispose]();
      assert.deepEqual(await samples.next(), { done: true, value: undefined });
      assert.deepEqual(await samples.next(), { done: true, value: undefined });
      assert.equal((await group.sampleStats({ intervalMs: 10 }).next()).done, true);
    });

    test(
      "whoever waits for one is told at once that the group is closed",
      { skip, timeout: 20_000 },
      async () => {
        const group = await ProcessGroup.create(rung.options);
        const samples = group.sampleStats({ intervalMs: 3_600_000 });
        await samples.next();
        const waiting = samples.next().then(({ done }) => done);
        group[Symbol.dispose]();
        assert.equal(await Promise.race([waiting, sleep(2_000, "still waiting")]), true);
      },
    );

    test(
      "two at once do not disturb each other",
      { skip, timeout: 20_000 },
      () =>
        withGroup(rung, async (group) => {
          const [fast, slow] = await Promise.all([
            take(group.sampleStats({ intervalMs: 20 }), 600),
            take(group.sampleStats({ intervalMs: 200 }), 600),
          ]);
          assert.ok(fast.length >= 20, `${fast.length}`);
          assert.ok(slow.length >= 3 && slow.length <= 5, `${slow.length}`);
        }),
    );

    test("they do not keep the program alive", { skip, timeout: 20_000 }, async () => {
      const ended = await runOwner(rung.name, "sampling", `proctor-sampling-${process.pid}`);
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal(lastLine(ended), "sampling");
      assert.ok(ended.elapsedMs < 5_000);
    });

    test("they do not keep the group alive", { skip, timeout: 30_000 }, async () => {
      const ended = await runOwner(rung.name, "sampled", `proctor-sampled-${process.pid}`);
      assert.equal(ended.code, 0, ended.stderr);
      const { ended: over, count } = lastLine(ended);
      assert.equal(over, true, `${count} samples and no end`);
    });
  });
}
