import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isLike } from "../../core/id_pattern.ts";

const letters = fc.array(fc.constantFrom("a", "b", ":", "-"), { maxLength: 12 }).map((all) => all.join(""));
const patterns = fc.array(fc.constantFrom("a", "b", ":", "-", "*", "?"), { maxLength: 8 })
  .map((all) => all.join(""));

test("a pattern fits what the regular expression for it does", () => {
  fc.assert(fc.property(patterns, letters, (pattern, id) => {
    const expression = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
    assert.equal(isLike(pattern, id), expression.test(id));
  }));
});

test("many stars cost no more than their number", () => {
  const startedMs = performance.now();
  assert.equal(isLike("*a".repeat(200) + "b", "a".repeat(20_000)), false);
  assert.ok(performance.now() - startedMs < 10_000);
});
