import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { compareSets, judge, parseCondition, run } from "../../../mod.ts";
import type { EndedRun, RunSet, StartRecord } from "../../../mod.ts";

const skip = process.platform !== "linux" && "runs on Linux";

/** A command, run three times. */
async function runs(label: string, mebibytes: number): Promise<RunSet> {
  const list: EndedRun[] = [];
  for (let round = 0; round < 3; round++) {
    let start: StartRecord | undefined;
    const summary = await run(
      ["dd", "if=/dev/zero", "of=/dev/null", "bs=1M", `count=${mebibytes}`, "status=none"],
      { onRecord: (record) => void (record.kind === "start" && (start = record)) },
    );
    list.push({ start: start!, summary });
  }
  return { label, file: null, runs: list };
}

test("runs of the library are compared as those of the command line", { skip, timeout: 60_000 }, async () => {
  const comparison = compareSets([await runs("before", 4), await runs("after", 12)], ["io_write_bytes"]);
  const [{ differences }] = comparison.quantities;
  assert.equal(differences[0].verdict, "more");
  assert.equal(differences[0].difference, 8 * 2 ** 20);
  const [judgement] = judge(comparison, [parseCondition("io_write_bytes > +150%")]);
  assert.deepEqual([judgement.outcome, judgement.bound], ["holds", 10 * 2 ** 20]);
});
