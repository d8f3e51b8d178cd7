/* A supervisor that stands still keeps nobody waiting for ever; one that is busy is waited for. */
import assert from "node:assert/strict";
import process from "node:process";
import { describe, test } from "node:test";
import { cutVisible } from "../../../io/terminal/screen.ts";
import { withDirectory } from "../support/directory.ts";
import { withFakeSupervisor } from "../support/fake_supervisor.ts";
import { BINARY, proctor, startProgram } from "../support/proctor.ts";
import { noTerminals, onTerminal } from "../support/terminal.ts";

const TIMEOUT = { timeout: 120_000 };
/** It says so within 5 s of silence, and 5 s of asking; the machine may be busy. */
const BOUND_MS = 45_000;

/** Lend a supervisor that makes believe, and can be brought to a standstill. */
async function withFake<T>(use: (fake: { socket: string; pid: number }) => Promise<T>): Promise<T> {
  return await withFakeSupervisor(async (fake) => {
    try {
      return await use(fake);
    } finally {
      process.kill(fake.pid, "SIGCONT");
    }
  });
}

describe("proctor ctl at a supervisor that stands still", () => {
  const verbs = [
    ["start", "web"],
    ["stop", "web"],
    ["restart", "web", "db"],
    ["reset", "--all"],
    ["status"],
    ["status", "--watch", "1s"],
    ["describe", "web"],
    ["logs", "web"],
    ["events"],
    ["add", "x", "--", "true"],
    ["remove", "web"],
    ["reload"],
    ["shutdown"],
  ];
  test(
    "ends every verb with one sentence, in a bounded time",
    TIMEOUT,
    () =>
      withFake(async ({ socket, pid }) => {
        process.kill(pid, "SIGSTOP");
        const began = performance.now();
        await Promise.all(verbs.map(async (words) => {
          const { code, stdout, stderr } = await proctor(["ctl", "--socket", socket, ...words]);
          assert.deepEqual([code, stdout.toString()], [125, ""], words.join(" "));
          assert.equal(stderr, `proctor: the supervisor at "${socket}" does not answer\n`, words.join(" "));
        }));
        assert.ok(performance.now() - began < BOUND_MS);
      }),
  );

  test(
    "ends what follows a stream, too, when it stops in the middle of it",
    TIMEOUT,
    () =>
      withFake(async ({ socket, pid }) => {
        const following = startProgram([BINARY, "ctl", "events", "-f", "--socket", socket]);
        await following.line(() => true);
        const began = performance.now();
        process.kill(pid, "SIGSTOP");
        const { code, stderr } = await following.ended;
        assert.deepEqual([code, stderr], [125, `proctor: the supervisor at "${socket}" does not answer\n`]);
        assert.ok(performance.now() - began < BOUND_MS);
      }),
  );
});

test(
  "proctor ctl waits for what takes its time, as long as the supervisor answers",
  TIMEOUT,
  () =>
    withDirectory(async (directory) => {
      const { chmodSync, writeFileSync } = await import("node:fs");
      // No state lies where others may write.
      chmodSync(directory, 0o700);
      const line = "trap '' TERM; touch up; while :; do sleep 0.1; done";
      const control = { executable: "sh", arguments: ["-c", line], graceful_timeout: "13s" };
      writeFileSync(
        `${directory}/proctor.yaml`,
        JSON.stringify({ managed_processes: [{ id: "slow", management: { control } }] }),
      );
      const words = [
        "supervise",
        "--config",
        `${directory}/proctor.yaml`,
        "--state-dir",
        `${directory}/state`,
      ];
      const supervisor = startProgram([BINARY, ...words]);
      await proctor(["ctl", "start", "slow", "--state-dir", `${directory}/state`]);
      try {
        const status = () => proctor(["ctl", "status", "--json", "--state-dir", `${directory}/state`]);
        const deadline = performance.now() + 30_000;
        while (!(await status()).stdout.toString().includes('"running"')) {
          assert.ok(performance.now() < deadline, "it does not run");
        }
        // More than silence and question together.
        const { code, stdout } = await proctor(["ctl", "stop", "slow", "--state-dir", `${directory}/state`]);
        assert.deepEqual([code, stdout.toString()], [0, "slow: stopped: it was stopped by hand\n"]);
      } finally {
        process.kill(supervisor.pid, "SIGTERM");
        await supervisor.ended;
      }
    }),
);

describe("a line on a screen", () => {
  test("is cut by what is seen of it", () => {
    const line = "\x1b[1mABC\x1b[0m  \x1b[32mDEF\x1b[0m";
    assert.equal(cutVisible(line, 80), line);
    assert.equal(cutVisible(line, 8), line);
    assert.equal(cutVisible(line, 6), "\x1b[1mABC\x1b[0m  \x1b[32mD\x1b[0m");
    assert.equal(cutVisible("äöü", 2), "äö");
  });

  test(
    "the header of status --watch is whole at 80 columns",
    { ...TIMEOUT, skip: noTerminals },
    () =>
      withFake(async ({ socket }) => {
        const env = { PROCTOR_SOCKET: socket, TERM: "xterm", NO_COLOR: undefined };
        const command = [BINARY, "ctl", "status", "--watch", "200ms"];
        const steps = [["expect", "3 processes"], ["signal", "SIGINT"]] as const;
        const { transcript } = await onTerminal(command, steps, { env });
        // deno-lint-ignore no-control-regex
        const [header] = transcript.replace(/\x1b\[[\d;]*[A-Za-z]/g, "").split("\r\n");
        assert.equal(header, "ID      STATE     PID  UPTIME  RESTARTS    CPU    MEMORY  HEALTH");
      }),
  );
});
