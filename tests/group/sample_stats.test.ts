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

/** So many samples, one after another, within so long. */
interface Run {
  readonly samples: number;
  readonly withinMs: number;
}

/**
 * Take samples until so many have come within so long, which a machine that stands still for a moment only puts off.
 * @returns the times at which they came, in milliseconds since they were asked for
 */
async function take(
  samples: AsyncIterable<ProcessGroupStats>,
  run: Run,
  started = performance.now(),
): Promise<number[]> {
  const times: number[] = [];
  for await (const _ of samples) {
    times.push(performance.now() - started);
    if (times.at(-1)! - (times.at(-run.samples) ?? -Infinity) <= run.withinMs) return times;
    const { length } = times;
    assert.ok(times.at(-1)! < 15_000, `never ${run.samples} samples within ${run.withinMs} ms of ${length}`);
  }
  assert.fail(`the samples ended after ${times.length}`);
}

/** Each interval since the samples were asked for has one sample at most: a late one is not made up for by two. */
function assertOnBeat(times: readonly number[], intervalMs: number): void {
  const ticks = times.map((time) => Math.floor(time / intervalMs));
  assert.deepEqual(ticks, [...new Set(ticks)], `two samples in one interval: ${times}`);
}

for (const rung of RUNGS) {
  const { skip } = rung;

  describe(`samples of a group on the rung ${rung.name}`, () => {
    test(
      "the first comes at once, then one per interval",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const times = await take(group.sampleStats({ intervalMs: 50 }), { samples: 10, withinMs: 500 });
          assert.ok(times[1] - times[0] > 0 && times[0] < 10_000, `the first came after ${times[0]} ms`);
          assertOnBeat(times, 50);
        }),
    );

    test(
      "an interval of zero, or below, is one millisecond",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          for (const intervalMs of [0, -5]) {
            const times = await take(group.sampleStats({ intervalMs }), { samples: 50, withinMs: 300 });
            assert.ok(times.length <= times.at(-1)! + 2, `${times.length} samples in ${times.at(-1)} ms`);
          }
        }),
    );

    test(
      "an interval that is not a number is refused, a long one is not a flood",
      { skip, timeout: 120_000 },
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

    test("a slow consumer gets no burst", { skip, timeout: 120_000 }, () =>
      withGroup(rung, async (group) => {
        const samples = group.sampleStats({ intervalMs: 50 });
        const started = performance.now();
        await samples.next();
        await sleep(520); // Ten ticks are missed.
        const [, ...rest] = await take(samples, { samples: 6, withinMs: 350 }, started);
        // The first may come at once; then they keep the beat.
        assertOnBeat(rest, 50);
      }));

    test("they follow what happens", { skip, timeout: 120_000 }, () =>
      withGroup(rung, async (group) => {
        group.start([fixture("burn_cpu"), "1"], { stdin: "null", stdout: "null" });
        const seen: ProcessGroupStats[] = [];
        for await (const stats of group.sampleStats({ intervalMs: 10 })) {
          seen.push(stats);
          if (stats.activeProcessCount === 0) break;
        }
        const cpu = seen.map(({ totalCpuTimeSeconds }) => totalCpuTimeSeconds!);
        assert.ok(seen.length > 30);
        assert.ok(cpu.at(-1)! >= 1);
        assert.deepEqual(cpu, cpu.toSorted((a, b) => a - b));
        assert.ok(cpu.filter((value) => value > 0.15 && value < 0.85).length >= 10, "nothing in between");
      }));

    test("they end for good when the group is closed", { skip, timeout: 120_000 }, async () => {
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
      { skip, timeout: 120_000 },
      async () => {
        const group = await ProcessGroup.create(rung.options);
        const samples = group.sampleStats({ intervalMs: 3_600_000 });
        await samples.next();
        const waiting = samples.next().then(({ done }) => done);
        group[Symbol.dispose]();
        assert.equal(await waiting, true);
      },
    );

    test(
      "two at once do not disturb each other",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const [fast, slow] = await Promise.all([
            take(group.sampleStats({ intervalMs: 20 }), { samples: 20, withinMs: 500 }),
            take(group.sampleStats({ intervalMs: 200 }), { samples: 3, withinMs: 500 }),
          ]);
          assertOnBeat(fast, 20);
          assertOnBeat(slow, 200);
        }),
    );

    test("they do not keep the program alive", { skip, timeout: 120_000 }, async () => {
      const ended = await runOwner(rung.name, "sampling", `proctor-sampling-${process.pid}`);
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal(lastLine(ended), "sampling");
      assert.ok(ended.elapsedMs < 15_000);
    });

    test("they do not keep the group alive", { skip, timeout: 120_000 }, async () => {
      const ended = await runOwner(rung.name, "sampled", `proctor-sampled-${process.pid}`);
      assert.equal(ended.code, 0, ended.stderr);
      const { ended: over, count } = lastLine(ended);
      assert.equal(over, true, `${count} samples and no end`);
    });
  });
}
