import assert from "node:assert/strict";
import type { ProcessGroup, RunningProcess, StartOptions } from "../../../mod.ts";

/** All of a stream, as text. */
export async function text(stream: ReadableStream<Uint8Array> | null): Promise<string> {
  assert.ok(stream, "there is no stream");
  return await new Response(stream).text();
}

/** A process whose output is read line by line. */
export interface Talking extends AsyncDisposable {
  readonly process: RunningProcess;
  /** The next line, as JSON. */
  // deno-lint-ignore no-explicit-any
  next(): Promise<any>;
}

/** Start a fixture that prints lines of JSON; when it is disposed of, the rest is read and thrown away. */
export function talk(
  group: ProcessGroup,
  command: readonly string[],
  options: Omit<StartOptions, "stdout"> = {},
): Talking {
  const running = group.start(command, { stdin: "null", ...options, stdout: "pipe" });
  const reader = running.stdout!.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  const next = async () => {
    while (!rest.includes("\n")) {
      const { done, value } = await reader.read();
      assert.ok(!done, `${command.join(" ")} ended without a line`);
      rest += decoder.decode(value, { stream: true });
    }
    const end = rest.indexOf("\n");
    const line = rest.slice(0, end);
    rest = rest.slice(end + 1);
    return JSON.parse(line);
  };
  const drain = async () => {
    while (!(await reader.read()).done);
  };
  const letGo = () => {
    void drain(); // It may go on for as long as the process does.
    return Promise.resolve();
  };
  return { process: running, next, [Symbol.asyncDispose]: letGo };
}
