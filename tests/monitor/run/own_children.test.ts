/* A program that uses the library starts children of its own, too: they stay its own. */
import assert from "node:assert/strict";
import { execFile, spawn, spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { run } from "../../../mod.ts";
import type { RunOptions } from "../../../mod.ts";
import { fixture } from "../../support/fixture.ts";

const codeOf = (command: string, ...args: string[]): Promise<number | null> =>
  new Promise((resolve, reject) => {
    spawn(command, args, { stdio: "ignore" }).on("error", reject).on("exit", resolve);
  });

for (
  const [title, rung] of [["the strongest rung", {}], ["the subreaper", { mechanism: "subreaper" }]] as const
) {
  const options: Omit<RunOptions, "command"> = {
    ...rung,
    baseIntervalMs: 10,
    adaptive: false,
    budgetPercent: 100,
  };

  describe(`while run() watches on ${title}, this program's own children`, () => {
    test("keep their exit codes", { timeout: 120_000 }, async () => {
      // Each long enough to be seen.
      const watched = run(["sh", "-c", "for i in 1 2 3 4; do sleep 1; done; exit 3"], options);
      const expected = Array.from({ length: 40 }, (_, index) => index + 1);
      const codes: (number | null)[] = [];
      for (const code of expected) codes.push(await codeOf("sh", "-c", `sleep 0.005; exit ${code}`));
      assert.deepEqual(codes, expected);
      const summary = await watched;
      assert.equal(summary.exit_code, 3);
      assert.equal(summary.total_process_count, 5);
    });

    test("keep them in parallel, and through every way to start them", { timeout: 120_000 }, async () => {
      const nowhere = openSync("/dev/null", "w");
      const watched = run([fixture("storm"), "100", "0.002", "4"], { ...options, stdio: [0, nowhere, 2] });
      const parallel = await Promise.all(
        Array.from({ length: 20 }, (_, index) => codeOf("sh", "-c", `exit ${index}`)),
      );
      assert.deepEqual(parallel, Array.from({ length: 20 }, (_, index) => index));
      assert.equal(spawnSync("sh", ["-c", "exit 7"]).status, 7);
      await assert.rejects(promisify(execFile)("sh", ["-c", "exit 6"]), { code: 6 });
      assert.equal((await watched).exit_code, 0);
      closeSync(nowhere);
    });

    test("are not on the bill", { timeout: 120_000 }, async () => {
      const watched = run(["sleep", "0.7"], options);
      await codeOf(fixture("burn_cpu"), "0.3");
      const summary = await watched;
      assert.ok(summary.cpu_seconds! < 0.1, `${summary.cpu_seconds}`);
      assert.equal(summary.total_process_count, 1);
    });

    test("that outlive the run keep theirs", { timeout: 120_000 }, async () => {
      const own = codeOf("sh", "-c", "sleep 0.5; exit 8");
      await run(["true"], options);
      assert.equal(await own, 8);
    });

    test("orphans of the tree are waited for all the same", { timeout: 120_000 }, async () => {
      const own = codeOf("sh", "-c", "sleep 0.1; exit 8");
      const summary = await run(["sh", "-c", "(setsid sleep 0.3 &)"], options);
      assert.equal(await own, 8);
      assert.ok(summary.wall_seconds >= 0.3);
      assert.equal(summary.leftover_process_count, 0);
    });
  });
}
