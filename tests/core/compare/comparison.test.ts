import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compareSets } from "../../../core/compare/comparison.ts";
import { QUANTITY_NAMES } from "../../../core/compare/quantity.ts";
import { comparisonSchema } from "../../../core/schema/comparison_schema.ts";
import { summaryRecordSchema } from "../../../core/schema/record.ts";
import { comparisonMarkdown } from "../../../render/text/comparison_markdown.ts";
import { comparisonText } from "../../../render/text/comparison_text.ts";
import { endedRun, runSet } from "./support/runs.ts";

const walls = (...seconds: number[]) => seconds.map((wall_seconds) => ({ wall_seconds }));

describe("sets of runs side by side", () => {
  test("have mean, deviation, range, and a verdict on the difference", () => {
    const sets = [runSet("a", walls(1, 1.1, 0.9, 1)), runSet("b", walls(2, 2.1, 1.9, 2))];
    const comparison = comparisonSchema.parse(compareSets(sets, ["wall_seconds"]));
    const [{ measurements, differences }] = comparison.quantities;
    assert.equal(measurements[0].mean, 1);
    assert.equal(measurements[0].deviation?.toFixed(4), "0.0816");
    assert.deepEqual([measurements[1].min, measurements[1].max, measurements[1].median], [1.9, 2.1, 2]);
    assert.equal(differences[0].verdict, "more");
    assert.equal(differences[0].difference_percent, 100);
    assert.ok(differences[0].low! < 1 && differences[0].high! > 1);
    assert.equal(
      compareSets([sets[1], sets[0]], ["wall_seconds"]).quantities[0].differences[0].verdict,
      "less",
    );
  });

  test("noise is called noise", () => {
    const sets = [runSet("a", walls(1, 2, 3)), runSet("b", walls(1.5, 2.5, 3.1))];
    const [{ differences }] = compareSets(sets, ["wall_seconds"]).quantities;
    assert.equal(differences[0].verdict, "within_noise");
  });

  test("with fewer than three runs nothing is tested, and it is said", () => {
    const comparison = compareSets([runSet("a", walls(1, 1)), runSet("b", walls(2, 2, 2))], ["wall_seconds"]);
    const [{ differences }] = comparison.quantities;
    assert.equal(differences[0].verdict, "too_few_runs");
    assert.equal(differences[0].difference, 1);
    assert.equal(comparison.test_count, 0);
    assert.match(
      comparisonText(comparison, false),
      /^Too few runs to separate differences from noise: 2 runs; 3 are needed/m,
    );
  });

  test("a single run on either side is shown, and not judged", () => {
    const of = (first: number, second: number) =>
      compareSets([runSet("a", walls(first)), runSet("b", walls(second))], ["wall_seconds"])
        .quantities[0].differences[0];
    const { verdict, reason, difference, probability } = of(1, 2);
    assert.deepEqual([verdict, difference, probability], ["too_few_runs", 1, null]);
    assert.equal(reason, "a single run; 3 are needed to know the noise");
    assert.equal(of(1, 1).difference, 0);
  });

  test("without deviation any difference counts, but for what is below the resolution", () => {
    const of = (...sets: number[][]) =>
      compareSets(sets.map((seconds) => runSet("a", walls(...seconds))), ["wall_seconds"]);
    const same = of([0.1, 0.1, 0.1], new Array(10).fill(0.1));
    const { verdict, difference, low, high, probability } = same.quantities[0].differences[0];
    assert.deepEqual([verdict, difference, low, high, probability], ["within_noise", 0, 0, 0, 1]);
    assert.deepEqual(same.quantities[0].measurements.map(({ mean, deviation }) => [mean, deviation]), [
      [0.1, 0],
      [0.1, 0],
    ]);
    assert.match(comparisonText(same, false), /the same$/m);
    const verdictOf = (...sets: number[][]) => of(...sets).quantities[0].differences[0].verdict;
    assert.equal(verdictOf([1, 1, 1], [1.000_000_4, 1.000_000_4, 1.000_000_4]), "within_noise");
    assert.equal(verdictOf([1, 1, 1], [1.000_002, 1.000_002, 1.000_002]), "more");
    // The other side's deviation is noise enough to know.
    assert.equal(verdictOf([1, 1, 1], [1, 1.1, 0.9]), "within_noise");
    assert.equal(verdictOf([1, 1, 1], [2, 2.1, 1.9]), "more");
    const memory = [4_096_000, 4_096_000 + 4_000].map((bytes) =>
      runSet("m", new Array(3).fill({ peak_memory_bytes: bytes }))
    );
    assert.equal(
      compareSets(memory, ["peak_memory_bytes"]).quantities[0].differences[0].verdict,
      "within_noise",
    );
  });

  test("more tests make each stricter", () => {
    const total = (wall_seconds: number, cpu_seconds: number) => ({ wall_seconds, cpu_seconds });
    // p is 0.04 for the wall time alone.
    const a = runSet("a", [total(1, 5), total(1.1, 6), total(1.2, 7)]);
    const b = runSet("b", [total(1.2, 6.1), total(1.35, 5.1), total(1.45, 7.2)]);
    const verdict = (names: ("wall_seconds" | "cpu_seconds")[]) =>
      compareSets([a, b], names).quantities[0].differences[0];
    const [alone, among] = [verdict(["wall_seconds"]), verdict(["wall_seconds", "cpu_seconds"])];
    assert.ok(alone.probability! < 0.1);
    assert.equal(alone.adjusted_probability, alone.probability);
    assert.equal(among.adjusted_probability, 2 * among.probability!);
  });

  test("each is held against the first", () => {
    const sets = [runSet("a", walls(1, 1, 1)), runSet("b", walls(1, 1, 1)), runSet("c", walls(3, 3, 3))];
    const [{ differences }] = compareSets(sets, ["wall_seconds"]).quantities;
    assert.deepEqual(differences.map(({ set, verdict }) => [set, verdict]), [[1, "within_noise"], [
      2,
      "more",
    ]]);
  });
});

