import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { unsupported } from "../../platform/unsupported.ts";
import { assertRefused } from "../support/expect.ts";

test("where there is no platform yet, any use says so in one line", () => {
  for (
    const use of [
      () => unsupported.environment(),
      () => unsupported.endedChild(),
      () => unsupported.findings(),
    ]
  ) {
    assertRefused(use, "system", process.platform, "Linux");
  }
  assert.equal(typeof unsupported, "object");
});
