/* A series of runs in the library; what `run --repeat` makes of the same engine is in tests/cli/run. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { compareSets, ProctorError, recordSchema, repeat } from "../../../mod.ts";
import type { ProctorRecord, SeriesRun } from "../../../mod.ts";
import { withDirectory } from "../../cli/support/directory.ts";
import { fixture } from "../../support/fixture.ts";

const TIMEOUT = { timeout: 120_000 };
/** Appends a line to a file. */
const note = (file: string, line: string) => ["sh", "-c", 'echo "$1" >> "$2"', "sh", line, file];
const linesOf = (file: string) => existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];

describe("repeat()", () => {
  test("gives the runs of each command, which can be compared", TIMEOUT, async () => {
    const told: SeriesRun[] = [];
    const records: ProctorRecord[] = [];
    const { sets, stopped } = await repeat(
      [{ label: "busy", command: [fixture("burn_cpu"), "0.1"] }, ["true"], ["true"]],
      { count: 3, warmup: 1, onRun: (run) => told.push(run), onRecord: (record) => records.push(record) },
    );
    assert.equal(stopped, null);
    assert.deepEqual(sets.map(({ label, runs }) => [label, runs.length]), [["busy", 3], ["true", 3], [
      "true (2)",
      3,
    ]]);
    for (const { label, runs } of sets) {
      for (const { start, summary } of runs) assert.deepEqual([start.name, summary.name], [label, label]);
    }
    const { quantities } = compareSets(sets, ["cpu_seconds"]);
    const [busy, idle] = quantities[0].measurements;
    assert.ok(busy.mean! >= 0.09 && idle.mean! < 0.09, JSON.stringify([busy.mean, idle.mean]));

    // Rounds: the warm-ups of all, then one run of each.
    assert.deepEqual(told.map(({ index }) => index), [-1, -1, -1, 0, 0, 0, 1, 1, 1, 2, 2, 2]);
    for (let round = 0; round < told.length; round += 3) {
      const commands = told.slice(round, round + 3).map(({ command }) => command);
      assert.deepEqual(commands.toSorted(), [0, 1, 2]);
    }
    assert.ok(
      told.every(({ summary, label, command }) =>
        summary.name === label && (command === 0) === (label === "busy")
      ),
    );
    // Records of the warm-ups are not among them.
    assert.equal(records.filter(({ kind }) => kind === "summary").length, 9);
    for (const record of records) recordSchema.parse(record);
  });

  test(
    "prepares before each run, sets up and cleans up once a command, one after the other",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const file = join(directory, "notes");
        const whole = (name: string) => ({
          command: note(file, `run ${name}`),
          setup: note(file, `setup ${name}`),
          prepare: note(file, `prepare ${name}`),
          cleanup: note(file, `cleanup ${name}`),
        });
        const { stopped } = await repeat([whole("a"), whole("b")], { count: 2 });
        assert.equal(stopped, null);
        assert.deepEqual(
          linesOf(file),
          ["a", "b"].flatMap((name) =>
            ["setup", "prepare", "run", "prepare", "run", "cleanup"].map((what) => `${what} ${name}`)
          ),
        );
      }),
  );

  test("has an empty input and discards the output; stdio gives others", TIMEOUT, async () => {
    const { sets } = await repeat([["sh", "-c", 'test -z "$(cat)"']], { count: 1 });
    assert.equal(sets[0].runs[0].summary.exit_code, 0);
    const own = ["sh", "-c", "exec 3>&1; test /dev/null -ef /proc/self/fd/3"];
    assert.equal((await repeat([own], { count: 1 })).stopped, null);
    assert.match(
      (await repeat([own], { count: 1, stdio: [0, 2, 2] })).stopped ?? "",
      /ended with exit code 1$/,
    );
  });

  test("goes on until the runs took so long together", TIMEOUT, async () => {
    const { sets: [{ runs }] } = await repeat([["sleep", "0.05"]], { count: 2, minTimeMs: 300 });
    const total = (count: number) =>
      runs.slice(0, count).reduce((sum, run) => sum + run.summary.wall_seconds, 0);
    assert.ok(
      runs.length > 2 && total(runs.length) >= 0.3 && total(runs.length - 1) < 0.3,
      `${runs.length} runs`,
    );
  });

  test(
    "ends with a run that fails, and keeps what there is; ignoreFailure goes on",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const file = join(directory, "notes");
        // Fails from its second run on.
        const command = ["sh", "-c", 'echo x >> "$1"; test "$(wc -l < "$1")" -lt 2 || exit 7', "sh", file];
        const options = { label: "twice", command, cleanup: note(file, "clean") };
        const { sets, stopped } = await repeat([options], { count: 5 });
        assert.equal(stopped, "run 2 of twice ended with exit code 7");
        assert.deepEqual(sets[0].runs.map(({ summary }) => summary.exit_code), [0, 7]);
        assert.deepEqual(linesOf(file), ["x", "x", "clean"]);
        const all = await repeat([options], { count: 3, ignoreFailure: true });
        assert.deepEqual([all.stopped, all.sets[0].runs.length], [null, 3]);
      }),
  );

  test("ends with what cannot be started, and with a helper that fails", TIMEOUT, async () => {
    const none = await repeat([["true"], ["no-such-command-here"]], { count: 2, order: "in-turn" });
    assert.match(none.stopped ?? "", /^no-such-command-here: /);
    assert.deepEqual(none.sets.map(({ label }) => label), ["true"]);
    const helped = await repeat([{ command: ["true"], setup: ["false"], cleanup: ["sh", "-c", "exit 3"] }]);
    assert.deepEqual(helped, {
      sets: [],
      stopped: "setup false ended with exit code 1; cleanup sh -c exit 3 ended with exit code 3",
    });
  });

  test(
    "runs no helper after one that failed, but for what cleans up",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const file = join(directory, "notes");
        const second = { command: ["true"], setup: note(file, "setup"), prepare: note(file, "prepare") };
        const cleanup = note(file, "cleanup");
        await repeat([
          { command: ["true"], setup: ["false"], prepare: note(file, "first prepare"), cleanup },
          second,
        ], {
          order: "in-turn",
        });
        assert.deepEqual(linesOf(file), ["cleanup"]);
        await repeat([{ command: ["true"], cleanup: ["false"] }, second], { count: 1, order: "in-turn" });
        assert.deepEqual(linesOf(file), ["cleanup"]);
      }),
  );

  for (const way of ["abort", "an onRun that throws", "an onRecord that throws"]) {
    test(`ends by ${way}, and cleans up`, TIMEOUT, () =>
      withDirectory(async (directory) => {
        const file = join(directory, "notes");
        const abort = new AbortController();
        const series = repeat([{ command: note(file, "run"), cleanup: note(file, "clean") }], {
          count: 5,
          abort: abort.signal,
          onRun: ({ index }) => {
            if (index < 1) return;
            if (way === "abort") abort.abort();
            else throw new Error("of the callback");
          },
          onRecord: ({ kind }) => {
            if (way.includes("onRecord") && kind === "summary" && linesOf(file).length === 2) {
              throw new Error("of the callback");
            }
          },
        });
        if (way === "abort") {
          const { sets, stopped } = await series;
          assert.deepEqual([sets[0].runs.length, stopped], [2, "the series was interrupted"]);
        } else await assert.rejects(series, /^Error: of the callback$/);
        assert.deepEqual(linesOf(file), ["run", "run", "clean"]);
      }));
  }

  test(
    "refuses what no series can be made of, before anything runs",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const file = join(directory, "notes");
        const good = { command: note(file, "run"), setup: note(file, "setup") };
        const cases: [unknown, unknown, RegExp][] = [
          ["make", {}, /^commands: "make" is not right; it is a list of commands, such as \[\["make"/],
          [["make"], {}, /^commands: \["make"\] is not right/],
          [[], {}, /^commands: \[\] is not right/],
          [[good, null], {}, /^commands: /],
          [[good, []], {}, /^command: there is none$/],
          [[good, { label: "x" }], {}, /^command: .* is not right|^commands\[1\]/],
          [[{ ...good, prepare: "make" }], {}, /^prepare: "make" is not right; it is a list of words/],
          [[{ ...good, cleanup: [] }], {}, /^cleanup: \[\] is not right/],
          [[{ ...good, label: 3 }], {}, /^label: 3 is not right/],
          [[good], { count: 0 }, /^count: 0 is not right/],
          [[good], { count: 1.5 }, /^count: 1.5 is not right/],
          [[good], { warmup: -1 }, /^warmup: -1 is not right/],
          [[good], { minTimeMs: 0 }, /^minTimeMs: 0 is out of range/],
          [[good], { order: "random" }, /^order: "random" is not right; it is .*interleaved.*in-turn/],
          [[good], { onRun: 1 }, /^onRun: 1 is not right/],
          [[good], { stdio: [0] }, /^stdio: /],
          [[good], null, /^options: null is not right/],
        ];
        for (const [commands, options, said] of cases) {
          const error = await repeat(commands as never, options as never).then(() => null, (error) => error);
          assert.ok(error instanceof ProctorError && error.kind === "usage", `${said}: ${error}`);
          assert.match(error.message, said);
        }
        assert.ok(!existsSync(file));
      }),
  );
});