describe("what is not counted alike", () => {
  const cpu = [{ cpu_seconds: 1 }, { cpu_seconds: 1.1 }, { cpu_seconds: 0.9 }];
  const memory = [{ peak_memory_bytes: 100 }, { peak_memory_bytes: 110 }, { peak_memory_bytes: 90 }];
  const verdictOf = (sets: Parameters<typeof compareSets>[0], name: "cpu_seconds" | "peak_memory_bytes") =>
    compareSets(sets, [name]).quantities[0].differences[0];

  test("a lower bound is not compared as if it were exact", () => {
    const { verdict, reason, difference } = verdictOf(
      [runSet("a", cpu), runSet("b", cpu, { cpu: "lower_bound" })],
      "cpu_seconds",
    );
    assert.deepEqual([verdict, reason, difference], [
      "not_comparable",
      "only known to be at least so much",
      null,
    ]);
    const text = comparisonText(
      compareSets([runSet("a", cpu), runSet("b", cpu, { cpu: "lower_bound" })], ["cpu_seconds"]),
      false,
    );
    assert.match(text, /≥ 1\.00s ± .*\s+not compared: only known to be at least so much/);
  });

  test("one bad run spoils its set", () => {
    const runs = [...cpu.slice(1).map((total) => endedRun(total)), endedRun(cpu[0], { cpu: "lower_bound" })];
    const { verdict } = verdictOf([runSet("a", cpu), { label: "b", file: null, runs }], "cpu_seconds");
    assert.equal(verdict, "not_comparable");
  });

  test("a peak kept by the kernel and a sampled one are two things; sampled and sampled are one", () => {
    const kept = { peak_memory: { source: "cgroup", quality: "exact" } } as const;
    assert.equal(
      verdictOf([runSet("a", memory), runSet("b", memory, kept)], "peak_memory_bytes").reason,
      "sampled by samples in the first set, exact by cgroup in this one",
    );
    assert.equal(
      verdictOf([runSet("a", memory), runSet("b", memory)], "peak_memory_bytes").verdict,
      "within_noise",
    );
  });

  test("exact is exact, whoever counted", () => {
    const ledger = { cpu: { source: "ledger", quality: "exact" } } as const;
    assert.equal(
      verdictOf([runSet("a", cpu), runSet("b", cpu, ledger)], "cpu_seconds").verdict,
      "within_noise",
    );
  });

  test("what one side does not know is not compared, what none knows is not shown", () => {
    const unknown = cpu.map(() => ({ cpu_seconds: null }));
    assert.equal(
      verdictOf([runSet("a", cpu), runSet("b", unknown)], "cpu_seconds").verdict,
      "not_comparable",
    );
    assert.deepEqual(
      compareSets([runSet("a", unknown), runSet("b", unknown)], ["cpu_seconds"]).quantities,
      [],
    );
  });
});

