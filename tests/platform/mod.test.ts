import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { ProctorError } from "../../core/error.ts";
import { loadHostSource, loadPlatform, loadProcessDirectory } from "../../platform/mod.ts";

test("where there is no platform yet, whatever is asked for says so in one line", async () => {
  const own = Object.getOwnPropertyDescriptor(process, "platform")!;
  Object.defineProperty(process, "platform", { value: "haiku", configurable: true });
  try {
    for (const load of [loadPlatform, () => loadHostSource(), loadProcessDirectory]) {
      await assert.rejects(load(), (error: unknown) => {
        assert.ok(error instanceof ProctorError);
        assert.equal(error.kind, "system");
        assert.equal(error.message, "proctor does not run on haiku yet; it runs on Linux, macOS and Windows");
        return true;
      });
    }
  } finally {
    Object.defineProperty(process, "platform", own);
  }
});
