/* The documentation of the library: what `deno doc --lint` says of everything that mod.ts shows. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { ROOT } from "../support/fixture.ts";

const DENO = join(ROOT, "node_modules/deno/deno");

/** What cannot be clean, by rule, and why. Everything else that is found is an error. */
const EXCEPTIONS: Readonly<Record<string, readonly RegExp[]>> = {
  "private-type-ref": [
    // Types inferred from zod schemas, so that what is checked and what is typed cannot differ: the rule names zod's own
    // helper types, and the schema itself where it is not public.
    /^public type '[\w.[\]"]+' references private type '(?:input|output|\w+Schema)'$/,
    // Names that are the keys of one table, so that no list of them can fall behind it.
    /^public type 'QuantityName' references private type 'QUANTITIES'$/,
    /^public type 'MetricName' references private type 'AnyRow'$/,
    /^public type 'WorkloadLabels' references private type 'workloadShape'$/,
  ],
  // A schema whose type is written out would have to repeat each of its fields.
  "missing-explicit-type": [/^export const \w+Schema = /],
};

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

/** The exception that a finding falls under. */
function exceptionOf({ rule, message, line }: Finding): RegExp | undefined {
  return EXCEPTIONS[rule]?.find((pattern) => pattern.test(message) || pattern.test(line));
}

test("whatever the library shows is documented, and its types are public", () => {
  const found = lint("mod.ts");
  assert.deepEqual(found.filter((one) => !exceptionOf(one)), []);
  // An exception that nothing needs any more is no longer one.
  const needed = new Set(found.map(exceptionOf));
  assert.deepEqual(Object.values(EXCEPTIONS).flat().filter((one) => !needed.has(one)), []);
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
    assert.deepEqual(found.filter(exceptionOf), []);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