test("failed runs, other commands and other places are told", () => {
  const elsewhere = endedRun({ wall_seconds: 1 }).start.environment;
  const sets = [
    runSet("a", walls(1, 1, 1)),
    {
      label: "b",
      file: null,
      runs: [
        endedRun({ wall_seconds: 1, exit_code: 2 }, {}, { environment: { ...elsewhere, kernel: "5.10" } }),
        endedRun({ wall_seconds: 1, outcome: "signaled", signal: "SIGSEGV", exit_code: null }),
        endedRun({ wall_seconds: 1 }, {}, { command: ["ninja"] }),
      ],
    },
  ];
  const comparison = compareSets(sets, ["wall_seconds"]);
  assert.equal(comparison.sets[1].failed_run_count, 2);
  assert.deepEqual(comparison.notes, [
    "b: 2 of 3 runs did not end well (exit code 2, SIGSEGV)",
    "b: the runs are of 2 different commands",
    "the runs were made in different places: they differ in kernel",
  ]);
});

test("every quantity is a number of the summary", () => {
  const keys = Object.keys(summaryRecordSchema.shape);
  for (const name of QUANTITY_NAMES) assert.ok(keys.includes(name), name);
});

describe("as text and as Markdown", () => {
  const sets = [runSet("be|fore", walls(1, 1.1, 0.9)), runSet("after\x1b[2J", walls(2, 2.1, 1.9))];
  const comparison = compareSets(sets, ["wall_seconds"]);

  test("the text is a table, without a foreign escape", () => {
    assert.equal(
      comparisonText(comparison, false),
      `be|fore       3 runs of make
after\\x1b[2J  3 runs of make

QUANTITY  RUNS          MEAN ± DEVIATION  RANGE
                        AGAINST be|fore
wall      be|fore       1.00s ± 100ms     900ms … 1.10s
          after\\x1b[2J  2.00s ± 100ms     1.90s … 2.10s
                        +100%  (+77.3% … +123%)  more

"more" and "less" exceed the noise: Welch's t-test says p < 0.05.
In parentheses: the 95% confidence interval of the difference.
`,
    );
    // deno-lint-ignore no-control-regex
    assert.match(comparisonText(comparison, true), /\x1b\[1;31m\+100%/);
  });

  test("what comes from nothing is told in its unit", () => {
    const written = (bytes: number) => [0, 0, 0].map(() => ({ disk_write_bytes: bytes }));
    const sets = [runSet("a", written(0)), runSet("b", written(3 * 2 ** 20))];
    const text = comparisonText(compareSets(sets, ["disk_write_bytes"]), false);
    assert.match(text, /^ +b +3 MiB +\+3 MiB {2}more$/m);
  });

  test("Markdown escapes what would break its table", () => {
    assert.equal(
      comparisonMarkdown(comparison),
      `|  | be\\|fore (3 runs) | after\\\\x1b\\[2J (3 runs) | difference |
| --- | ---: | ---: | ---: |
| wall | 1.00s ± 100ms<br>900ms … 1.10s | 2.00s ± 100ms<br>1.90s … 2.10s | **+100% more** |

Mean ± standard deviation, range; bold where Welch's t-test says p < 0.05 and the difference is 1% or more.
`,
    );
  });
});
