/*
 * A run starts in a few milliseconds, and each module of node: that it loads is one of them. Which it loads is told by
 * Bun itself, from the source; the binary is bundled from the same.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ROOT } from "../../support/fixture.ts";
import { staticModules } from "../../support/architecture.ts";
import { withDirectory } from "../support/directory.ts";
import { runProgram } from "../support/proctor.ts";

const BUN = `${ROOT}/node_modules/bun/bin/bun.exe`;
const PRELOADED = `${ROOT}/tests/cli/support/log_modules.ts`;

/** What a command line loads: files of ours, packages, and modules of the runtime, by import or by asking for them. */
async function loaded(words: readonly string[]): Promise<{ code: number | null; modules: Set<string> }> {
  return await withDirectory(async (directory) => {
    const log = join(directory, "modules");
    const { code, stderr } = await runProgram([BUN, "--preload", PRELOADED, `${ROOT}/cli.ts`, ...words], {
      env: { LOADED_MODULES: log },
    });
    const lines = readFileSync(log, "utf8").trimEnd().split("\n");
    assert.ok(lines.includes(`${ROOT}/cli.ts`), stderr);
    const modules = lines.flatMap((line) => {
      const name = line.replace(`${ROOT}/`, "").replace(/^.*node_modules\/([^/]+)\/.*/, "$1");
      return name.endsWith(".ts") ? [name, ...staticModules(readFileSync(line, "utf8"))] : [name];
    });
    return { code, modules: new Set(modules) };
  });
}

const foreign = (modules: Set<string>) => [...modules].filter((name) => !name.endsWith(".ts")).sort();

describe("what is loaded by", { timeout: 120_000 }, () => {
  test("run -- true", async () => {
    const { code, modules } = await loaded(["run", "--", "true"]);
    assert.equal(code, 0);
    assert.ok(modules.has("platform/linux/mod.ts") && modules.has("render/text/report.ts"));
    assert.deepEqual(foreign(modules), [
      "bun:ffi",
      "node:fs",
      "pretty-bytes",
      "pretty-ms",
    ]);
  });

  test("--version", async () => {
    const { code, modules } = await loaded(["--version"]);
    assert.equal(code, 0);
    assert.deepEqual(foreign(modules), ["node:fs"]);
  });

  for (const words of [["--help"], ["-h"], ["help"], [], ["rum", "true"]]) {
    test(words.join(" ") || "no words", async () => {
      const { code, modules } = await loaded(words);
      assert.equal(code, /^(-h|.*help)$/.test(words[0] ?? "") ? 0 : 125);
      assert.deepEqual(foreign(modules), ["commander", "node:fs"]);
      const verbs = [...modules].filter((name) => /^commands\/(?!options\/|help\/)\w+\//.test(name));
      assert.deepEqual(verbs, [], "verbs are loaded");
    });
  }
});
