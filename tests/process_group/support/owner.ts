import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { ROOT } from "../../support/fixture.ts";

/** The command line of owner_program.ts, which says what each of its modes does. */
export function ownerCommand(rung: string, mode: string, ...words: string[]): string[] {
  const options = "Deno" in globalThis
    ? ["run", "--no-check", "--quiet", "-A", "--v8-flags=--expose-gc", `--config=${ROOT}/deno.json`]
    : [];
  const program = `${ROOT}/tests/process_group/support/owner_program.ts`;
  return [process.execPath, ...options, program, rung, mode, ...words];
}

/** How a program ended and what it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds from start to end. */
  readonly elapsedMs: number;
}

/** An owner of groups in a process of its own. */
export interface Owner {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Resolves when its output begins. */
  readonly talks: Promise<void>;
  readonly ended: Promise<Ended>;
}

/** Start an owner. */
export function startOwner(rung: string, mode: string, ...words: string[]): Owner {
  const [command, ...args] = ownerCommand(rung, mode, ...words);
  const started = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stderr.on("data", (piece) => stderr += piece);
  const talks = new Promise<void>((resolve) => {
    child.stdout.on("data", (piece) => {
      stdout += piece;
      resolve();
    }).on("end", resolve);
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject).on("exit", (code, signal) => {
      // What it started may hold its streams: they are read for one more turn, not to their end.
      setTimeout(
        () => resolve({ code, signal, stdout, stderr, elapsedMs: performance.now() - started }),
        20,
      );
    });
  });
  return { child, pid: child.pid!, talks, ended };
}

/** Run an owner to its end. */
export async function runOwner(rung: string, mode: string, ...words: string[]): Promise<Ended> {
  return await startOwner(rung, mode, ...words).ended;
}

/** The last line of an owner's output, as JSON. */
// deno-lint-ignore no-explicit-any
export function lastLine({ stdout, stderr }: Ended): any {
  const line = stdout.trim().split("\n").at(-1);
  if (!line) throw new Error(`the owner said nothing; ${stderr}`);
  return JSON.parse(line);
}
