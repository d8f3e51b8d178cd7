import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
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
