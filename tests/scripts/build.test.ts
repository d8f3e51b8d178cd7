import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runProgram } from "../cli/support/proctor.ts";
import { ROOT } from "../support/fixture.ts";

describe("scripts/build", () => {
  for (const target of ["foo", "linux-x86", "linux-x64-foo"]) {
    test(`lists its targets to whoever asks for "${target}"`, { timeout: 120_000 }, async () => {
      const { code, stdout, stderr } = await runProgram([`${ROOT}/scripts/build`, `--target=${target}`]);
      assert.equal(code, 2);
      assert.equal(stdout.toString(), "");
      assert.match(
        stderr,
        new RegExp(
          `^proctor: there is no target ${target}; there are linux-x64, .*windows-x64, windows-arm64; see .*--help\n$`,
        ),
      );
    });
  }
});
