/* What no launch has to wait for is done behind it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Degradation } from "../../../supervisor/process/degradation.ts";
import type { ProcessRun } from "../../../supervisor/process/process_run.ts";
import { Spawner } from "../../../supervisor/process/spawner.ts";

/** A spawner whose launches end as they are told to, and what has happened, in order. */
function spawnerOf() {
  const happened: string[] = [];
  let launch = Promise.withResolvers<ProcessRun>();
  const owner = {
    id: "a",
    context: { isEnding: () => false, say() {} },
    state: "starting" as const,
    keep: () => true,
    dispatch: ({ type }: { type: string }) => void happened.push(type),
    until: () => Promise.resolve(),
  };
  const spawner = new Spawner(owner, new Degradation(() => {}), {
    launch: () => (launch = Promise.withResolvers<ProcessRun>()).promise,
    onRun: () => happened.push("runs"),
  });
  const note = (what: string) => () => void happened.push(what);
  return { spawner, happened, note, launched: () => launch };
}

test("where nothing is being launched it is done at once", () => {
  const { spawner, happened, note } = spawnerOf();
  spawner.behind(note("closed"));
  assert.deepEqual(happened, ["closed"]);
});

test("behind a launch it comes once that runs, and only once", async () => {
  const { spawner, happened, note, launched } = spawnerOf();
  spawner.spawn();
  spawner.behind(note("closed"));
  assert.deepEqual(happened, []);
  launched().resolve({} as ProcessRun);
  await spawner.idle;
  assert.deepEqual(happened, ["runs", "closed"]);
  spawner.spawn();
  launched().resolve({} as ProcessRun);
  await spawner.idle;
  assert.deepEqual(happened, ["runs", "closed", "runs"]);
});

test("a launch that fails keeps nothing waiting", async () => {
  const { spawner, happened, note, launched } = spawnerOf();
  spawner.spawn();
  spawner.behind(note("closed"));
  launched().reject(new Error("no"));
  await spawner.idle;
  assert.deepEqual(happened, ["closed", "launch_failed"]);
});
