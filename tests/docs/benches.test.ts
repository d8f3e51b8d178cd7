/* The benches that there are, and those that bench/README.md tells of. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../support/fixture.ts";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
/** The names in a text by a pattern. */
const named = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name);

test("every bench stands once in the table of bench/README.md, in the order of bench/main.ts", () => {
  const [, table] = read("bench/main.ts").split("const benches: Record<string, Bench> = {\n");
  const benches = named(table.split("\n};\n")[0], /^ {2}(\w+)(?:: \w+)?,$/gm);
  assert.ok(benches.length > 30, table);
  const readme = read("bench/README.md");
  assert.deepEqual(named(readme, /^\| `(\w+)` +\|/gm), benches);
  assert.equal(readme.match(/^\| bench +\|/gm)?.length, 1);
});
