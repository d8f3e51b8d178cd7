import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { comparisonSchema } from "../../core/schema/comparison_schema.ts";
import type { Comparison } from "../../core/schema/comparison_schema.ts";
import { withDirectory } from "./support/directory.ts";
import { lastJson, proctor } from "./support/proctor.ts";

/** Reads and writes so many MiB. */
const copy = (
  mebibytes: number,
) => ["dd", "if=/dev/zero", "of=/dev/null", "bs=1M", `count=${mebibytes}`, "status=none"];

async function record(file: string, runs: number, command: readonly string[]): Promise<void> {
  const { code, stderr } = await proctor([
    ...["run", "--quiet", "--repeat", String(runs), "--records", file, "--", ...command],
  ]);
  assert.equal(code, 0, stderr);
}

/** Two files of five runs each, of which the second reads and writes four times as much. */
async function withRuns<T>(
  use: (before: string, after: string, directory: string) => Promise<T>,
): Promise<T> {
  return await withDirectory(async (directory) => {
    const [before, after] = [`${directory}/before.jsonl`, `${directory}/after.jsonl`];
    await record(before, 5, copy(10));
    await record(after, 5, copy(40));
    return await use(before, after, directory);
  });
}

const PYTHON = "/usr/bin/python3";
const STATISTICS = `
import json, statistics, sys
runs = [json.loads(line) for line in open(sys.argv[1]) if '"kind":"summary"' in line]
walls = [run["wall_seconds"] for run in runs]
print(json.dumps([statistics.mean(walls), statistics.stdev(walls), statistics.median(walls), min(walls), max(walls)]))
`;

describe("compare", () => {
  test("tells sets of repeated runs apart, in text, Markdown and JSON", { timeout: 120_000 }, async () => {
    await withRuns(async (before, after) => {
      const text = (await proctor(["compare", before, after])).stdout.toString();
      assert.match(text, /^before {2}5 runs of dd if=\/dev\/zero .*bs=1M count=10/m);
      assert.match(text, /^I\/O written +before +10 MiB\n +after +40 MiB\s+\+300% +more$/m);
      assert.match(text, /^"more" and "less" exceed the noise: Welch's t-test, corrected by Holm's method/m);
      const markdown = (await proctor(["compare", before, after, "--format", "markdown"])).stdout.toString();
      assert.match(markdown, /^\| I\/O written \| 10 MiB \| 40 MiB \| \*\*\+300% more\*\* \|$/m);
      const outcome = await proctor(["compare", before, after, "--format", "json"]);
      assert.equal(outcome.code, 0);
      const comparison = comparisonSchema.parse(lastJson(outcome));
      assert.deepEqual(comparison, lastJson<Comparison>(outcome), "keys that the schema does not know");
      const written = comparison.quantities.find(({ name }) => name === "io_write_bytes")!;
      assert.equal(written.differences[0].verdict, "more");
      assert.equal(written.measurements[1].mean, 40 * 2 ** 20);
      assert.equal(written.measurements[1].quality, "exact");
    });
  });

  const noPython = !existsSync(PYTHON) && "python3 is missing";
  test("agrees with Python's statistics", { skip: noPython, timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const file = `${directory}/runs.jsonl`;
      await record(file, 6, copy(5));
      const expected = JSON.parse(execFileSync(PYTHON, ["-c", STATISTICS, file], { encoding: "utf8" }));
      const comparison = lastJson<Comparison>(await proctor(["compare", file, "--format", "json"]));
      const { mean, deviation, median, min, max } = comparison.quantities[0].measurements[0];
      [mean, deviation, median, min, max].forEach((figure, index) =>
        assert.ok(Math.abs(figure! - expected[index]) < 1e-9, `${figure} is not ${expected[index]}`)
      );
    });
  });

  test("--fail-if decides the exit code", { timeout: 120_000 }, async () => {
    await withRuns(async (before, after) => {
      const judge = async (...conditions: string[]) => {
        const options = conditions.flatMap((condition) => ["--fail-if", condition]);
        const { code, stdout } = await proctor(["compare", before, after, ...options]);
        return { code, text: stdout.toString() };
      };
      const failed = await judge("io_write_bytes > +10%");
      assert.equal(failed.code, 1);
      assert.match(
        failed.text,
        /^failed {2}after: io_write_bytes > \+10%: 40 MiB against 11 MiB, which is 10 MiB\s+\+10%$/m,
      );
      const passed = await judge("io_write_bytes > +400%", "io_write_bytes > 1G");
      assert.equal(passed.code, 0);
      assert.match(passed.text, /^passed {2}after: io_write_bytes > 1G: 40 MiB against 1 GiB$/m);
      assert.equal((await judge("io_write_bytes > 1G", "io_write_bytes > +1% significantly")).code, 1);
      const undecided = await judge("network_rx_bytes > 1M");
      assert.equal(undecided.code, 2);
      assert.match(
        undecided.text,
        /^undecided {2}after: network_rx_bytes > 1M \(network_rx_bytes is unknown/m,
      );
      assert.equal((await judge("network_rx_bytes > 1M", "io_write_bytes > +1%")).code, 1);
    });
  });

  test("a wrong condition is refused with the place of the fault, before any file is read", async () => {
    const { code, stdout, stderr } = await proctor([
      "compare",
      "/no/such",
      "--fail-if",
      "peak_memory_bytes > +10",
    ]);
    assert.equal(code, 2);
    assert.equal(stdout.length, 0);
    assert.equal(
      stderr,
      `proctor: --fail-if: peak_memory_bytes > +10
                                         ^ "10" is not a size; write 512M or 1.5G, or from the first set +10%
`,
    );
    const alone = await proctor(["compare", "-", "--fail-if", "wall_seconds > +1s"], {
      input: await oneRun(),
    });
    assert.equal(alone.code, 2);
    assert.match(alone.stderr, /\n {35}\^ there is only one set of runs, and nothing to count from\n$/);
  });

  test("single runs are held against each other without a test", async () => {
    await withDirectory(async (directory) => {
      writeFileSync(`${directory}/a.jsonl`, await oneRun());
      const { code, stdout } = await proctor(["compare", `${directory}/a.jsonl`, "-"], {
        input: await oneRun(),
      });
      assert.equal(code, 0);
      assert.match(
        stdout.toString(),
        /^Too few runs to separate differences from noise: a single run; 3 are needed/m,
      );
    });
  });

  test("makes a page of what differs, and draws a run of each set", { timeout: 120_000 }, async () => {
    await withRuns(async (before, after, directory) => {
      const page = `${directory}/page.html`;
      const { code, stdout } = await proctor([
        "compare",
        before,
        after,
        "--report",
        page,
        "--fail-if",
        "wall_seconds > 1h",
      ]);
      assert.equal(code, 0);
      assert.match(stdout.toString(), /^passed {2}after: wall_seconds > 1h/m);
      const html = readFileSync(page, "utf8");
      assert.match(html, /<h2>What differs<\/h2>/);
      assert.match(html, /40 MiB.*\n?.*<span class="badge bad">\+300% more<\/span>/);
      assert.match(html, /<span class="badge good">passed<\/span> after: <code>wall_seconds &gt; 1h<\/code>/);
      const other = `${directory}/other.html`;
      const direct = await proctor(["compare", before, after, "-o", other, "--threshold", "400"]);
      assert.equal(direct.code, 0);
      assert.equal(direct.stdout.length, 0, "a comparison beside the page that was asked for");
      assert.match(direct.stderr, /^proctor: the page is .*\/other\.html \(\d+(\.\d+)? KiB\)\n$/);
      assert.doesNotMatch(readFileSync(other, "utf8"), /badge bad/);
      for (const [option, ...words] of [["--threshold", "few"], ["--format", "json", "-o", other]]) {
        const misused = await proctor(["compare", before, after, option, ...words]);
        assert.equal(misused.code, 2);
        assert.match(misused.stderr, new RegExp(`^proctor: .*${option}`));
      }
      const refused = await proctor(["compare", before, after, "--report", `${directory}/no/page.html`]);
      assert.match(refused.stderr, /^proctor: cannot write .*: no such directory\n$/);
      assert.notEqual(refused.code, 0);
    });
  });

  test("writes to a file, and prints its schema", async () => {
    await withDirectory(async (directory) => {
      const input = await oneRun();
      const file = `${directory}/out.md`;
      assert.equal((await proctor(["compare", "-", "--format", "markdown", "-o", file], { input })).code, 0);
      assert.match(readFileSync(file, "utf8"), /^\| wall \|/m);
      const refused = await proctor(["compare", "-", "-o", `${directory}/no/out`], { input });
      assert.equal(refused.code, 2);
      assert.match(
        refused.stderr,
        /^proctor: output: cannot write .*\/no\/out: no such file or directory\n$/,
      );
    });
    const schema = lastJsonDocument(await proctor(["compare", "--schema"]));
    assert.equal(schema.$id, "urn:proctor/comparison/1");
  });
});

