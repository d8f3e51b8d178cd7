/* ProcessGroup.output: all of it up to a bound, and nothing kept beyond. */
import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { describe, test } from "node:test";
import { fixture } from "../support/fixture.ts";
import { RUNGS, withGroup } from "./support/rungs.ts";
import { assertLeavesNothing } from "./support/traces.ts";

const MB = 1_048_576;
const asText = (bytes: Uint8Array) => Buffer.from(bytes).toString();

for (const rung of RUNGS) {
  const { skip } = rung;

  describe(`output on the rung ${rung.name}`, () => {
    test(
      "is what both streams said, and how it ended",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const { stdout, stderr, truncated, ...status } = await group.output([
            fixture("print_lines"),
            "500",
          ]);
          const lines = (name: string) =>
            Array.from({ length: 500 }, (_, index) => `${name} ${index + 1}\n`).join("");
          assert.equal(asText(stdout), lines("stdout"));
          assert.equal(asText(stderr), lines("stderr"));
          assert.deepEqual([truncated, status], [false, { outcome: "exited", exitCode: 0, signal: null }]);
        }),
    );

    test(
      "of a command that is killed is kept",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const { stdout, ...rest } = await group.output(["sh", "-c", "echo first; kill -9 $$"]);
          assert.equal(asText(stdout), "first\n");
          assert.deepEqual([rest.outcome, rest.exitCode, rest.signal], ["signaled", null, "SIGKILL"]);
        }),
    );

    test("stdin is empty", { skip, timeout: 120_000 }, () =>
      withGroup(rung, async (group) => {
        assert.equal((await group.output(["cat"])).stdout.length, 0);
      }));

    test(
      "is cut at the bound of each stream, to the byte",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const say = (out: number, err: number) =>
            group.output(["sh", "-c", `head -c ${out} /dev/zero; head -c ${err} /dev/zero >&2`], {
              maxBytes: 100_000,
            });
          const sizes = async (out: number, err: number) => {
            const { stdout, stderr, truncated } = await say(out, err);
            return [stdout.length, stderr.length, truncated];
          };
          assert.deepEqual(await sizes(100_000, 99_999), [100_000, 99_999, false]);
          assert.deepEqual(await sizes(100_001, 5), [100_000, 5, true]);
          assert.deepEqual(await sizes(5, 300_000), [5, 100_000, true]);
          const nothing = await group.output(["echo", "a"], { maxBytes: 0 });
          assert.deepEqual([nothing.stdout.length, nothing.truncated], [0, true]);
        }),
    );

    test(
      "a flood without a newline fills no memory",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          await group.output(["head", "-c", "20M", "/dev/zero"]);
          const before = process.memoryUsage.rss();
          const { stdout, truncated, exitCode } = await group.output(["head", "-c", "1000M", "/dev/zero"]);
          const grown = process.memoryUsage.rss() - before;
          assert.deepEqual([stdout.length, truncated, exitCode], [MB, true, 0]);
          // What the runtime has not collected yet may be much of a short flood.
          assert.ok(grown < 100 * MB, `${grown / MB} MB more`);
        }),
    );

    test("a stream that nobody reads makes its writer wait, and fills no memory", {
      skip,
      timeout: 120_000,
    }, () =>
      withGroup(rung, async (group) => {
        const before = process.memoryUsage.rss();
        const running = group.start(["head", "-c", "200M", "/dev/zero"], { stdin: "null", stdout: "pipe" });
        const profile = running.profile({ everyMs: 10 });
        const late = new Promise<"late">((resolve) => setTimeout(resolve, 300, "late"));
        assert.equal(await Promise.race([profile, late]), "late");
        assert.ok(process.memoryUsage.rss() - before < 32 * MB);
        await running.stdout!.cancel();
        const { outcome, signal } = await profile;
        assert.deepEqual([outcome, signal], ["signaled", "SIGPIPE"]);
      }));

    test(
      "of twenty commands at once is not mixed up",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const numbers = Array.from({ length: 20 }, (_, index) => index);
          const outputs = await Promise.all(
            numbers.map((number) => group.output(["sh", "-c", `echo out ${number}; exit ${number}`])),
          );
          assert.deepEqual(outputs.map(({ exitCode }) => exitCode), numbers);
          assert.deepEqual(
            outputs.map(({ stdout }) => asText(stdout)),
            numbers.map((number) => `out ${number}\n`),
          );
        }),
    );

    test("comes when the last holder of the pipe has ended, closing the group ends the wait", {
      skip,
      timeout: 120_000,
    }, async () => {
      const started = performance.now();
      const pending = await withGroup(rung, async (group) => {
        const waiting = group.output([fixture("leave_orphans"), "2", "300", "keep_stdio"]);
        const early = new Promise<"early">((resolve) => setTimeout(resolve, 300, "early"));
        assert.equal(await Promise.race([waiting, early]), "early");
        return { waiting };
      });
      assert.equal((await pending.waiting).exitCode, 0);
      assert.ok(performance.now() - started < 10_000);
    });

    test(
      "leaves no descriptor, read or not",
      { skip, timeout: 120_000 },
      () =>
        assertLeavesNothing(() =>
          withGroup(rung, async (group) => {
            await group.output(["echo", "a"]);
            const cancelled = group.start(["yes"], { stdin: "null", stdout: "pipe", stderr: "pipe" });
            await cancelled.stdout!.cancel();
            await cancelled.stderr!.cancel();
            await cancelled.wait();
          })
        ),
    );

    test(
      "a pipe that nobody ever read is closed with the group",
      { skip, timeout: 120_000 },
      () =>
        assertLeavesNothing(() =>
          withGroup(rung, async (group) => {
            await group.start(["echo", "a"], { stdin: "null", stdout: "pipe", stderr: "pipe" }).wait();
            group.start(["sleep", "60"], { stdin: "null", stdout: "pipe", stderr: "pipe" });
          })
        ),
    );
  });
}
