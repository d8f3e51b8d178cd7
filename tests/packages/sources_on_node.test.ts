/* What a program on Node.js is told that imports a checkout: its sources are for Bun and Deno. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as library from "../../mod.ts";
import { withDirectory } from "../cli/support/directory.ts";
import { ROOT } from "../support/fixture.ts";

const noNode = spawnSync("node", ["--version"]).status !== 0 && "needs node";
const DENO = join(ROOT, "node_modules/deno/deno");
const BUN = join(ROOT, "node_modules/bun/bin/bun.exe");

test("every name that can be imported is there, so that none is missing before the sentence", () => {
  const text = readFileSync(join(ROOT, "packages/npm/sources_on_node.js"), "utf8");
  const names = [...text.matchAll(/^ {2}nothing as (\w+),$/gm)].map(([, name]) => name);
  assert.deepEqual(names.sort(), Object.keys(library).sort());
});

test("Node.js says in one sentence what it needs; Bun and Deno get the sources", {
  skip: noNode,
  timeout: 60_000,
}, () =>
  withDirectory((directory) => {
    mkdirSync(join(directory, "node_modules"));
    symlinkSync(ROOT, join(directory, "node_modules/proctor"));
    writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
    const program = join(directory, "program.js");
    writeFileSync(program, 'import { run, VERSION } from "proctor";\nconsole.log(typeof run, VERSION);\n');
    const on = (file: string, ...words: string[]) =>
      spawnSync(file, [...words, program], {
        cwd: directory,
        encoding: "utf8",
        env: { ...process.env, NO_COLOR: "1" },
      });
    const { status, stdout, stderr } = on("node");
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(
      stderr,
      /Error: proctor's sources run on Bun and Deno; for Node\.js install the package that scripts\/build-npm makes/,
    );
    assert.ok(!stderr.includes("  at "), stderr);
    const right = `function ${library.VERSION}\n`;
    assert.equal(on(BUN).stdout, right);
    const deno = on(DENO, "run", "--no-check", "--allow-all", "--config", join(ROOT, "deno.json"));
    assert.equal(deno.stdout, right, deno.stderr);
  }));
