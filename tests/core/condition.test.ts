import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { compareSets } from "../../core/comparison.ts";
import { ConditionError, parseCondition } from "../../core/condition.ts";
import { judge } from "../../core/judge.ts";
import { QUANTITY_NAMES } from "../../core/quantity.ts";
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
      ["wall_seconds => 5s", 13, /"=>" is no comparison/],
      ["wall_seconds >", 14, /a number is missing; write 250ms/],
      ["wall_seconds > 5", 15, /"5" is no duration/],
      ["wall_seconds > +5M", 16, /"5M" is no duration/],
      ["wall_seconds > 10%", 15, /write \+10% or -10%/],
      ["peak_memory_bytes > 5s", 20, /"5s" is no size/],
      ["peak_memory_bytes > +", 21, /a number is missing/],
      ["total_process_count > many", 22, /"many" is no number/],
      ["max(wall_seconds > 3s", 17, /the parenthesis is not closed/],
      ["max wall_seconds > 3s", 4, /write max\(QUANTITY\)/],
      ["max(wall) > 3s", 4, /no quantity "wall"/],
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
    assert.deepEqual(outcome("cpu_seconds > +1%", bounds), ["undecided"]);
  });

  test("what is unknown is undecided", () => {
    const unknown = [runSet("a", [{ disk_read_bytes: null }]), runSet("b", [{ disk_read_bytes: null }])];
    assert.deepEqual(outcome("disk_read_bytes > 1M", unknown), ["undecided"]);
  });
});
