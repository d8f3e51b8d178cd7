import assert from "node:assert/strict";
import { test } from "node:test";
import { noPrograms } from "../../../../platform/linux/events/bpf_refusal.ts";

const EPERM = 1;

test("root is not told to become root, but of the limit that holds before Linux 5.11", () => {
  assert.match(noPrograms("a map", EPERM, true).advice, /^before Linux 5\.11 run `ulimit -l unlimited`/);
  assert.match(noPrograms("a map", EPERM, false).advice, /^run proctor as root/);
  // Whoever shows both joins them by a semicolon and a colon.
  for (const isRoot of [true, false]) {
    const { reason, advice } = noPrograms("a map", EPERM, isRoot);
    assert.doesNotMatch(reason + advice, /[;:] /);
  }
});
