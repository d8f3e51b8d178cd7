/* Programs of Windows, which tests/wine/run has put beside the runtime that we are run by. */
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";

const BIN = dirname(process.execPath);
/** proctor for Windows. */
export const PROCTOR = join(BIN, "proctor.exe");
/** tests/wine/program.c. */
export const PROGRAM = join(BIN, "program.exe");

/** What a program came to. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Start proctor. */
export function startProctor(args: readonly string[], env: Record<string, string> = {}) {
  const variables = { ...process.env as Record<string, string>, ...env };
  return spawn(PROCTOR, [...args], { env: variables, stdio: ["pipe", "pipe", "pipe"] });
}

/** Run proctor to its end. */
export async function proctor(
  args: readonly string[],
  { input = "", env }: { input?: string | Uint8Array; env?: Record<string, string> } = {},
): Promise<Ended> {
  const child = startProctor(args, env);
  const pieces: Buffer[][] = [[], []];
  child.stdout.on("data", (piece) => pieces[0].push(piece));
  child.stderr.on("data", (piece) => pieces[1].push(piece));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, stdout: Buffer.concat(pieces[0]), stderr: Buffer.concat(pieces[1]).toString() };
}

/** The summary that a run prints as JSON on its standard error. */
export function summaryIn(
  { stderr }: Ended,
): Record<string, unknown> & { accounting: Record<string, unknown> } {
  return JSON.parse(stderr.trimEnd().split("\n").at(-1)!);
}

/** Lend a directory. It goes with all that Wine has: Bun's `rmSync` does not get rid of one there. */
export async function withDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  return await use(mkdtempSync(join(tmpdir(), "proctor-")));
}

/** Whether a program holds a file that nobody else can open meanwhile (`program.exe hold`): it lives. */
export function isHeld(file: string): boolean {
  try {
    closeSync(openSync(file, "r+"));
    return false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return false;
    if (code === "EBUSY" || code === "EACCES" || code === "EPERM") return true;
    throw error;
  }
}
