import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fixture } from "../../support/fixture.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, proctor, runProgram, shell } from "../support/proctor.ts";
import type { Outcome } from "../support/proctor.ts";
import { asNobody, cannotDrop } from "../support/unprivileged.ts";

const noFullDevice = existsSync("/dev/full") ? false : "/dev/full is missing";

/** One warning, and the command with all its output and its exit code. */
function assertUnharmed(outcome: Outcome, said: RegExp): void {
  assert.equal(outcome.code, 3);
  assert.equal(outcome.stdout.toString(), "begun\nended\n");
  assert.match(outcome.stderr, /^proctor: records: [^\n]+\n$/, "not exactly one warning");
  assert.match(outcome.stderr, said);
}

const COMMAND = ["sh", "-c", "echo begun; sleep 0.3; echo ended; exit 3"];
const OPTIONS = ["--summary", "none", "--interval", "20ms", "--no-adaptive"];

describe("records that cannot be written never harm the command", () => {
  test("a full device", { skip: noFullDevice }, async () => {
    assertUnharmed(
      await proctor(["run", ...OPTIONS, "--records", "/dev/full", "--", ...COMMAND]),
      /no space/,
    );
  });

  test("a directory", async () => {
    assertUnharmed(
      await proctor(["run", ...OPTIONS, "--records", "/tmp", "--", ...COMMAND]),
      /\/tmp: it is a directory/,
    );
  });

  test("a directory that does not exist", async () => {
    assertUnharmed(
      await proctor(["run", ...OPTIONS, "--records", "/no/such/directory/file", "--", ...COMMAND]),
      /no such directory/,
    );
  });

  test("an empty name", async () => {
    const outcome = await proctor(["run", ...OPTIONS, "--records", "", "--", ...COMMAND]);
    if (outcome.code !== 125) assertUnharmed(outcome, /records/);
  });

  test("a descriptor that is not open", async () => {
    assertUnharmed(
      await proctor(["run", ...OPTIONS, "--records", "fd:99", "--", ...COMMAND]),
      /99: it is not open/,
    );
  });

  test("a descriptor that is open for reading only", async () => {
    const outcome = await shell(
      `exec 9</dev/null; exec $PROCTOR run ${OPTIONS.join(" ")} --records fd:9 -- ${COMMAND[0]} -c '${
        COMMAND[2]
      }'`,
    );
    assertUnharmed(outcome, /records/);
  });

  test("a file that may not be written", { skip: cannotDrop }, async () => {
    await withDirectory(async (directory) => {
      writeFileSync(`${directory}/file`, "mine");
      chmodSync(`${directory}/file`, 0o644);
      const command = asNobody([
        BINARY,
        "run",
        ...OPTIONS,
        "--records",
        `${directory}/file`,
        "--",
        ...COMMAND,
      ]);
      assertUnharmed(await runProgram(command), /permission denied/);
      assert.equal(readFileSync(`${directory}/file`, "utf8"), "mine");
    });
  });

  test("a pipe whose reader has gone", async () => {
    const { stdout, stderr } = await shell(
      `exec 8>&1; { $PROCTOR run ${
        OPTIONS.join(" ")
      } --records - -- sh -c 'sleep 0.2; exit 3'; echo $? >&8; } | true`,
    );
    assert.equal(stdout.toString(), "3\n");
    assert.match(stderr, /^proctor: records: [^\n]*closed the pipe[^\n]*\n$/);
  });

  test("a pipe whose reader goes away in the middle", { timeout: 120_000 }, async () => {
    const { stdout, stderr } = await shell(
      `exec 8>&1; { $PROCTOR run ${
        OPTIONS.join(" ")
      } --records - -- sh -c 'sleep 3; exit 3'; echo $? >&8; } | head -n 2 >/dev/null`,
    );
    assert.equal(stdout.toString(), "3\n");
    assert.match(stderr, /^proctor: records: [^\n]*closed the pipe[^\n]*\n$/);
  });

  test("a reader that stands still does not hold the command up", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      // The reader reads only when the command has ended.
      const script = `mkfifo fifo; (exec 7<fifo; while [ ! -e ended ]; do sleep 0.05; done; cat <&7 >copy) &
        $PROCTOR run --quiet --per-process --interval 2ms --no-adaptive --budget 100 --records fifo -- \\
          sh -c '"$0" 30 1; touch ended; exit 3' ${fixture("many_processes")} >/dev/null; echo $?; wait`;
      const { stdout } = await shell(script, { cwd: directory });
      assert.equal(stdout.toString(), "3\n");
      assert.match(
        readFileSync(`${directory}/copy`, "utf8").trimEnd().split("\n").at(-1)!,
        /"kind":"summary"/,
      );
    });
  });

  test("a full file system is told once", { timeout: 120_000 }, async () => {
    // A limit on the size of files stands for the full disk: SIGXFSZ must not end proctor either.
    await withDirectory(async (directory) => {
      const { stdout, stderr, code } = await shell(
        `ulimit -f 8; exec $PROCTOR run ${
          OPTIONS.join(" ")
        } --per-process --records file -- sh -c 'echo begun; sleep 3; echo ended; exit 3'`,
        { cwd: directory },
      );
      assert.equal(code, 3);
      assert.equal(stdout.toString(), "begun\nended\n");
      assert.match(stderr, /^proctor: records: [^\n]+\n$/);
    });
  });

  test("a summary file that cannot be written is told, and the exit code stays", async () => {
    await withDirectory(async (directory) => {
      mkdirSync(`${directory}/taken`);
      for (const file of [`${directory}/taken`, "/no/such/directory/file", "/dev/full"]) {
        const { code, stderr } = await proctor([
          "run",
          "--quiet",
          "--summary-file",
          file,
          "--",
          "sh",
          "-c",
          "exit 3",
        ]);
        assert.equal(code, 3);
        assert.match(stderr, /^proctor: summary: cannot write [^\n]+\n$/, file);
      }
    });
  });
});
