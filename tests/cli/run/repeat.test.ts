import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { Comparison } from "../../../core/schema/comparison_schema.ts";
import { comparisonSchema } from "../../../core/schema/comparison_schema.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, lastJson, proctor, start } from "../support/proctor.ts";
import { checkStream } from "../support/records.ts";
import type { Stream } from "../support/records.ts";
import { noTerminals, onTerminal } from "../support/terminal.ts";
import { until } from "../support/traces.ts";

/** The runs of a records file, each held against what the format promises. */
function streams(text: string): Stream[] {
  const runs: unknown[][] = [];
  for (const line of text.trimEnd().split("\n").filter((line) => line !== "")) {
    const record = JSON.parse(line);
    if (record.kind === "start") runs.push([]);
    runs.at(-1)!.push(record);
  }
  return runs.map(checkStream);
}

describe("run --repeat", () => {
  test("writes every run whole, leaves the warm-ups out, and sums up", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const script = `echo x >> '${directory}/count'; read line && echo "read $line"; echo out`;
      const { code, stdout, stderr } = await proctor(
        [
          "run",
          "--repeat",
          "3",
          "--warmup",
          "2",
          "--records",
          `${directory}/r.jsonl`,
          "--",
          "sh",
          "-c",
          script,
        ],
        { input: "ours\n" },
      );
      assert.equal(code, 0, stderr);
      assert.equal(readFileSync(`${directory}/count`, "utf8"), "x\n".repeat(5));
      assert.equal(stdout.toString(), "", "what it prints is discarded, its standard input is empty");
      const runs = streams(readFileSync(`${directory}/r.jsonl`, "utf8"));
      assert.equal(runs.length, 3);
      for (const { summary } of runs) assert.equal(summary.outcome, "exited");
      assert.match(stderr, /^proctor: warm-up 1 of 2: /m);
      assert.match(stderr, /^proctor: run 3 of 3: /m);
      assert.match(stderr, /^proctor {2}3 runs of sh -c /m);
      assert.match(stderr, /^wall +\S+ ± \S+ +\S+ … \S+$/m);
      const own = runs.map(({ summary }) => summary.monitor.cpu_seconds);
      assert.ok(own[2] < own[0] + own[1] + 0.05, `proctor's own cost adds up over the runs: ${own}`);
    });
  });

  test("gives the summary as JSON, with the figures of the records", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const records = `${directory}/r.jsonl`;
      const outcome = await proctor([
        ...["run", "--repeat", "4", "--name", "copy", "--summary", "json", "--summary-file", "-", "--quiet"],
        ...[
          "--records",
          records,
          "--",
          "dd",
          "if=/dev/zero",
          "of=/dev/null",
          "bs=1M",
          "count=5",
          "status=none",
        ],
      ]);
      const comparison = comparisonSchema.parse(lastJson<Comparison>(outcome));
      assert.equal(outcome.stderr, "");
      assert.deepEqual([comparison.sets[0].label, comparison.sets[0].run_count], ["copy", 4]);
      const walls = streams(readFileSync(records, "utf8")).map(({ summary }) => summary.wall_seconds);
      const wall = comparison.quantities.find(({ name }) => name === "wall_seconds")!.measurements[0];
      assert.equal(wall.min, Math.min(...walls));
      assert.ok(Math.abs(wall.mean! - walls.reduce((sum, value) => sum + value) / 4) < 1e-9);
      const written = comparison.quantities.find(({ name }) => name === "io_write_bytes")!.measurements[0];
      assert.deepEqual([written.mean, written.deviation], [5 * 2 ** 20, 0]);
    });
  });

  test(
    "stops at the first failure with its exit code, unless it is to be ignored",
    { timeout: 120_000 },
    async () => {
      await withDirectory(async (directory) => {
        const script = `echo x >> '${directory}/count'; [ $(wc -l < '${directory}/count') -ne 2 ] || exit 7`;
        const args = ["--repeat", "4", "--records", `${directory}/r.jsonl`];
        const stopped = await proctor(["run", ...args, "--", "sh", "-c", script]);
        assert.equal(stopped.code, 7);
        assert.match(
          stopped.stderr,
          /^proctor: run 2 of 4 ended with exit code 7; the series stops \(--ignore-failure goes on\)$/m,
        );
        assert.match(stopped.stderr, /^proctor {2}2 runs of sh/m);
        assert.equal(streams(readFileSync(`${directory}/r.jsonl`, "utf8")).length, 2);
        const other = script.replaceAll("count", "other");
        const whole = await proctor(["run", ...args, "--ignore-failure", "--", "sh", "-c", other]);
        assert.equal(whole.code, 7);
        assert.match(whole.stderr, /^1 of 4 runs did not end well \(exit code 7\)$/m);
        assert.equal(streams(readFileSync(`${directory}/r.jsonl`, "utf8")).length, 4);
      });
    },
  );

  test("makes a page of all runs", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const page = `${directory}/page.html`;
      const { code } = await proctor(["run", "--repeat", "3", "--quiet", "--report", page, "--", "true"]);
      assert.equal(code, 0);
      assert.match(readFileSync(page, "utf8"), /<h1>3 runs<\/h1>/);
      const many = await proctor(["run", "--repeat", "25", "--report", page, "--", "true"]);
      assert.equal(many.code, 125);
      assert.match(
        many.stderr,
        /^proctor: --report: 25 runs are too many for one picture; 24 is the most\n$/,
      );
    });
  });

  test("a command that cannot be started is told once", async () => {
    const { code, stderr } = await proctor(["run", "--repeat", "3", "--", "/no/such/command"]);
    assert.equal(code, 127);
    assert.match(stderr, /^proctor: [^\n]+\n$/);
  });

  test("a signal ends the series, and keeps what was measured", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const script =
        `echo x >> '${directory}/count'; [ $(wc -l < '${directory}/count') -lt 3 ] || exec sleep 60`;
      const records = `${directory}/r.jsonl`;
      const running = start(["run", "--repeat", "9", "--records", records, "--", "sh", "-c", script]);
      const count = `${directory}/count`;
      await until(
        () => existsSync(count) && readFileSync(count, "utf8") === "x\n".repeat(3),
        "the third run",
      );
      running.kill("SIGTERM");
      const { code, stderr } = await running.ended;
      assert.equal(code, 143);
      assert.match(stderr, /^proctor: SIGTERM: the series stops after 2 of 9 runs$/m);
      assert.match(stderr, /^proctor {2}2 runs of sh/m);
      const runs = streams(readFileSync(records, "utf8"));
      assert.deepEqual(runs.map(({ summary }) => summary.outcome), ["exited", "exited", "interrupted"]);
      const { stdout } = await proctor(["compare", records]);
      assert.match(stdout.toString(), /^r {2}2 runs of sh/m);
      assert.match(stdout.toString(), /a run that was interrupted is left out/);
    });
  });

  test("options that make no sense are refused", async () => {
    for (
      const [args, message] of [
        [["--repeat", "0"], /--repeat: "0": write a whole number above 0/],
        [["--warmup", "2"], /--warmup: it goes with --repeat/],
        [
          ["--repeat", "2", "--prometheus-textfile", "/tmp/x.prom"],
          /--repeat: what exporters send is of one run/,
        ],
        [["--ignore-failure"], /--ignore-failure: it goes with --repeat/],
        [["--repeat", "2", "--records", "/dev/null", "--format", "csv"], /--format: rows of CSV do not say/],
      ] as const
    ) {
      const { code, stderr } = await proctor(["run", ...args, "--", "true"]);
      assert.equal(code, 125);
      assert.match(stderr, /^proctor: [^\n]+\n$/);
      assert.match(stderr, message);
    }
  });
});

