import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NumberSet } from "../../../core/measure/number_set.ts";

test("property: has what was added, and nothing else", () => {
  const number = fc.oneof(fc.nat(9_000), fc.nat(2 ** 32 - 1));
  fc.assert(fc.property(fc.array(number), fc.array(number), (added, others) => {
    const set = new NumberSet();
    for (const one of added) set.add(one);
    const known = new Set(added);
    for (const one of [...added, ...others, ...added.map((one) => one + 1)]) {
      assert.equal(set.has(one), known.has(one));
    }
  }));
});
