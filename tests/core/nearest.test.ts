import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { nearest } from "../../core/nearest.ts";

describe("the word that was meant", () => {
  const cases: readonly (readonly [word: string, words: readonly string[], meant: string | null])[] = [
    ["alwasy", ["never", "always"], "always"],
    ["ALWAYS", ["never", "always"], "always"],
    ["wall", ["cpu_seconds", "wall_seconds"], "wall_seconds"],
    ["3", ["0", "1", "2"], null],
    ["bogus", ["cpu", "memory"], null],
    ["", ["a"], null],
    ["a", [], null],
  ];
  for (const [word, words, meant] of cases) {
    test(`${JSON.stringify(word)} among ${words}: ${meant}`, () => assert.equal(nearest(word, words), meant));
  }
});
