/* Why a test was skipped is found where it is written, in whatever way that is. */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { skipReason } from "../../scripts/skip_reason.ts";
import { ROOT } from "../support/fixture.ts";

const CASES: readonly (readonly [file: string, name: string, reason: string])[] = [
  ["one", "in the option", "needs room of its own"],
  ["one", "group > in an option that has its line", "needs room"],
  ["one", "by a constant that is all options", "needs tool"],
  ["one", "by options with more to them", "needs tool"],
  ["one", "of a disk", "needs a disk"],
  ["one", "by a function", "needs mounts"],
  ["one", "by a method", "needs /dev/fuse"],
  ["one", "of who cannot be asked here", "no reason found"],
  ["one", "goes the way that is dear, always", "needs room"],
  ["lists", "on the way quick > it's > gone", "needs room"],
  ["lists", "on the way quick_v1 > it's > gone", "needs tool"],
  ["lists", "nowhere", "no reason found"],
];

test("the reason of a skipped test is the text that its option leads to", () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-skips-"));
  try {
    mkdirSync(join(directory, "support"));
    for (const file of ["support/means.ts", "one", "lists"]) {
      copyFileSync(
        join(ROOT, "tests/captured/skips", `${file.replace(".ts", "")}.ts.txt`),
        join(directory, file),
      );
    }
    for (const [file, name, reason] of CASES) {
      assert.equal(skipReason(join(directory, file), name), reason, name);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
