/* Speaks with `proctor sysmon` as a broker would. */
import assert from "node:assert/strict";
import { BINARY, startProgram } from "../../support/proctor.ts";
import type { Outcome, Running, StartOptions } from "../../support/proctor.ts";

/** A message of the service. */
// deno-lint-ignore no-explicit-any
export type Message = any;

/** Every line of standard output, which must all be JSON. */
export function messages(outcome: Outcome): Message[] {
  const text = outcome.stdout.toString();
  assert.ok(text === "" || text.endsWith("\n"), "the last line has its end");
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** A service that runs, and is ready. */
export async function startSysmon(
  args: readonly string[] = [],
  options: StartOptions = {},
  command: readonly string[] = [BINARY],
): Promise<Running> {
  const running = startProgram([...command, "sysmon", ...args], { input: "open", ...options });
  await running.line((line) => JSON.parse(line).id === "subprocess_ready");
  return running;
}

/** A request as a line. */
export function request(id: string, correlation_id: unknown, payload?: unknown): string {
  return `${
    JSON.stringify({ type: "request", id, payload, source: "test", target: "sysmon", correlation_id })
  }\n`;
}

/** Ask a running service; the answer's payload. */
export async function ask(
  running: Running,
  id: string,
  correlation_id: string,
  payload?: unknown,
): Promise<Message> {
  running.write(request(id, correlation_id, payload));
  const answer = JSON.parse(await running.line((line) => JSON.parse(line).correlation_id === correlation_id));
  assert.equal(answer.type, "response", JSON.stringify(answer));
  return answer.payload;
}
