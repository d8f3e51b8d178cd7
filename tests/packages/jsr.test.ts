/* The package of JSR: whether it could be published, and what a program of Deno's gets of it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../support/fixture.ts";
import { builtOnce } from "./support/built_once.ts";

const DENO = join(ROOT, "node_modules/deno/deno");

test(
  "the package of JSR can be published, without slow types, and measures",
  { timeout: 400_000 },
  async () => {
    // Elsewhere: what git ignores is not published.
    const directory = mkdtempSync(join(tmpdir(), "proctor-jsr-"));
    const deno = (...words: string[]) =>
      spawnSync(DENO, words, { cwd: directory, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
    try {
      for (const path of await builtOnce("build-jsr")) copyFileSync(path, join(directory, basename(path)));
      const { status, stderr } = deno("publish", "--dry-run", "--allow-dirty");
      assert.equal(status, 0, stderr);
      assert.match(stderr, /Checking for slow types[^]*Success Dry run complete/);
      assert.doesNotMatch(stderr, /warning|error/i);
      for (const name of ["mod.js", "mod.d.ts", "LICENSE", "THIRD_PARTY.txt", "README.md"]) {
        assert.match(stderr, new RegExp(`/${name} \\(`), stderr);
      }
      for (const name of ["main.ts", "measure.mjs"]) {
        copyFileSync(join(ROOT, "tests/packages/consumer", name), join(directory, name));
      }
      // As an import of jsr:@proctor/proctor would be, by the name that the others of these programs use.
      const imports = [
        "--import-map",
        `data:application/json,${
          encodeURIComponent(JSON.stringify({
            imports: { proctor: `file://${directory}/mod.js`, zod: "npm:zod@4.6.7" },
          }))
        }`,
      ];
      const checked = deno("check", ...imports, "main.ts");
      assert.equal(checked.status, 0, checked.stderr);
      const measured = deno("run", "--allow-all", ...imports, "measure.mjs");
      assert.equal(measured.status, 0, measured.stderr);
      assert.equal(JSON.parse(measured.stdout).exit_code, 3);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);