describe("compare is given what it cannot use", () => {
  for (
    const [title, args, input, message] of [
      ["nothing", [], "", /compare: there are no runs; name records files/],
      ["a file that is not there", ["/no/such.jsonl"], "", /cannot read \/no\/such\.jsonl: no such file/],
      ["an empty stream", ["-"], "", /standard input .*(empty|no records)/],
      ["no records", ["-"], "hello\n", /standard input:1: no JSON/],
      [
        "another schema",
        ["-"],
        '{"kind":"start","schema":"proctor/9"}\n',
        /:1: records of schema "proctor\/9"/,
      ],
      ["standard input twice", ["-", "-"], "", /standard input can be read once only/],
      [
        "a part of a metric",
        ["-", "--metrics", "wal"],
        "",
        /"wal" is not a total of a run; did you mean "wall"\?/,
      ],
      ["an unknown metric", ["-", "--metrics", "zebra"], "", /--metrics: "zebra" is not a total of a run/],
      [
        "a page on standard output",
        ["-", "--report", "-"],
        "",
        /--report: standard output belongs to the comparison/,
      ],
      ["an unknown option", ["--fail", "x"], "", /unknown option '--fail'/],
    ] as const
  ) {
    test(title, async () => {
      const { code, stdout, stderr } = await proctor(["compare", ...args], { input });
      assert.equal(code, 2);
      assert.equal(stdout.length, 0);
      assert.match(stderr, /^proctor: [^\n]+\n$/);
      assert.match(stderr, message);
    });
  }

  test("a run that was cut off is left out, and this is said", async () => {
    const whole = await oneRun();
    const lines = whole.trimEnd().split("\n");
    const cut = `${lines.slice(0, -1).join("\n")}\n{"kind":"summ`;
    const { code, stdout } = await proctor(["compare", "-"], { input: whole + cut });
    assert.equal(code, 0);
    assert.match(
      stdout.toString(),
      /standard input:\d+: a run that has no summary \(cut off, or still going on\) is left\s+out/,
    );
    const alone = await proctor(["compare", "-"], { input: cut });
    assert.equal(alone.code, 2);
    assert.match(alone.stderr, /none of its runs has ended/);
  });
});

async function oneRun(): Promise<string> {
  return (await proctor(["run", "--quiet", "--records", "-", "--", "true"])).stdout.toString();
}

function lastJsonDocument({ stdout }: { stdout: Buffer }): { $id: string } {
  return JSON.parse(stdout.toString());
}
