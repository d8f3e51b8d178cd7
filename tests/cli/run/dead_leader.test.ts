/* A command whose main thread ends early is run, measured and ended like any other. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fixture } from "../../support/fixture.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, runProgram, startProgram } from "../support/proctor.ts";
import { parseStream } from "../support/records.ts";
import { assertGone } from "../support/traces.ts";
import { asNobody, cannotDrop } from "../support/unprivileged.ts";

const MB = 1_048_576;
const noPython = !existsSync("/usr/bin/python3") && "needs /usr/bin/python3";
const command = (hold: string) => [fixture("leader_ends"), "60", hold];

for (const user of ["ourselves", "another user"]) {
  const skip = noPython || (user === "another user" && cannotDrop);
  const run = (args: readonly string[], hold: string) =>
    withDirectory(async (directory) => {
      const file = `${directory}/records.jsonl`;
      const words = [BINARY, "run", "--records", file, ...args, "--", ...command(hold)];
      const outcome = await runProgram(user === "ourselves" ? words : asNobody(words), { cwd: "/" });
      return { ...outcome, ...parseStream(readFileSync(file, "utf8")) };
    });

  describe(`run by ${user}`, () => {
    test("a timeout ends it", { skip, timeout: 120_000 }, async () => {
      const outcome = await run(["--timeout", "2s", "--grace", "500ms"], "120");
      assert.equal(outcome.code, 124, outcome.stderr);
      assert.equal(outcome.summary.outcome, "timed_out");
      assert.equal(outcome.summary.leftover_process_count, 0);
      assert.doesNotMatch(outcome.stderr, /did not end/);
      assertGone([outcome.start.pid!]);
    });

    test("samples say what it has, and it ends with its code", { skip, timeout: 120_000 }, async () => {
      const { code, samples, summary, stderr } = await run(["--interval", "100ms"], "4");
      assert.equal(code, 7, stderr);
      // A sample in the moment of its end has no memory any more.
      const last = samples.findLast(({ memory_bytes }) => memory_bytes !== 0)!;
      assert.ok(last.memory_bytes! > 60 * MB && last.memory_bytes! < 90 * MB, `${last.memory_bytes}`);
      assert.ok(summary.peak_memory_bytes! >= last.memory_bytes!);
      assert.equal(last.thread_count, 2);
      assert.ok(last.cpu_seconds! >= 0.1);
    });
  });
}

test("attach watches it to its end", { skip: noPython, timeout: 120_000 }, async () => {
  const target = startProgram(command("5"));
  const { pid } = await target.ready();
  const { stdout, code } = await runProgram([
    BINARY,
    "attach",
    "--records",
    "-",
    "--interval",
    "100ms",
    `${pid}`,
  ]);
  assert.equal(code, 0);
  const { samples, summary } = parseStream(stdout.toString());
  assert.equal(summary.outcome, "exited");
  const last = samples.filter(({ memory_bytes }) => memory_bytes! > 0).at(-1)!;
  assert.ok(last.memory_bytes! > 60 * MB, `${last.memory_bytes}`);
  assert.equal((await target.ended).code, 7);
});
