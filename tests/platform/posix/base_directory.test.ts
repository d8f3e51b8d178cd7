import assert from "node:assert/strict";
import { userInfo } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { defaultBaseDirectory } from "../../../platform/posix/base_directory.ts";

test("the state directory is never below /tmp because HOME is unset", () => {
  if (process.getuid!() === 0) assert.equal(defaultBaseDirectory({ HOME: "/tmp/x" }), "/var/lib/proctor");
  else {
    assert.equal(defaultBaseDirectory({}), join(userInfo().homedir, ".local/state/proctor"));
    assert.equal(
      defaultBaseDirectory({ HOME: "/h", XDG_STATE_HOME: "relative" }),
      "/h/.local/state/proctor",
    );
    assert.equal(defaultBaseDirectory({ XDG_STATE_HOME: "/s" }), "/s/proctor");
  }
});

test("on a Mac it is where programs keep what is theirs", () => {
  const place = defaultBaseDirectory({ HOME: "/Users/anna" }, "darwin");
  assert.equal(
    place,
    process.getuid!() === 0
      ? "/Library/Application Support/proctor"
      : "/Users/anna/Library/Application Support/proctor",
  );
});
