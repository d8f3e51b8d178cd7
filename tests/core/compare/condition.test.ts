import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { compareSets } from "../../../core/compare/comparison.ts";
import { ConditionError, parseCondition } from "../../../core/compare/condition.ts";
import { judge } from "../../../core/compare/judge.ts";
import { QUANTITY_NAMES } from "../../../core/compare/quantity.ts";
import { runSet } from "./support/runs.ts";

describe("a condition is understood", () => {
  for (
    const [text, expected] of [
      ["peak_memory_bytes > +10%", ["mean", "peak_memory_bytes", ">", 10, "first_in_percent", false]],
      ["wall_seconds>=1.5s", ["mean", "wall_seconds", ">=", 1.5, "zero", false]],
      [" max( cpu_seconds ) < 2m ", ["max", "cpu_seconds", "<", 120, "zero", false]],
      ["peak_memory_bytes > 1.5G", ["mean", "peak_memory_bytes", ">", 1.5 * 2 ** 30, "zero", false]],
      ["disk_write_bytes > +20M", ["mean", "disk_write_bytes", ">", 20 * 2 ** 20, "first", false]],
      ["median(wall_seconds) <= -250ms", ["median", "wall_seconds", "<=", -0.25, "first", false]],
      ["total_process_count != 3", ["mean", "total_process_count", "!=", 3, "zero", false]],
      ["oom == 1", null],
      ["disk_read_bytes > 0", ["mean", "disk_read_bytes", ">", 0, "zero", false]],
      ["cpu_seconds < - 5 % significantly", ["mean", "cpu_seconds", "<", -5, "first_in_percent", true]],
    ] as const
  ) {
    test(text, () => {
      if (expected === null) return assert.throws(() => parseCondition(text), ConditionError);
      const { statistic, quantity, operator, value, relativeTo, significantly } = parseCondition(text);
      assert.deepEqual([statistic, quantity, operator, value, relativeTo, significantly], expected);
    });
  }
});

describe("a fault is told with its place", () => {
  for (
    const [text, column, fault] of [
      ["peak_memry_bytes > +10%", 0, /no quantity "peak_memry_bytes"; did you mean peak_memory_bytes\?/],
      ["zzz > 1", 0, /no quantity "zzz"/],
      ["", 0, /a quantity is missing/],
      ["wall_seconds", 12, /a comparison is missing/],
      ["wall_seconds => 5s", 13, /"=>" is not a comparison/],
      ["wall_seconds >", 14, /a number is missing; write 250ms/],
      ["wall_seconds > 5d", 15, /"5d" is not a duration/],
      ["wall_seconds > +5M", 16, /"5M" is not a duration/],
      ["wall_seconds > 10%", 15, /write \+10% or -10%/],
      ["peak_memory_bytes > 5s", 20, /"5s" is not a size/],
      ["peak_memory_bytes > +", 21, /a number is missing/],
      ["total_process_count > many", 22, /"many" is not a number/],
      ["max(wall_seconds > 3s", 17, /the parenthesis is not closed/],
      ["max wall_seconds > 3s", 4, /write max\(QUANTITY\)/],
      ["max(wal) > 3s", 4, /no quantity "wal"; did you mean wall\?/],
      ["disk > 3M", 0, /"disk" is disk_read_bytes and disk_write_bytes and .*; write one of them/],
      ["cpu_seconds > 1s often", 17, /"often" is one word too many/],
      ["cpu_seconds > +1s significantly so", 32, /nothing may follow/],
      ["cpu_seconds > 1s significantly", 17, /only a difference/],
      ["max(cpu_seconds) > +1s significantly", 23, /only means/],
      ["cpu_seconds == +1s significantly", 19, /goes with >/],
    ] as const
  ) {
    test(text === "" ? "nothing" : text, () => {
      assert.throws(() => parseCondition(text), (error) => {
        assert.ok(error instanceof ConditionError);
        assert.match(error.fault, fault);
        assert.equal(error.column, column);
        return true;
      });
    });
  }

  test("whatever the text is", () => {
    const word = fc.constantFrom(
      "wall_seconds",
      "max",
      "(",
      ")",
      ">",
      "=",
      "+",
      "10",
      "%",
      "1.5s",
      " ",
      "significantly",
    );
    fc.assert(fc.property(fc.oneof(fc.string(), fc.array(word).map((words) => words.join(""))), (text) => {
      try {
        parseCondition(text);
      } catch (error) {
        assert.ok(error instanceof ConditionError, String(error));
        assert.ok(error.column >= 0 && error.column <= text.length);
      }
    }));
  });
});

