/* A consumer's workflow that uses the action, step by step, as a runner takes them. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { ROOT } from "../support/fixture.ts";
import { runSteps } from "./support/run_workflow.ts";
import { faultsOfWorkflow } from "./support/workflow.ts";

const PROGRAM = join(ROOT, "dist/proctor");
const workflow = parse(readFileSync(join(ROOT, "tests/packages/consumer/workflow.yml"), "utf8"));
/** Reads a megabyte so many times: what the kernel counts exactly, whatever else the machine does. */
const WORK = 'head -c "${1}000000" /dev/zero >/dev/null\n';

function inDirectory(use: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), "proctor-action-"));
  try {
    writeFileSync(join(directory, "work.sh"), WORK);
    use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe("a workflow of a consumer", { timeout: 120_000 }, () => {
  const { steps } = workflow.jobs.cost;

  test("has the form of GitHub's", () => assert.deepEqual(faultsOfWorkflow(workflow), []));

  test("wraps a step, writes the summary of the job, and fails on a regression", () =>
    inDirectory((directory) => {
      const results = runSteps(steps, directory, PROGRAM);
      const { baseline, same, more, broken } = Object.fromEntries(results);
      const last = results.get(steps.at(-1).name)!;
      assert.equal(last.exitCode, 0, [...results.values()].map(({ printed }) => printed).join("\n"));

      // The first has nothing to compare with; conditions need a baseline.
      assert.deepEqual(baseline.outputs, { records: "baseline.jsonl" });
      assert.match(baseline.summary, /^### sh work\.sh 1\n\n\| {2}\|[^|\n]+\(3 runs\) \|\n/);
      assert.match(same.summary, /\| baseline \(3 runs\) \| proctor \(3 runs\) \| difference \|/);
      assert.match(same.printed, /^passed {2}proctor: io_read_bytes > \+50%/m);
      assert.match(readFileSync(join(directory, "same.html"), "utf8"), /^<!doctype html>/i);

      assert.equal(more.exitCode, 1);
      assert.match(more.summary, /\| I\/O read \|[^|]+\|[^|]+\| \*\*\+\d+% more\*\* \|/);
      assert.match(more.printed, /^passed {2}more: total_process_count > \+2/m);
      assert.match(more.printed, /^failed {2}more: io_read_bytes > \+50%/m);

      // The step ends as the command did, and the summary has what it has cost until then.
      assert.equal(broken.exitCode, 7);
      assert.match(broken.summary, /^### sh work\.sh 1\n[^]*did not end well \(exit code 7\)/);
    }));

  test("ends where a step fails that may not", () =>
    inDirectory((directory) => {
      const [, , more] = steps;
      const begun = runSteps(
        [steps[0], { ...more, "continue-on-error": false }, steps.at(-1)],
        directory,
        PROGRAM,
      );
      assert.deepEqual([...begun].map(([name, { outcome }]) => [name, outcome]), [
        ["baseline", "success"],
        ["more", "failure"],
      ]);
    }));
});
