/*
 * Standard output that takes nothing: told in a line, and in the exit code, by every verb; a closed pipe ends
 * quietly.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { withDirectory } from "./support/directory.ts";
import { proctor, shell } from "./support/proctor.ts";
import type { Outcome } from "./support/proctor.ts";

const noFullDevice = existsSync("/dev/full") ? false : "/dev/full is missing";
const SAID = "proctor: standard output: cannot write: no space left on the device\n";

/** A verb's words, with its exit code for misuse. */
const PRINTING: readonly (readonly [words: string, failed: number])[] = [
  ["schema", 125],
  ["host cpu --json", 125],
  ["host load", 125],
  ["host load --watch 50ms", 125],
  ["host load --json --watch 50ms", 125],
  ["profiles", 125],
  ["profiles --json", 125],
  ["doctor", 125],
  ["doctor --json", 125],
  ["completion bash", 125],
  ["completion fish", 125],
  ["supervise --schema", 125],
  ["compare --schema", 2],
  ["compare runs.jsonl", 2],
  ["compare runs.jsonl --format json", 2],
  ["plot runs.jsonl", 125],
  ["report runs.jsonl -o -", 125],
  ["watch --pid $$ --interval 100ms --quiet", 125],
  ["sysmon", 125],
  ["--help", 125],
  ["run --help", 125],
  ["--version", 125],
];

function inDirectoryOfRuns<T>(use: (directory: string) => Promise<T>): Promise<T> {
  return withDirectory(async (directory) => {
    await proctor(["run", "--quiet", "--records", "runs.jsonl", "--", "sleep", "0.1"], { cwd: directory });
    return await use(directory);
  });
}

function codeOf({ stdout }: Outcome): number {
  return Number(/code (\d+)\n$/.exec(stdout.toString())?.[1]);
}

describe("standard output on a full device", () => {
  for (const [words, failed] of PRINTING) {
    test(words, { skip: noFullDevice, timeout: 120_000 }, () =>
      inDirectoryOfRuns(async (cwd) => {
        const outcome = await shell(`$PROCTOR ${words} >/dev/full; echo "code $?"`, { cwd });
        assert.equal(outcome.stderr, SAID);
        assert.equal(codeOf(outcome), failed);
      }));
  }

  test("attach ends, and sums up", { skip: noFullDevice, timeout: 120_000 }, async () => {
    const outcome = await shell(`$PROCTOR attach $$ --summary none --records - >/dev/full; echo "code $?"`);
    assert.equal(outcome.stderr, SAID);
    assert.equal(codeOf(outcome), 125);
  });

  test(
    "a summary that was asked for is told of; a command's own failure stays",
    { skip: noFullDevice, timeout: 120_000 },
    async () => {
      const run = (command: string) =>
        shell(`$PROCTOR run --summary json --summary-file - -- ${command} >/dev/full; echo "code $?"`);
      const well = await run("true");
      assert.equal(
        well.stderr,
        "proctor: summary: cannot write to standard output: no space left on the device\n",
      );
      assert.equal(codeOf(well), 125);
      assert.equal(codeOf(await run("sh -c 'exit 3'")), 3);
    },
  );

  test(
    "a disk that fills up in the middle leaves no silence",
    { skip: noFullDevice, timeout: 120_000 },
    async () => {
      await withDirectory(async (cwd) => {
        // A limit on the size of files (of 512 bytes) stands for the disk: what fits is written, and the rest told.
        const outcome = await shell(`ulimit -f 8; $PROCTOR schema >cut; code=$?; echo "code $code"`, { cwd });
        assert.match(outcome.stderr, /^proctor: standard output: cannot write: [^\n]+\n$/);
        assert.equal(codeOf(outcome), 125);
      });
    },
  );
});

describe("standard output that is closed", () => {
  test("is told", { timeout: 120_000 }, async () => {
    const outcome = await shell(`exec 3>&1; $PROCTOR schema >&-; echo "code $?" >&3`);
    assert.equal(outcome.stderr, "proctor: standard output: cannot write: it is not open for writing\n");
    assert.equal(codeOf(outcome), 125);
  });

  test("is nothing to a run that prints nothing there", { timeout: 120_000 }, async () => {
    const outcome = await shell(`exec 3>&1; $PROCTOR run --quiet -- true >&-; echo "code $?" >&3`);
    assert.equal(outcome.stderr, "");
    assert.equal(codeOf(outcome), 0);
  });

  test("/dev/null is not a closed one", { timeout: 120_000 }, async () => {
    for (const redirection of [">/dev/null", "1<>/dev/null"]) {
      const outcome = await shell(`exec 3>&1; $PROCTOR schema ${redirection}; echo "code $?" >&3`);
      assert.equal(outcome.stderr, "");
      assert.equal(codeOf(outcome), 0, redirection);
    }
  });
});

describe("a reader that has gone", () => {
  const ending = [
    ["host load --watch 20ms", ""],
    ["host load --json --watch 20ms", ""],
    ["watch --pid $$ --interval 100ms", "--quiet"],
    ["attach $$ --interval 20ms --no-adaptive --records -", "--summary none"],
  ] as const;
  for (const [words, more] of ending) {
    test(`ends ${words} quietly, with 141`, { timeout: 120_000 }, async () => {
      const outcome = await shell(
        `exec 3>&1; { $PROCTOR ${words} ${more}; echo "code $?" >&3; } | head -n 1 >/dev/null`,
      );
      assert.equal(outcome.stderr, "");
      assert.equal(codeOf(outcome), 141);
    });
  }

  test("ends a verb that prints once quietly, with 141", { timeout: 120_000 }, async () => {
    const outcome = await shell(`exec 3>&1; { sleep 1; $PROCTOR schema; echo "code $?" >&3; } | true`);
    assert.equal(outcome.stderr, "");
    assert.equal(codeOf(outcome), 141);
  });

  test("does not end watch where messages go elsewhere, too", { timeout: 120_000 }, async () => {
    await withDirectory(async (cwd) => {
      // It ends with the process that it watches, a while after the first values are in the file.
      const { stderr } = await shell(
        `(until [ -e m.prom ]; do sleep 0.05; done; sleep 1) & $PROCTOR watch --quiet --pid $! --interval 100ms --records - --prometheus-textfile m.prom | head -n 1 >/dev/null
        grep -c '^proctor_cpu_seconds_total' m.prom >&2`,
        { cwd },
      );
      assert.match(stderr, /1\n$/);
    });
  });

  test("does not end the command of run, which is told", { timeout: 120_000 }, async () => {
    await withDirectory(async (cwd) => {
      const { stderr } = await shell(
        `$PROCTOR run --summary none --interval 20ms --no-adaptive --records - -- sh -c 'sleep 0.5; touch done' | head -n 1`,
        { cwd },
      );
      assert.ok(existsSync(`${cwd}/done`));
      assert.match(stderr, /^proctor: records: [^\n]*closed the pipe[^\n]*\n$/);
    });
  });
});

test("what was asked for wins over --quiet", { timeout: 120_000 }, async () => {
  const { stderr } = await proctor(["run", "-q", "--summary", "json", "--", "true"]);
  assert.equal(JSON.parse(stderr).kind, "summary");
  assert.match(
    (await proctor(["run", "-q", "--summary", "text", "--", "true"])).stderr,
    /^proctor {2}true {2}exit code 0\n/,
  );
  assert.equal((await proctor(["run", "-q", "--", "true"])).stderr, "");
  const series = await proctor(["run", "-q", "--summary", "json", "--repeat", "2", "--", "true"]);
  assert.equal(JSON.parse(series.stderr).kind, "comparison");
});
