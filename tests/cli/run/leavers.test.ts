/* Members that leave the cgroup of a run: named, counted in the samples as well, and ended with the rest. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { describe, test } from "node:test";
import { ownCgroup } from "../../../platform/linux/cgroup/cgroup_path.ts";
import { eventually } from "../../support/eventually.ts";
import { fixture } from "../../support/fixture.ts";
import { noCgroup } from "../../support/linux.ts";
import { withDirectory } from "../support/directory.ts";
import { runProgram } from "../support/proctor.ts";
import { parseStream } from "../support/records.ts";
import { SOURCE } from "../support/runtimes.ts";
import { assertGone } from "../support/traces.ts";

/** Takes a while without starting anything: who leaves then was seen inside before. */
const SPIN = "i=0; while [ $i -lt 40000 ]; do i=$((i+1)); done";

/** A cgroup beside that of the run, and what a shell has to do to be in it. */
async function withCgroup(use: (enter: string) => Promise<void>): Promise<void> {
  const own = ownCgroup();
  assert.ok("directory" in own);
  const directory = join(own.directory, `leavers-test-${process.pid}-${Math.round(performance.now())}`);
  mkdirSync(directory);
  try {
    await use(`${SPIN}; echo $$ > '${directory}/cgroup.procs'`);
  } finally {
    await eventually(() => {
      try {
        rmdirSync(directory);
        return true;
      } catch {
        return false;
      }
    });
  }
}

/** Run a script; it is told how to leave. */
function run(args: readonly string[], script: (enter: string) => string) {
  return withDirectory(async (directory) => {
    let outcome: Awaited<ReturnType<typeof runProgram>> | undefined;
    const file = `${directory}/records.jsonl`;
    await withCgroup(async (enter) => {
      const words = [
        "run",
        "--records",
        file,
        "--interval",
        "100ms",
        ...args,
        "--",
        "sh",
        "-c",
        script(enter),
      ];
      outcome = await runProgram([...SOURCE.command, ...words]);
    });
    return { ...outcome!, ...parseStream(readFileSync(file, "utf8")) };
  });
}

/** Who of a script leaves. */
const LEAVERS: readonly (readonly [who: string, script: (enter: string, command: string) => string])[] = [
  ["the command itself", (enter, command) => `${enter}; exec ${command}`],
  ["a child", (enter, command) => `sh -c "${enter.replaceAll("$", "\\$")}; exec ${command}"; true`],
  [
    "an orphan",
    (enter, command) => `(sh -c "${enter.replaceAll("$", "\\$")}; exec ${command}" &); sleep 0.2; exit 0`,
  ],
];

describe("one that leaves the cgroup of its run", () => {
  for (const [who, script] of LEAVERS) {
    for (const options of [[], ["--processes"]]) {
      test(
        `is named and seen in the samples within a moment: ${[who, ...options].join(" ")}`,
        { skip: noCgroup, timeout: 120_000 },
        async () => {
          const burn = `${fixture("burn_cpu")} 0.6`;
          const { code, stderr, stdout, samples, summary } = await run(
            options,
            (enter) => script(enter, burn),
          );
          assert.equal(code, 0, stderr);
          const { cpu_seconds } = JSON.parse(stdout.toString().trim().split("\n").at(-1)!);
          // The loop before takes its time, too.
          assert.ok(
            summary.cpu_seconds! >= cpu_seconds * 0.99,
            `${summary.cpu_seconds} s of ${cpu_seconds} s`,
          );
          assert.match(stderr, /\(PID \d+\) has left the cgroup of the run/);
          // Who is told by the kernel is told wherever it is.
          const isTold = summary.processes?.cpu_quality === "exact";
          assert.equal(summary.accounting.cpu.quality, isTold ? "exact" : "lower_bound");
          if (isTold) assert.equal(summary.accounting.cpu.source, summary.processes!.source);
          const seen = samples.at(-1)!.cpu_seconds!;
          const used = summary.cpu_seconds!;
          assert.ok(seen > used - 0.3, `the last sample says ${seen} s of ${used} s`);
        },
      );
    }

    test(`is ended by a timeout: ${who}`, { skip: noCgroup, timeout: 120_000 }, async () => {
      const { code, stderr, summary, processes, start } = await run(
        ["--timeout", "1s", "--grace", "300ms", "--per-process"],
        (enter) => script(enter, "sleep 60"),
      );
      assert.equal(code, 124, stderr);
      assert.deepEqual([summary.outcome, summary.leftover_process_count], ["timed_out", 0]);
      assertGone([start.pid!, ...processes.map(({ pid }) => pid)]);
    });
  }
});
