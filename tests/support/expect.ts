import assert from "node:assert/strict";
import { ProctorError } from "../../core/error.ts";
import type { ErrorKind } from "../../core/error.ts";

/** Expect a ProctorError of a kind, with a message that says all of this. */
export function assertRefused(action: () => unknown, kind: ErrorKind, ...said: (string | RegExp)[]): void {
  let thrown: unknown;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown instanceof ProctorError, `expected a ProctorError, got ${String(thrown)}`);
  assert.equal(thrown.kind, kind, thrown.message);
  for (const part of said) {
    const found: boolean = typeof part === "string"
      ? thrown.message.includes(part)
      : part.test(thrown.message);
    assert.ok(found, `${thrown.message}\ndoes not say: ${String(part)}`);
  }
}

/** Expect two numbers to be within a relative and an absolute tolerance of each other. */
export function assertNear(
  actual: number,
  expected: number,
  relative: number,
  absolute: number,
  what = "value",
): void {
  const allowed = Math.abs(expected) * relative + absolute;
  assert.ok(
    Math.abs(actual - expected) <= allowed,
    `${what}: ${actual} is not within ${allowed} of ${expected} (off by ${actual - expected})`,
  );
}
