/* Notices for a program of the manager's file. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { giveToCommand } from "../../../../fleet/alert/notify/command.ts";

const TIMEOUT = { timeout: 60_000 };
const NOTICE = { title: "t", lines: [], level: "info", json: {} } as const;
const FOREVER = 3_600_000;
const give = (script: string, timeoutMs = FOREVER, signal = new AbortController().signal) =>
  giveToCommand(["sh", "-c", script], NOTICE, timeoutMs, signal);
/** Begins a process that keeps the standard error of the program for some seconds. */
const WITH_CHILD = "sleep 30 &";

test("a notice is taken when its program has ended, whatever that has begun", TIMEOUT, async () => {
  const began = performance.now();
  assert.equal(await give(`${WITH_CHILD} exit 0`), null);
  assert.ok(performance.now() - began < 20_000);
});

test("a program that takes too long is not waited for, whatever it has begun", TIMEOUT, async () => {
  const began = performance.now();
  const failure = { fault: "it took longer than 100 ms", isFinal: false };
  assert.deepEqual(await give(`${WITH_CHILD} wait`, 100), failure);
  assert.deepEqual(await give(`${WITH_CHILD} exit 1`, 100).then((told) => told?.isFinal), false);
  const ending = new AbortController();
  const given = give(`${WITH_CHILD} wait`, FOREVER, ending.signal);
  ending.abort();
  assert.deepEqual(await given, { fault: "it was not waited for", isFinal: false });
  assert.ok(performance.now() - began < 20_000);
});

test("what a program says as it fails is told", TIMEOUT, async () => {
  assert.deepEqual(await give("echo no such room >&2; exit 3"), {
    fault: "it ended with 3: no such room",
    isFinal: false,
  });
});

test("a program that cannot be started fails for now", TIMEOUT, async () => {
  for (const command of [["/no/such"], ["sh", "a\0b"]]) {
    const failure = await giveToCommand(command, NOTICE, FOREVER, new AbortController().signal);
    assert.equal(failure?.isFinal, false);
  }
});
