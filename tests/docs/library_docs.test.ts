/* The documentation of the library: what `deno doc --lint` says of everything that mod.ts shows. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { ROOT } from "../support/fixture.ts";

const DENO = join(ROOT, "node_modules/deno/deno");

interface Finding {
  readonly rule: string;
  readonly message: string;
  readonly place: string;
  /** The line of the source that it concerns. */
  readonly line: string;
}

const FINDING = /^error\[([\w-]+)\]: (.+)\n *--> (\S+)\n *\| *\n *\d+ \| (.+)$/gm;

/** What the linter says of a module. @throws AssertionError where its own count is another */
function lint(path: string): Finding[] {
  const { status, stderr } = spawnSync(DENO, ["doc", "--lint", path], {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
    maxBuffer: 64 * 1_048_576,
  });
  const found = [...stderr.matchAll(FINDING)].map(([, rule, message, place, line]) => ({
    rule,
    message,
    place: relative(ROOT, place),
    line: line.trim(),
  }));
  const count = /^error: Found (\d+) documentation lint errors?\.$/m.exec(stderr);
  assert.equal(found.length, status === 0 ? 0 : Number(count?.[1]), stderr.slice(-2_000));
  return found;
}

/** The modules that others can import. */
const exported: string | Record<string, string> =
  JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8")).exports;
const entryPoints = typeof exported === "string" ? [exported] : Object.values(exported);

test("whatever the library shows is documented, its types are public and written out", () => {
  assert.ok(entryPoints.length > 0);
  for (const path of entryPoints) assert.deepEqual(lint(path), []);
});

test("a missing docstring, a private type and a type that is inferred are found", () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-library-docs-"));
  try {
    const path = join(directory, "planted.ts");
    writeFileSync(
      path,
      "interface Hidden {\n  a: 1;\n}\n/** One. */\nexport interface Shown {\n  /** Its. */\n  a: Hidden;\n}\nexport type Bare = 1;\n" +
        "/** Two. */\nexport const made = Math.max(1);\n",
    );
    const found = lint(path);
    assert.deepEqual(found.map(({ rule }) => rule).sort(), [
      "missing-explicit-type",
      "missing-jsdoc",
      "private-type-ref",
    ]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
