import assert from "node:assert/strict";
import { test } from "node:test";
import { demandEnforceable, parseOomKills } from "../../../../platform/linux/cgroup/cgroup_limits.ts";
import { assertRefused } from "../../../support/expect.ts";

const kills = (text: string) => parseOomKills(new TextEncoder().encode(text), text.length);

test("kills are counted, not the occasions, nor those of whole groups", () => {
  assert.equal(kills("low 0\nhigh 1\nmax 34\noom 5\noom_kill 2\noom_group_kill 7\n"), 2);
  assert.ok(Number.isNaN(kills("low 0\nhigh 0\nmax 0\noom 0\n")));
});

test("a limit is refused for its own controller's sake alone, with reason and advice", () => {
  const onlyCpu = (controller: string) => controller === "cpu" ? null : "it is not to be had";
  demandEnforceable({ cpuCores: 1 }, onlyCpu, () => "do that");
  assertRefused(
    () => demandEnforceable({ cpuCores: 1, memoryBytes: 5 }, onlyCpu, () => "do that"),
    "system",
    "a limit on memory cannot be enforced: it is not to be had; for one, do that",
  );
});
