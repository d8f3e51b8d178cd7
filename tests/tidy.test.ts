import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DEFAULT_GRACE_MS } from "../group/stop.ts";
import { ROOT } from "./support/fixture.ts";
import { deadExports, longLines, readSources } from "./support/tidy.ts";

const sources = readSources(ROOT);

test("no line is too long for two files side by side", () => {
  assert.ok(sources.length > 500);
  assert.deepEqual(longLines(sources), []);
  const planted = { path: "a.ts", text: `short\n${"x".repeat(121)}\n` };
  assert.deepEqual(longLines([planted]), ["a.ts:2"]);
});

test("the lists of test files that scripts/test reads name files that are there, each in one of them", () => {
  const listed = ["tests/alone", "tests/long"].flatMap((list) => {
    const files = readFileSync(join(ROOT, list), "utf8").split("\n").filter((line) =>
      line && !line.startsWith("#")
    );
    assert.ok(files.length > 5, list);
    return files;
  });
  assert.deepEqual(listed.filter((file) => !existsSync(join(ROOT, file))), []);
  assert.deepEqual(listed, [...new Set(listed)]);
});

test("nothing is exported that no other file uses", () => {
  assert.deepEqual(deadExports(sources), []);
  const planted = [
    {
      path: "a.ts",
      text: "export const used = 1;\nexport function unused() {}\nexport interface Shape {}\n",
    },
    { path: "b.ts", text: 'import { used } from "./a.ts";\n' },
  ];
  assert.deepEqual(deadExports(planted), ["a.ts exports unused"]);
});

test("the default grace is one, in the help and in Python as well", () => {
  const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
  const inPython = /^_DEFAULT_GRACE_SECONDS = ([\d.]+)$/m.exec(read("python/proctor/_monitor.py"));
  const inHelp = /--grace <duration>",\s*description: ".*\(default: (\d+)s\)/.exec(
    read("commands/run/run.ts"),
  );
  for (const found of [inPython, inHelp]) assert.equal(Number(found?.[1]) * 1_000, DEFAULT_GRACE_MS);
});
