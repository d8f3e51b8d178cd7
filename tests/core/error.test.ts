import assert from "node:assert/strict";
import { test } from "node:test";
import { EXIT, ProctorError, usageError } from "../../core/error.ts";

test("exit codes are those of env(1), timeout(1) and the shells", () => {
  assert.deepEqual(EXIT, {
    timedOut: 124,
    proctorFailed: 125,
    notExecutable: 126,
    notFound: 127,
    signalBase: 128,
  });
  assert.equal(new ProctorError("command_not_found", "x").exitCode, 127);
  assert.equal(new ProctorError("command_not_executable", "x").exitCode, 126);
  assert.equal(new ProctorError("system", "x").exitCode, 125);
  assert.equal(usageError("x").exitCode, 125);
});

test("an error keeps its message, its kind and its cause", () => {
  const cause = new Error("why");
  const error = new ProctorError("system", "Cannot open it", { cause });
  assert.ok(error instanceof Error);
  assert.deepEqual([error.name, error.kind, error.message, error.cause], [
    "ProctorError",
    "system",
    "Cannot open it",
    cause,
  ]);
});