describe("run --repeat on a terminal", () => {
  const series = ["run", "--repeat", "3"];

  test(
    "shows a bar, and hides what the command prints",
    { skip: noTerminals, timeout: 120_000 },
    async () => {
      const { transcript, exit_code } = await onTerminal(
        [BINARY, ...series, "--", "sh", "-c", "echo hidden; echo shown >&2"],
        [["expect", "run 1 of 3"], ["expect", "run 3 of 3"], ["expect", "left"], ["expect", "3 runs of sh"]],
      );
      assert.equal(exit_code, 0);
      assert.match(transcript, /[█▏▎▍▌▋▊▉░]{24} run 2 of 3, \S+ each, \S+ left/);
      assert.doesNotMatch(transcript.replaceAll("echo hidden", ""), /hidden/);
      assert.match(transcript, /shown/);
    },
  );

  test("--show-output lets both through", { skip: noTerminals, timeout: 120_000 }, async () => {
    const { transcript } = await onTerminal(
      [BINARY, ...series, "--show-output", "--", "sh", "-c", "echo seen-$((1+1))"],
      [["expect", "seen-2"], ["expect", "run 1 of 3: "], ["expect", "3 runs of sh"]],
    );
    assert.doesNotMatch(transcript, /░/);
  });

  test("Ctrl-C ends the series", { skip: noTerminals, timeout: 120_000 }, async () => {
    const { transcript, exit_code } = await onTerminal(
      [BINARY, ...series, "--", "sh", "-c", "echo ready >&2; exec sleep 60"],
      [["expect", "ready"], ["type", "\x03"], ["expect", "SIGINT: the series stops after 0 of 3 runs"]],
    );
    assert.equal(exit_code, 130, transcript);
  });
});

test("--repeat runs alike, wherever standard output goes", { timeout: 120_000 }, async () => {
  await withDirectory(async (directory) => {
    const command = ["--", "sh", "-c", "echo heard; echo told >&2; true"];
    const piped = await proctor(["run", "--repeat", "2", ...command], { cwd: directory });
    assert.equal(piped.stdout.toString(), "");
    assert.equal(piped.stderr.match(/^told$/gm)?.length, 2, "standard error is kept");
    const shown = await proctor(["run", "--repeat", "2", "--show-output", ...command], { cwd: directory });
    assert.equal(shown.stdout.toString(), "heard\nheard\n");
    const both = await proctor(["run", "--repeat", "2", "--records", "-", ...command], { cwd: directory });
    assert.equal(streams(both.stdout.toString()).length, 2);
    assert.doesNotMatch(both.stderr, /^heard$/m);
  });
});
