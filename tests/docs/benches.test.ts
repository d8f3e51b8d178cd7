/* The benches that there are, and those that bench/README.md tells of. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runScript } from "../../bench/lib/runtimes.ts";
import { ROOT } from "../support/fixture.ts";

/** The first word of each line of a text that has a pattern. */
const named = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name);

test("every bench stands once in the table of bench/README.md, in the order of bench/main.ts", () => {
  const [bun, ...words] = runScript("Bun", "bench/main.ts", "--help");
  const help = execFileSync(bun, words, { encoding: "utf8" });
  const [, listed] = help.split(/^Benches.*$/m);
  const benches = named(listed, /^ {2}([a-z]\w*) /gm);
  assert.ok(benches.length > 30, help);
  const readme = readFileSync(join(ROOT, "bench/README.md"), "utf8");
  assert.deepEqual(named(readme, /^\| `(\w+)` +\|/gm), benches);
  assert.equal(readme.match(/^\| bench +\|/gm)?.length, 1);
});
