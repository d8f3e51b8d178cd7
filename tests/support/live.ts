import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fixture } from "./fixture.ts";

/** A fixture that runs beside the test; it ends when it is disposed of, at the latest. */
export interface Live extends AsyncDisposable {
  readonly pid: number;
  /** The first object it printed. */
  // deno-lint-ignore no-explicit-any
  readonly ready: any;
  /** The next object it prints. */
  // deno-lint-ignore no-explicit-any
  next(): Promise<any>;
  /** Let it go on: a byte and the end on its stdin; resolves when it has ended. */
  release(): Promise<void>;
  readonly process: ChildProcess;
}

/** Start a fixture and wait for the first line it prints. */
export async function startFixture(name: string, ...args: string[]): Promise<Live> {
  return await start(fixture(name), args);
}

/** As {@link startFixture}, for any program that prints lines of JSON. */
export async function start(file: string, args: readonly string[]): Promise<Live> {
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    assert.ok(!done, `${file} ended without a line`);
    return JSON.parse(value);
  };
  child.stdin!.on("error", () => {});
  const release = async () => {
    child.stdin!.end("\n");
    await ended;
  };
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
  };
  const ready = await next();
  return { pid: child.pid!, ready, next, release, process: child, [Symbol.asyncDispose]: stop };
}
