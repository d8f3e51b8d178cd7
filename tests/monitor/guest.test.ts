/* The library in somebody else's program: what is the program's own stays as it was, whatever thread it is in. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { attach, ProcessGroup, ProcessMonitor, run } from "../../mod.ts";
import type { RunOptions } from "../../mod.ts";
import { eventually } from "../support/eventually.ts";
import { ROOT } from "../support/fixture.ts";
import { noCgroup, ownChildren, processState } from "../support/linux.ts";

/** Run a program of this directory's support under this runtime; the object it prints. */
// deno-lint-ignore no-explicit-any
async function program(name: string, ...words: string[]): Promise<any> {
  const flags = "Deno" in globalThis
    ? ["run", "--no-check", "--quiet", "-A", `--config=${ROOT}/deno.json`]
    : [];
  const file = `${ROOT}/tests/monitor/support/${name}`;
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, file, ...words], {
    timeout: 150_000,
  });
  return JSON.parse(stdout.trim().split("\n").at(-1)!);
}

for (const rung of ["cgroup", "subreaper"] as const) {
  const skip = rung === "cgroup" ? noCgroup : false;
  const options: Omit<RunOptions, "command"> = rung === "cgroup" ? {} : { mechanism: "subreaper" };

  describe(`a guest on the rung ${rung}`, () => {
    test(
      "leaves a program with children, workers, handlers and timers of its own as it was",
      { skip, timeout: 160_000 },
      async () => {
        const { before, after, failures } = await program("host_program.ts", rung, "24");
        assert.deepEqual(failures, []);
        assert.deepEqual(after, before);
        assert.equal(before["its handler of SIGUSR2 is called"], 1);
        assert.equal(before["orphans of its children go to"], "another");
        assert.deepEqual(before.children, []);
      },
    );

    test("ends a group with the worker that has made it", { skip, timeout: 160_000 }, async () => {
      const { wasAlive, hasThreadEnded, hasEnded, after, sleepers } = await program("ending_worker.ts", rung);
      assert.deepEqual([wasAlive, hasThreadEnded, hasEnded, sleepers], [true, true, true, []]);
      assert.deepEqual(after, { children: 0, cgroups: 0 });
    });

    test("leaves no zombie of what outlives its run", { skip, timeout: 120_000 }, async () => {
      await run(["true"], options);
      const before = ownChildren();
      const summary = await run(["sh", "-c", "sleep 4 & exit 3"], { ...options, leftovers: "leave" });
      assert.deepEqual([summary.exit_code, summary.leftover_process_count], [3, 1]);
      await eventually(() => ownChildren().every((pid) => before.includes(pid)));
    });

    for (
      const [title, onRecord] of [
        ["throws", () => {
          throw new Error("of a callback");
        }],
        ["gives a promise that is rejected", () => Promise.reject(new Error("of a callback"))],
      ] as const
    ) {
      test(`stops the tree when a callback ${title}, and says why`, { skip, timeout: 120_000 }, async () => {
        let pid = 0;
        const started = performance.now();
        const running = run(["sleep", "50"], {
          ...options,
          onRecord(record) {
            if (record.kind === "start") pid = record.pid!;
            return onRecord();
          },
        });
        await assert.rejects(running, { name: "Error", message: "of a callback" });
        assert.ok(pid > 0);
        assert.equal(processState(pid), undefined);
        assert.ok(performance.now() - started < 20_000);
      });
    }

    test("takes an error of a callback for the last record, too", { skip, timeout: 120_000 }, async () => {
      const onRecord = ({ kind }: { kind: string }) => {
        if (kind === "summary") throw new Error("of the summary");
      };
      await assert.rejects(run(["true"], { ...options, onRecord }), { message: "of the summary" });
      await assert.rejects(run(["/nowhere/at/all"], { ...options, onRecord }), { message: "of the summary" });
    });
  });
}

describe("a loop that is left early", () => {
  test("lets the command go on, and leaves its error to run()", { timeout: 120_000 }, async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => void unhandled.push(error);
    process.on("unhandledRejection", note);
    try {
      const monitor = new ProcessMonitor({
        command: ["sh", "-c", "sleep 3; exit 3"],
        onRecord({ kind }) {
          if (kind === "summary") throw new Error("after the loop");
        },
      });
      let pid = 0;
      for await (const record of monitor) {
        if (record.kind === "start") pid = record.pid!;
        break;
      }
      assert.notEqual(processState(pid), undefined, "it goes on");
      await eventually(() => processState(pid) === undefined);
      await assert.rejects(monitor.run(), { message: "after the loop" });
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.deepEqual(unhandled, []);
    } finally {
      process.off("unhandledRejection", note);
    }
  });

  test("of statistics keeps nothing alive", { timeout: 120_000 }, async () => {
    await using group = await ProcessGroup.create();
    for await (const { activeProcessCount } of group.sampleStats({ intervalMs: 1 })) {
      assert.equal(activeProcessCount, 0);
      break;
    }
    assert.equal((await group.output(["true"])).exitCode, 0);
  });
});

test("a tree that is attached to is let go of when a callback throws", { timeout: 120_000 }, async () => {
  const child = spawn("sleep", ["60"]);
  const onRecord = () => {
    throw new Error("of a callback");
  };
  try {
    await assert.rejects(attach(child.pid!, { onRecord }), { message: "of a callback" });
    assert.equal(child.exitCode, null);
    assert.notEqual(processState(child.pid!), undefined);
  } finally {
    child.kill("SIGKILL");
  }
});

describe("a run in a worker", () => {
  test("is over when its command is", { timeout: 120_000 }, async () => {
    const { seconds, codes } = await program("timed_worker.ts");
    assert.deepEqual(codes, [5, 5, 5]);
    // The best of three: a busy machine makes things late, never early. Whoever is not told looks each second.
    assert.ok(Math.min(...seconds) >= 0.1 && Math.min(...seconds) < 0.6, seconds.join());
  });
});
