import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { InvalidValue } from "../../../../commands/options/option_table.ts";
import {
  combinations,
  filledIn,
  listOption,
  parametersOf,
  scanOption,
  stepOption,
} from "../../../../commands/run/series/parameters.ts";

const scanned = (text: string, step?: string) =>
  parametersOf([], scanOption(text), step === undefined ? undefined : stepOption(step))[0].values;

describe("a list of values", () => {
  test("is parted by commas, of which a backslash makes text", () => {
    assert.deepEqual(listOption("n=a,b c,"), [{ name: "n", values: ["a", "b c", ""] }]);
    assert.deepEqual(listOption("n=a\\,b,c\\\\,d\\e=f")[0].values, ["a,b", "c\\", "d\\e=f"]);
  });

  test("comes back whatever the values are", () => {
    fc.assert(fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (values) => {
      const text = values.map((value) => value.replace(/[\\,]/g, "\\$&")).join(",");
      assert.deepEqual(listOption(`n=${text}`)[0].values, values);
    }));
  });

  test("that has no name or no values is refused", () => {
    for (const text of ["", "n", "=a", "a b=c", "{n}=1", "n="]) {
      assert.throws(() => listOption(text), InvalidValue);
    }
  });
});

describe("a scan", () => {
  test("has every number, as exact as it was written", () => {
    assert.deepEqual(scanned("n=1..4"), ["1", "2", "3", "4"]);
    assert.deepEqual(scanned("n=-2..5", "3"), ["-2", "1", "4"]);
    // Ten times a tenth in binary fractions is less than one.
    assert.deepEqual(scanned("n=0.7..1", "0.1"), ["0.7", "0.8", "0.9", "1.0"]);
    assert.deepEqual(scanned("n=-0.5..0.5", "0.5"), ["-0.5", "0.0", "0.5"]);
    assert.deepEqual(scanned("n=3..3"), ["3"]);
  });

  test("that makes no sense is refused in one line", () => {
    for (const text of ["n=1", "n=a..b", "n=1..2..3", "=1..2", "n=1...3", "n=1e3..2"]) {
      assert.throws(() => scanOption(text), InvalidValue);
    }
    assert.throws(() => scanned("n=2..1"), /n ends before it begins/);
    assert.throws(() => scanned("n=0..1", "0.000001"), /1000001 values, and 1000 is the most/);
    for (const text of ["0", "-1", "x", ""]) assert.throws(() => stepOption(text), InvalidValue);
    assert.throws(() => parametersOf([], [], stepOption("2")), /nothing to scan/);
    assert.throws(
      () => parametersOf(listOption("n=1"), scanOption("n=1..2"), undefined),
      /"n" is there twice/,
    );
  });
});

test("all combinations, and values that are text even where they look like another placeholder", () => {
  const all = combinations([{ name: "a", values: ["1", "2"] }, { name: "b", values: ["x", "{a}"] }]);
  assert.deepEqual(all.map((values) => filledIn("{a}-{b}-{c}-{toString}", values)), [
    "1-x-{c}-{toString}",
    "1-{a}-{c}-{toString}",
    "2-x-{c}-{toString}",
    "2-{a}-{c}-{toString}",
  ]);
});
