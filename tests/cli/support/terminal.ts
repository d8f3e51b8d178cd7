/* Runs a program on a terminal of its own, as if somebody sat before it. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runProgram } from "./proctor.ts";
import type { StartOptions } from "./proctor.ts";

const PYTHON = "/usr/bin/python3";

/** Why there are no terminals here; false when there are. */
export const noTerminals: string | false = existsSync(PYTHON)
  ? false
  : "python3, which makes the terminal, is missing";

/** What somebody before the terminal does; see terminal.py. */
export type Step =
  | readonly ["expect", string]
  | readonly ["type", string]
  | readonly ["signal", string]
  | readonly ["unread", readonly string[]]
  | readonly ["close"];

/** What was seen on the terminal, and how the program ended. */
export interface TerminalOutcome {
  readonly transcript: string;
  readonly exit_code: number | null;
  readonly signal: number | null;
}

/** Play steps on a terminal; every expected text must come. */
export async function onTerminal(
  command: readonly string[],
  steps: readonly Step[],
  options: StartOptions = {},
): Promise<TerminalOutcome> {
  const program = fileURLToPath(new URL("terminal.py", import.meta.url));
  const outcome = await runProgram([PYTHON, program, JSON.stringify(steps), ...command], options);
  assert.equal(outcome.stderr, "");
  const { problem, ...rest } = JSON.parse(outcome.stdout.toString());
  assert.equal(problem, null, `${problem}\non the terminal stood:\n${rest.transcript}`);
  return rest;
}