describe("a condition is judged", () => {
  const sets = [
    runSet("first", [{ wall_seconds: 10 }, { wall_seconds: 10.1 }, { wall_seconds: 9.9 }]),
    runSet("second", [{ wall_seconds: 11 }, { wall_seconds: 11.2 }, { wall_seconds: 10.8 }]),
  ];
  const outcome = (text: string, of = sets) =>
    judge(compareSets(of, QUANTITY_NAMES), [parseCondition(text)]).map((judgement) => judgement.outcome);

  test("against a fixed bound, and against the first set", () => {
    assert.deepEqual(outcome("wall_seconds > 10s"), ["holds"]);
    assert.deepEqual(outcome("wall_seconds > 12s"), ["does_not_hold"]);
    assert.deepEqual(outcome("max(wall_seconds) > 11.1s"), ["holds"]);
    assert.deepEqual(outcome("min(wall_seconds) > 11.1s"), ["does_not_hold"]);
    assert.deepEqual(outcome("wall_seconds > +5%"), ["holds"]);
    assert.deepEqual(outcome("wall_seconds > +15%"), ["does_not_hold"]);
    assert.deepEqual(outcome("wall_seconds > +500ms"), ["holds"]);
    assert.deepEqual(outcome("wall_seconds < -1%"), ["does_not_hold"]);
  });

  test("significantly: only when the whole interval lies beyond", () => {
    assert.deepEqual(outcome("wall_seconds > +1% significantly"), ["holds"]);
    assert.deepEqual(outcome("wall_seconds > +9.5%"), ["holds"]);
    assert.deepEqual(outcome("wall_seconds > +9.5% significantly"), ["does_not_hold"]);
    const single = [runSet("a", [{ wall_seconds: 1 }]), runSet("b", [{ wall_seconds: 2 }])];
    assert.deepEqual(outcome("wall_seconds > +1% significantly", single), ["undecided"]);
  });

  test("for every set but the first, or for the only one", () => {
    assert.deepEqual(outcome("wall_seconds > 10.5s", [...sets, sets[0]]), ["holds", "does_not_hold"]);
    assert.deepEqual(outcome("wall_seconds > 9s", [sets[0]]), ["holds"]);
    assert.throws(() => outcome("wall_seconds > +1%", [sets[0]]), ConditionError);
  });

  test("a lower bound decides what it can, and no more", () => {
    const bounds = [
      runSet("a", [{ cpu_seconds: 5 }]),
      runSet("b", [{ cpu_seconds: 6 }], { cpu: "lower_bound" }),
    ];
    assert.deepEqual(outcome("cpu_seconds > 5s", bounds), ["holds"]);
    assert.deepEqual(outcome("cpu_seconds < 5s", bounds), ["does_not_hold"]);
    assert.deepEqual(outcome("cpu_seconds > 7s", bounds), ["undecided"]);
    // At least 6 is more than 5 and a hundredth, whatever it is; whether it is 5 and a half more, nobody knows.
    assert.deepEqual(outcome("cpu_seconds > +1%", bounds), ["holds"]);
    assert.deepEqual(outcome("cpu_seconds < +1%", bounds), ["does_not_hold"]);
    assert.deepEqual(outcome("cpu_seconds > +50%", bounds), ["undecided"]);
    // And the other way round: who knows how much more the first was.
    assert.deepEqual(outcome("cpu_seconds > +1%", bounds.toReversed()), ["does_not_hold"]);
    assert.deepEqual(outcome("cpu_seconds > -50%", bounds.toReversed()), ["undecided"]);
  });

  test("two upper bounds are held like with like, and it is said", () => {
    const memory = (mebibytes: number, source = "proc") =>
      runSet("a", [0, 1, 2].map((more) => ({ avg_memory_bytes: (mebibytes + more) * 2 ** 20 })), {
        memory: { source, quality: "upper_bound" },
      });
    const told = (text: string, of: ReturnType<typeof memory>[]) =>
      judge(compareSets(of, QUANTITY_NAMES), [parseCondition(text)])[0];
    for (const word of ["", " significantly"]) {
      const { outcome, reason } = told(`avg_memory_bytes > +10%${word}`, [memory(100), memory(200)]);
      assert.deepEqual([outcome, reason], [
        "holds",
        "both sets are only known to be at most so much, and held like with like",
      ]);
      const other = told(`avg_memory_bytes > +10%${word}`, [memory(100), memory(200, "cgroup")]);
      assert.deepEqual([other.outcome, other.reason], [
        "undecided",
        "avg_memory_bytes: upper bound by proc in the first set, upper bound by cgroup in this one",
      ]);
    }
    assert.equal(told("avg_memory_bytes > 150M", [memory(100), memory(200)]).outcome, "undecided");
    assert.equal(told("avg_memory_bytes > 250M", [memory(100), memory(200)]).outcome, "does_not_hold");
  });

  test("what is below the resolution is not a difference for a condition either", () => {
    const of = (count: number, wall_seconds: number) => runSet("a", new Array(count).fill({ wall_seconds }));
    assert.deepEqual(outcome("wall_seconds > +0", [of(3, 0.1), of(10, 0.1)]), ["does_not_hold"]);
    assert.deepEqual(outcome("wall_seconds < +0", [of(3, 0.1), of(10, 0.1)]), ["does_not_hold"]);
    assert.deepEqual(outcome("wall_seconds == +0", [of(3, 0.1), of(10, 0.1 + 1e-9)]), ["holds"]);
    assert.deepEqual(outcome("wall_seconds >= +10%", [of(3, 0.1), of(3, 0.11)]), ["holds"]);
    assert.deepEqual(outcome("wall_seconds == 0.1s", [of(10, 0.1)]), ["holds"]);
    assert.deepEqual(outcome("wall_seconds > +0 significantly", [of(3, 0.1), of(3, 0.100_002)]), ["holds"]);
  });

  test("a stricter condition never holds where a laxer one does not", () => {
    const RANKS = ["does_not_hold", "undecided", "holds"];
    const quality = fc.constantFrom(
      ...(["exact", "sampled", "upper_bound", "lower_bound", "unavailable"] as const),
    );
    const seconds = fc.oneof(
      fc.integer({ min: 0, max: 12 }).map((tenths) => tenths / 10),
      fc.double({ min: 0, max: 2, noNaN: true }),
    );
    const side = fc.record({
      runs: fc.array(seconds, { minLength: 1, maxLength: 5 }),
      quality,
      source: fc.constantFrom("cgroup", "ledger"),
    });
    const sign = fc.constantFrom("", "+", "-");
    const bounds = fc.uniqueArray(fc.integer({ min: 0, max: 150 }), { minLength: 2, maxLength: 2 });
    const statistic = fc.constantFrom(
      "cpu_seconds",
      "median(cpu_seconds)",
      "min(cpu_seconds)",
      "max(cpu_seconds)",
    );
    fc.assert(
      fc.property(
        side,
        side,
        sign,
        bounds,
        fc.boolean(),
        statistic,
        (one, two, sign, bounds, percent, figure) => {
          const [first, second] = [one, two].map(({ runs, quality, source }) =>
            runSet(source, runs.map((cpu_seconds) => ({ cpu_seconds })), { cpu: { source, quality } })
          );
          const comparison = compareSets([first, second], ["cpu_seconds"]);
          const rank = (operator: string, bound: number, word = "") => {
            const unit = bound === 0 ? "" : percent && sign !== "" ? "%" : "0ms";
            const text = `${figure} ${operator} ${sign}${bound}${unit}${word}`;
            return RANKS.indexOf(judge(comparison, [parseCondition(text)])[0].outcome);
          };
          const [low, high] = bounds.toSorted((a, b) => sign === "-" ? b - a : a - b);
          const words = sign !== "" && figure === "cpu_seconds" ? ["", " significantly"] : [""];
          for (const word of words) {
            for (const [above, orAbove] of [[">", ">="], ["<", "<="]]) {
              const [strict, lax] = above === ">" ? [high, low] : [low, high];
              assert.ok(rank(above, strict, word) <= rank(above, lax, word));
              assert.ok(rank(orAbove, strict, word) <= rank(orAbove, lax, word));
              assert.ok(rank(above, lax, word) <= rank(orAbove, lax, word));
              assert.ok(rank(above, lax, word) <= rank(above, lax));
              assert.ok(rank(orAbove, lax, word) <= rank(orAbove, lax));
            }
          }
          // What is equal is neither less nor more, and what is more is not equal.
          assert.ok(rank("==", low) <= rank(">=", low) && rank("==", low) <= rank("<=", low));
          assert.ok(rank(">", low) <= rank("!=", low) && rank("<", low) <= rank("!=", low));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("what is unknown is undecided", () => {
    const unknown = [runSet("a", [{ disk_read_bytes: null }]), runSet("b", [{ disk_read_bytes: null }])];
    assert.deepEqual(outcome("disk_read_bytes > 1M", unknown), ["undecided"]);
  });
});
