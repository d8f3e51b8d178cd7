import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fixture } from "../../support/fixture.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, start, startProgram } from "../support/proctor.ts";
import type { Outcome, Running } from "../support/proctor.ts";
import { parseStream } from "../support/records.ts";
import type { Stream } from "../support/records.ts";
import { cgroupsOf, until } from "../support/traces.ts";

/** Run with records, do something once the command is ready, and read everything back. */
function interrupted(
  command: readonly string[],
  act: (running: Running, ready: { pid: number }) => unknown,
  wrap: readonly string[] = [],
): Promise<Outcome & Stream & { pid: number }> {
  return withDirectory(async (directory) => {
    const file = `${directory}/records.jsonl`;
    const running = startProgram([...wrap, BINARY, "run", "--records", file, "--", ...command], {
      input: "open",
    });
    await act(running, await running.ready());
    const outcome = await running.ended;
    return { ...outcome, ...parseStream(readFileSync(file, "utf8")), pid: running.pid };
  });
}

const deliveries = (outcome: Outcome): number =>
  JSON.parse(outcome.stdout.toString().trim().split("\n").at(-1)!).deliveries;

describe("a signal sent to proctor", () => {
  for (const name of ["INT", "TERM", "HUP", "QUIT"]) {
    test(
      `SIG${name} reaches the command exactly once, and the summary is written`,
      { timeout: 120_000 },
      async () => {
        const outcome = await interrupted(
          [fixture("on_signal"), name, "33"],
          (running) => running.kill(`SIG${name}`),
        );
        assert.equal(deliveries(outcome), 1);
        assert.equal(outcome.code, 33);
        assert.equal(outcome.summary.outcome, "interrupted");
        assert.equal(outcome.summary.exit_code, 33);
        assert.match(outcome.stderr, /interrupted, exit code 33/);
        assert.deepEqual(cgroupsOf(outcome.pid), []);
      },
    );
  }

  for (const name of ["USR1", "USR2"]) {
    test(`SIG${name} is passed on, and is not an interruption`, { timeout: 120_000 }, async () => {
      const outcome = await interrupted(
        [fixture("on_signal"), name, "33"],
        (running) => running.kill(`SIG${name}`),
      );
      assert.equal(deliveries(outcome), 1);
      assert.equal(outcome.summary.outcome, "exited");
    });
  }

  test("that ends the command gives 128+N, and the signal in the summary", { timeout: 120_000 }, async () => {
    const { code, summary } = await interrupted(
      ["sh", "-c", `echo '{"ready":true}'; exec sleep 60`],
      (running) => running.kill("SIGTERM"),
    );
    assert.equal(code, 143);
    assert.equal(summary.outcome, "interrupted");
    assert.equal(summary.signal, "SIGTERM");
    assert.equal(summary.exit_code, null);
  });

  test("that the command ignores does not end the run", { timeout: 120_000 }, async () => {
    const { code, summary } = await interrupted(
      ["sh", "-c", `trap '' TERM; echo '{"ready":true}'; read x; exit 5`],
      (running) => {
        running.kill("SIGTERM");
        running.closeInput();
      },
    );
    assert.equal(code, 5);
    assert.equal(summary.outcome, "interrupted");
  });

  test("goes to the command alone; its children are its own to end", { timeout: 120_000 }, async () => {
    // A child of the shell that is not yet another program would take a signal for the shell's own.
    const script = `trap 'kill $!; exit 6' TERM; sleep 60 & ` +
      `until read -r _ name _ </proc/$!/stat; [ "$name" = "(sleep)" ]; do :; done; echo '{"ready":true}'; wait`;
    const { code, processes } = await interrupted(["sh", "-c", script], (running) => running.kill("SIGTERM"));
    assert.equal(code, 6);
    assert.ok(processes.length >= 1);
  });

  test("several different ones all arrive", { timeout: 120_000 }, async () => {
    const script =
      `trap 'echo usr1' USR1; trap 'echo term; exit 8' TERM; echo '{"ready":true}'; while :; do sleep 0.01; done`;
    const { stdout, code } = await interrupted(["sh", "-c", script], async (running) => {
      running.kill("SIGUSR1");
      await running.line((line) => line === "usr1");
      running.kill("SIGTERM");
    });
    assert.match(stdout.toString(), /usr1\nterm\n$/);
    assert.equal(code, 8);
  });

  test("nohup: an ignored SIGHUP stays ignored by both", { timeout: 120_000 }, async () => {
    const { code, summary } = await interrupted(
      ["sh", "-c", `echo '{"ready":true}'; read x; exit 5`],
      (running) => {
        running.kill("SIGHUP");
        running.closeInput();
      },
      ["nohup"],
    );
    assert.equal(code, 5);
    assert.equal(summary.outcome, "exited");
  });

  test("when the command dies by itself the outcome is signaled", { timeout: 120_000 }, async () => {
    const { code, summary } = await interrupted(
      ["sh", "-c", `echo '{"ready":true}'; read x; kill -SEGV $$`],
      (running) => running.closeInput(),
    );
    assert.equal(code, 139);
    assert.equal(summary.outcome, "signaled");
    assert.equal(summary.signal, "SIGSEGV");
  });

  test("as early as can be loses neither the command nor the summary", { timeout: 120_000 }, async () => {
    for (let round = 0; round < 10; round++) {
      await withDirectory(async (directory) => {
        const file = `${directory}/records.jsonl`;
        const script = `echo '{"ready":true}'; exec sleep 5`;
        const running = start(["run", "--quiet", "--records", file, "--", "sh", "-c", script]);
        await running.ready();
        running.kill("SIGINT");
        assert.equal((await running.ended).code, 130);
        assert.equal(parseStream(readFileSync(file, "utf8")).summary.signal, "SIGINT");
      });
    }
  });

  test("SIGKILL leaves a cgroup that the next run clears away", { timeout: 120_000 }, async () => {
    const running = start(["run", "--quiet", "--", "sh", "-c", `echo '{"ready":true}'; read x`], {
      input: "open",
    });
    await running.ready();
    running.kill("SIGKILL");
    running.closeInput(); // ends the shell
    await running.ended;
    await until(() => !cgroupsOf(running.pid).some(isPopulated), "an empty cgroup");
    await start(["run", "--quiet", "--", "true"]).ended;
    // Who exits is in no list any more, and in its cgroup still.
    await until(() => cgroupsOf(running.pid).length === 0, "it is cleared away");
  });
});

/** Whether there is anybody in a cgroup; nobody is in one that its guard has removed meanwhile. */
function isPopulated(directory: string): boolean {
  try {
    return readFileSync(`${directory}/cgroup.procs`, "utf8") !== "";
  } catch {
    return false;
  }
}
