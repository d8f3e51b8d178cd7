/* When a run gives the pages of its program back: soon after the start, once more by and by, and then seldom. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProcessTree } from "../../../group/process_tree.ts";
import type { Wake } from "../../../group/wake.ts";
import { Stillness } from "../../../monitor/run/stillness.ts";
import type { OwnThread } from "../../../monitor/run/stillness.ts";

/** Pause every second of a clock of ours: after how many seconds pages were dropped, and how. */
async function dropsWithin(seconds: number, thread?: OwnThread): Promise<string[]> {
  const drops: string[] = [];
  let passed = 0;
  const platform = {
    standStill: () => null,
    dropProgramPages: () => drops.push(`${passed} s`),
    dropProgramPagesFinely: () => drops.push(`${passed} s, finely`),
  };
  const wake = { sleep: () => Promise.resolve() } as unknown as Wake;
  const own = performance.now;
  performance.now = () => passed * 1_000;
  try {
    const stillness = new Stillness({ platform } as unknown as ProcessTree, wake, thread);
    for (; passed <= seconds; passed++) await stillness.pause(1_000);
  } finally {
    performance.now = own;
  }
  return drops;
}

test("a program of ours drops its pages after a second, finely ten later, and every ten minutes from then on", async () => {
  const drops = await dropsWithin(1_300, { mayStandStill: () => true });
  assert.deepEqual(drops, ["1 s", "11 s, finely", "611 s, finely", "1211 s, finely"]);
});

test("of a program that is somebody else's nothing is dropped", async () => {
  assert.deepEqual(await dropsWithin(1_300), []);
});
