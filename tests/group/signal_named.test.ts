import assert from "node:assert/strict";
import { test } from "node:test";
import { signalNamed } from "../../group/signal_named.ts";
import { loadPlatform } from "../../platform/mod.ts";

test("a signal is meant by its name, with and without SIG, or by its number", async () => {
  const platform = await loadPlatform();
  for (
    const [text, name] of [["HUP", "SIGHUP"], ["sigusr1", "SIGUSR1"], ["SIGTERM", "SIGTERM"], [
      "9",
      "SIGKILL",
    ]]
  ) {
    assert.equal(signalNamed(text, platform), name);
  }
  for (const text of ["0", "32", "65", "999", "", "SIG", "SIGSIGHUP", "TERMX", "1.5", "-9"]) {
    assert.equal(signalNamed(text, platform), null, text);
  }
});
