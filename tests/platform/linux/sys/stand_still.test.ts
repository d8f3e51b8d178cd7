import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { runtimeCommand } from "../../../support/linux.ts";

/** Far from the twenty seconds that the program would stand at most. */
const MOMENT_MS = 8_000;

test("standing still ends in time, or when something has come about; on Bun", { timeout: 90_000 }, () => {
  const [program, ...args] = runtimeCommand("stand_program.ts");
  const lines = execFileSync(program, args, { encoding: "utf8" }).trimEnd().split("\n");
  const told: { what: string; value: unknown }[] = lines.map((line) => JSON.parse(line));
  const of = (what: string) => told.filter((one) => one.what === what).map(({ value }) => value);
  assert.deepEqual(of("can"), ["Bun" in globalThis]);
  if (!("Bun" in globalThis)) return;
  const times = of("time") as { ms: number; disturbed: boolean; took: number }[];
  assert.equal(times.length, 5);
  for (const { ms, disturbed, took } of times) {
    assert.equal(disturbed, false);
    assert.ok(took >= ms && took < ms + MOMENT_MS, `${took} for ${ms} ms`);
  }
  const moments = [
    "a signal before",
    "a signal meanwhile",
    "a stop",
    "another thread",
    "a process",
    "a bell",
  ];
  for (const what of moments) {
    const [took] = of(what) as number[];
    assert.ok(took < MOMENT_MS, `${what}: ${took} ms`);
  }
  assert.deepEqual(of("watches"), [true]);
  assert.deepEqual(of("watches one that is gone"), [false]);
  assert.deepEqual(of("watches another with its PID"), [false]);
  assert.deepEqual(of("silence"), [false]);
  assert.deepEqual(of("rings alone"), [[false, true]]);
  assert.deepEqual(of("unheard"), [false]);
});
