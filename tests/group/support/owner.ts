import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "../../support/fixture.ts";
import { OutputFile } from "../../support/output_file.ts";

/** The command line of owner_program.ts, which says what each of its modes does. */
export function ownerCommand(rung: string, mode: string, ...words: string[]): string[] {
  const options = "Deno" in globalThis
    ? ["run", "--no-check", "--quiet", "-A", "--v8-flags=--expose-gc", `--config=${ROOT}/deno.json`]
    : [];
  const program = `${ROOT}/tests/group/support/owner_program.ts`;
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
  /** Resolves when it has said its first line, or has ended. */
  readonly talks: Promise<void>;
  readonly ended: Promise<Ended>;
}

/** Start an owner. */
export function startOwner(rung: string, mode: string, ...words: string[]): Owner {
  const [command, ...args] = ownerCommand(rung, mode, ...words);
  const [stdout, stderr] = [new OutputFile(), new OutputFile()];
  const started = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", stdout.descriptor, stderr.descriptor] });
  let isOver = false;
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", (error) => {
      isOver = true;
      reject(error);
    }).on("exit", (code, signal) => {
      isOver = true;
      const elapsedMs = performance.now() - started;
      resolve({ code, signal, stdout: stdout.text(), stderr: stderr.text(), elapsedMs });
      for (const file of [stdout, stderr]) file.close();
    });
  });
  const talk = async () => {
    while (!isOver && !stdout.text().includes("\n")) await sleep(5);
  };
  return { child, pid: child.pid!, talks: talk(), ended };
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
