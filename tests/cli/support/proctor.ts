/* Starts proctor as a user would, and tells everything that came out of it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import process from "node:process";
import { ROOT } from "../../support/fixture.ts";

/** The compiled binary, which most tests run. */
export const BINARY = `${ROOT}/dist/proctor`;

/** How a started program ended, and what it wrote. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Where and with what a program is started. */
export interface StartOptions {
  readonly cwd?: string;
  /** Over our own environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What it reads; nothing when left out. With `"open"` standard input stays open until {@link Running.closeInput}. */
  readonly input?: string | Uint8Array | "open";
}

/** A program that runs. */
export class Running {
  readonly pid: number;
  /** Resolves when the program has ended and its output is complete. */
  readonly ended: Promise<Outcome>;
  readonly #child: ChildProcess;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  #changed: () => void = () => {};
  #over = false;

  constructor(command: readonly string[], options: StartOptions) {
    const env = Object.fromEntries(
      Object.entries({ ...process.env, ...options.env }).filter(([, value]) => value !== undefined),
    );
    this.#child = spawn(command[0], command.slice(1), {
      cwd: options.cwd,
      env,
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.pid = this.#child.pid ?? 0;
    this.#child.stdout!.on("data", (bytes: Buffer) => this.#take(this.#stdout, bytes));
    this.#child.stderr!.on("data", (bytes: Buffer) => this.#take(this.#stderr, bytes));
    this.#child.stdin!.on("error", () => {}); // The reader may have gone: that is for the test to judge.
    if (options.input !== "open") this.#child.stdin!.end(options.input ?? "");
    this.ended = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", (code, signal) => {
        this.#over = true;
        this.#changed();
        resolve({ code, signal, stdout: Buffer.concat(this.#stdout), stderr: this.stderr });
      });
    });
  }

  /** What it has written to standard error so far. */
  get stderr(): string {
    return Buffer.concat(this.#stderr).toString();
  }

  /** The first whole line of standard output that a test accepts, as soon as it is there. */
  async line(accepts: (line: string) => boolean): Promise<string> {
    for (;;) {
      const found = Buffer.concat(this.#stdout).toString().split("\n").slice(0, -1).find(accepts);
      if (found !== undefined) return found;
      assert.ok(!this.#over, `ended without the expected line; standard error says:\n${this.stderr}`);
      await new Promise<void>((resolve) => this.#changed = resolve);
    }
  }

  /** The `ready` object of a fixture program. */
  async ready<T>(): Promise<T & { pid: number }> {
    return JSON.parse(await this.line((line) => line.includes('"ready":true')));
  }

  /** Send a signal to this program alone. */
  kill(signal: string): void {
    process.kill(this.pid, constants.signals[signal as "SIGINT"]);
  }

  /** Write to its standard input. */
  write(text: string): void {
    this.#child.stdin!.write(text);
  }

  /** End its standard input. */
  closeInput(): void {
    this.#child.stdin!.end();
  }

  #take(pieces: Buffer[], bytes: Buffer): void {
    pieces.push(bytes);
    const changed = this.#changed;
    this.#changed = () => {};
    changed();
  }
}

/** Start any program. */
export function startProgram(command: readonly string[], options: StartOptions = {}): Running {
  return new Running(command, options);
}

/** Run any program to its end. */
export function runProgram(command: readonly string[], options: StartOptions = {}): Promise<Outcome> {
  return startProgram(command, options).ended;
}

/** Start the compiled proctor. */
export function start(args: readonly string[], options: StartOptions = {}): Running {
  assert.ok(existsSync(BINARY), "dist/proctor is missing: build it with scripts/build (scripts/test does)");
  return startProgram([BINARY, ...args], options);
}

/** Run the compiled proctor to its end. */
export function proctor(args: readonly string[], options: StartOptions = {}): Promise<Outcome> {
  return start(args, options).ended;
}

/** Run a shell script in which `$PROCTOR` is the compiled binary. */
export function shell(script: string, options: StartOptions = {}): Promise<Outcome> {
  assert.ok(existsSync(BINARY), "dist/proctor is missing: build it with scripts/build (scripts/test does)");
  return runProgram(["/bin/sh", "-c", script], { ...options, env: { ...options.env, PROCTOR: BINARY } });
}

/** The last line of a program's output, as JSON. */
export function lastJson<T>(outcome: Outcome): T {
  const line = outcome.stdout.toString().trimEnd().split("\n").at(-1) ?? "";
  try {
    return JSON.parse(line);
  } catch {
    assert.fail(
      `standard output does not end in JSON: ${line.slice(0, 300)}\nstandard error: ${outcome.stderr}`,
    );
  }
}
