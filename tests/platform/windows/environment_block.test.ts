import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  environmentBlock,
  variableIn,
  variableName,
  variablesIn,
} from "../../../platform/windows/text/environment_block.ts";
import { foldCase, fromWide, wide } from "../../../platform/windows/text/wide.ts";

const name = fc.string({ minLength: 1 }).filter((text) => !/[=\0]/.test(text));
const value = fc.string().filter((text) => !text.includes("\0"));
const entry = fc.tuple(name, value).map(([one, other]) => `${one}=${other}`);

describe("an environment block", () => {
  test("holds each variable once, the last one given, sorted by name whatever its case", () => {
    fc.assert(fc.property(fc.array(entry), (entries) => {
      const found = variablesIn(environmentBlock(entries));
      const names = found.map((one) => foldCase(variableName(one)));
      assert.deepEqual(names, [...new Set(names)].sort((one, other) => one < other ? -1 : 1));
      const last = new Map(entries.map((one) => [foldCase(variableName(one)), one]));
      assert.deepEqual([...found].sort(), [...last.values()].sort());
    }));
  });

  test("ends with two zeros, be it empty", () => {
    assert.deepEqual([...environmentBlock([])], [0, 0, 0, 0]);
    assert.deepEqual([...environmentBlock(["a=b"])], [97, 0, 61, 0, 98, 0, 0, 0, 0, 0]);
  });

  test("replaces Path by PATH, and keeps the directories of drives", () => {
    const own = ["=C:=C:\\there", "Path=old", "A=1"];
    assert.deepEqual(variablesIn(environmentBlock([...own, "PATH=new"])), [
      "=C:=C:\\there",
      "A=1",
      "PATH=new",
    ]);
    assert.equal(variableIn([...own, "PATH=new"], "path"), "new");
    assert.equal(variableIn(own, "=c:"), "C:\\there");
    assert.equal(variableIn(own, "B"), undefined);
  });
});

describe("wide text", () => {
  test("comes back as it was", () => {
    fc.assert(fc.property(value, (text) => assert.equal(fromWide(wide(text)), text)));
  });

  test("is folded unit by unit", () => {
    assert.equal(foldCase("Päth_ß"), "PÄTH_ß");
    fc.assert(fc.property(value, (text) => assert.equal(foldCase(text).length, text.length)));
    fc.assert(fc.property(value, (text) => assert.equal(foldCase(foldCase(text)), foldCase(text))));
  });
});
