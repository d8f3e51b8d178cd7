/* What processes and groups have cost, against the kernel's own word. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { assertNear } from "../support/expect.ts";
import { fixture } from "../support/fixture.ts";
import { RUNGS, withGroup } from "./support/rungs.ts";
import { talk, text } from "./support/streams.ts";
import { NEXT_PID, noChosenPid } from "../support/linux.ts";
import { until } from "./support/traces.ts";

const QUIET = { stdin: "null", stdout: "null" } as const;

/** Counts the beats of a timer: how many intervals there were for a program that the machine may not let run. */
function countBeats(ms: number): Disposable & { readonly count: number } {
  let count = 0;
  const timer = setInterval(() => count++, ms);
  return {
    get count() {
      return count;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

for (const rung of RUNGS) {
  const { skip } = rung;

  describe(`ends on the rung ${rung.name}`, () => {
    test(
      "exit codes, of several at once and after the end",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const codes = [0, 1, 2, 77, 127, 128, 255];
          const running = codes.map((code) => group.start([fixture("exit_with"), `${code}`], QUIET));
          const ended = await Promise.all(running.flatMap((one) => [one.wait(), one.wait()]));
          assert.deepEqual(ended.map(({ exitCode }) => exitCode), codes.flatMap((code) => [code, code]));
          assert.ok(ended.every(({ outcome, signal }) => outcome === "exited" && signal === null));
          assert.deepEqual(await running[3].wait(), { outcome: "exited", exitCode: 77, signal: null });
          assert.equal(running[3].exitStatus?.exitCode, 77);
        }),
    );

    test("signals by name", { skip, timeout: 120_000 }, () =>
      withGroup(rung, async (group) => {
        for (const name of ["TERM", "KILL", "SEGV", "USR1", "HUP"]) {
          const status = await group.start([fixture("die_by"), name], QUIET).wait();
          assert.deepEqual(status, { outcome: "signaled", exitCode: null, signal: `SIG${name}` });
        }
      }));

    test(
      "are told apart when a PID is used again",
      { skip: skip || noChosenPid, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const start = async () => {
            const running = group.start(["sh", "-c", "exit 3"], QUIET);
            assert.equal((await running.wait()).exitCode, 3);
            return running;
          };
          let first = await start();
          for (let attempt = 0;; attempt++) {
            assert.ok(attempt < 200, `PID ${first.pid} could not be had again`);
            // Another program may have it by now, and keep it.
            if (attempt % 10 === 9) first = await start();
            // The number before goes to the small process that it is born of, where there is one.
            writeFileSync(NEXT_PID, String(first.pid - 1 - attempt % 2));
            const second = group.start(["sh", "-c", "read line; exit 4"], QUIET);
            if (second.pid !== first.pid) continue;
            assert.equal(first.exitStatus?.exitCode, 3, "while the second runs");
            await second.wait();
            break;
          }
          assert.equal(first.exitStatus?.exitCode, 3, "after the second has ended");
        }),
    );
  });

  describe(`the bill of one process on the rung ${rung.name}`, () => {
    test(
      "CPU, while it runs and at the end",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const running = group.start([fixture("burn_cpu"), "0.4"], { stdin: "null", stdout: "pipe" });
          const seen: number[] = [];
          await until(() => {
            seen.push(running.cpuTimeSeconds()!);
            return seen.at(-1)! > 0.2;
          }, "0.2 s of CPU");
          assert.deepEqual(seen, seen.toSorted((a, b) => a - b));
          const truth = JSON.parse(await text(running.stdout));
          await running.wait();
          assertNear(running.cpuTimeSeconds()!, truth.cpu_seconds, 0.01, 0.004, "CPU");
        }),
    );

    test(
      "CPU without that of its children",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const running = group.start([fixture("storm"), "20", "0.02"], { stdin: "null", stdout: "pipe" });
          const truth = JSON.parse(await text(running.stdout));
          await running.wait();
          assertNear(running.cpuTimeSeconds()!, truth.self.cpu_seconds, 0.01, 0.006, "CPU");
          assertNear(
            group.stats().totalCpuTimeSeconds!,
            truth.self.cpu_seconds + truth.children.cpu_seconds,
            0.01,
            0.006,
            "CPU of the group",
          );
        }),
    );

    test(
      "peak memory, while it runs and after the end",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const running = talk(group, [fixture("alloc_mb"), "300", "0.3"]);
          const { max_rss_bytes } = await running.next();
          assertNear(running.process.peakMemoryBytes()!, max_rss_bytes, 0.01, 1e6, "peak while it runs");
          await running.process.wait();
          assertNear(running.process.peakMemoryBytes()!, max_rss_bytes, 0.01, 1e6, "peak after the end");
          const { peakMemoryBytes } = group.stats();
          // Pages of files (the program itself, its libraries) are the kernel's bill to whoever has read them first.
          const files = group.stats().oomKillCount === null ? 0 : 8e6;
          assertNear(peakMemoryBytes!, max_rss_bytes, 0.01, 1e6 + files, "peak of the group");
          await running[Symbol.asyncDispose]();
        }),
    );

    test(
      "peak memory of one that nobody has looked at",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const running = group.start([fixture("alloc_mb"), "300"], { stdin: "null", stdout: "pipe" });
          const { max_rss_bytes } = JSON.parse(await text(running.stdout));
          await running.wait();
          assertNear(running.peakMemoryBytes()!, max_rss_bytes, 0.02, 1e6, "peak");
        }),
    );
  });

  describe(`profile on the rung ${rung.name}`, () => {
    test(
      "says outcome, duration, CPU, peak, cores and samples",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const running = group.start([
            "sh",
            "-c",
            `'${fixture("burn_cpu")}' 0.5 >/dev/null; sleep 0.5; exit 6`,
          ], QUIET);
          const busy = group.start([fixture("burn_cpu"), "0.5"], { stdin: "null", stdout: "pipe" });
          using beat = countBeats(20);
          const [outer, inner, said] = await Promise.all([
            running.profile({ everyMs: 20 }),
            busy.profile({ everyMs: 20 }),
            text(busy.stdout),
          ]);
          assert.deepEqual([outer.outcome, outer.exitCode, outer.signal], ["exited", 6, null]);
          assert.ok(outer.durationSeconds >= 1, `${outer.durationSeconds}`);
          assertNear(outer.samples, beat.count, 0.2, 3, "samples");
          assertNear(inner.cpuTimeSeconds!, JSON.parse(said).cpu_seconds, 0.01, 0.004, "CPU");
          assertNear(inner.avgCpuCores!, inner.cpuTimeSeconds! / inner.durationSeconds, 1e-9, 0, "cores");
          assert.ok(outer.cpuTimeSeconds! < 0.1, "the shell itself has done nothing");
          assert.ok(inner.peakMemoryBytes! > 1e6 && inner.peakMemoryBytes! < 1e8);
        }),
    );

    test(
      "takes no sample more or less because others end",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const watched = group.start(["sleep", "2"], QUIET).profile({ everyMs: 100 });
          using beat = countBeats(100);
          for (let count = 0; count < 60; count++) await group.start(["true"], QUIET).wait();
          const { samples, durationSeconds } = await watched;
          assert.ok(
            samples >= 0.7 * beat.count && samples <= 10 * durationSeconds + 3,
            `${samples} samples, one every 100 ms: there were ${beat.count}`,
          );
        }),
    );

    test(
      "of a very short run is complete",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const profile = await group.start(["true"], QUIET).profile({ everyMs: 20_000 });
          assert.deepEqual([profile.outcome, profile.exitCode], ["exited", 0]);
          assert.ok(profile.cpuTimeSeconds !== null && profile.cpuTimeSeconds < 0.1);
          assert.ok(profile.durationSeconds < 15 && profile.samples <= 2, JSON.stringify(profile));
          const signalled = await group.start([fixture("die_by"), "TERM"], QUIET).profile({ everyMs: 0 });
          assert.deepEqual([signalled.outcome, signalled.signal], ["signaled", "SIGTERM"]);
        }),
    );
  });
}
