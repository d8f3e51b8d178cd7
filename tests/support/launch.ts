import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { launch, launchDirectly } from "../../platform/linux/launch/launch.ts";
import { posixSpawn } from "../../platform/linux/launch/posix_spawn.ts";
import { LinuxProcessReader } from "../../platform/linux/processes/process_reader.ts";
import { hasEnded, reap } from "../../platform/linux/processes/wait.ts";
import type { ChildExit } from "../../platform/contract/children.ts";
import type { Launched, LaunchFailure, LaunchSpec } from "../../platform/contract/launch.ts";

/** The ways in which a command is started. */
export type Launcher = (spec: LaunchSpec) => Launched | LaunchFailure;
export const bySmallParent: Launcher = launch;
export const byClone: Launcher = launchDirectly;
export const bySpawn: Launcher = posixSpawn;

const ALL = { counters: true, io: true, switches: true, fileDescriptors: true };
const encoder = new TextEncoder();

/** A spec in strings; the arguments include the zeroth, the environment is empty unless given. */
export function spec(
  file: string,
  args: readonly (string | Uint8Array)[],
  rest: Partial<LaunchSpec> = {},
): LaunchSpec {
  const words = args.map((word) => typeof word === "string" ? encoder.encode(word) : word);
  return {
    file: encoder.encode(file),
    args: words,
    env: [encoder.encode("PATH=/usr/bin:/bin")],
    cwd: undefined,
    stdio: [0, 1, 2],
    ...rest,
  };
}

/** Expect the launch to have worked. */
export function assertLaunched(result: Launched | LaunchFailure): Launched {
  assert.ok(!("stage" in result), JSON.stringify(result));
  assert.ok(result.pid > 1);
  return result;
}

/** How a child ended, and what its reader saw at the very end. */
export type ReadExit = ChildExit & { readonly ownCpuSeconds: number };

/** Reap a child by its PID alone; null when it has not ended or is none of ours. */
export function reapPid(pid: number): ReadExit | null {
  const reader = LinuxProcessReader.open(pid, ALL);
  const exit = reader && reap(reader);
  const ownCpuSeconds = reader?.cpuSeconds ?? NaN;
  reader?.close();
  return exit && { ...exit, ownCpuSeconds };
}

/** Wait for a child of ours and take it out of the process table; it is read from now on. */
export async function waitFor({ pid }: Launched): Promise<ReadExit> {
  const reader = LinuxProcessReader.open(pid, ALL);
  assert.ok(reader);
  const deadline = Date.now() + 60_000;
  while (!hasEnded(pid)) {
    assert.ok(Date.now() < deadline, `${pid} did not end`);
    await sleep(2);
  }
  const exit = reap(reader);
  assert.ok(exit);
  assert.equal(exit.pid, pid);
  reader.close();
  return { ...exit, ownCpuSeconds: reader.cpuSeconds };
}

/** Run a command to its end; what it wrote, and how it ended. */
export async function runToEnd(
  launcher: Launcher,
  file: string,
  args: readonly (string | Uint8Array)[],
  rest: Partial<LaunchSpec> = {},
): Promise<{ stdout: string; stderr: string; exit: ReadExit }> {
  const directory = mkdtempSync(join(tmpdir(), "proctor-launch-"));
  const paths = [join(directory, "out"), join(directory, "err")];
  const input = openSync("/dev/null", "r");
  const [out, err] = paths.map((path) => openSync(path, "w"));
  try {
    const launched = assertLaunched(launcher(spec(file, args, { stdio: [input, out, err], ...rest })));
    const exit = await waitFor(launched);
    const [stdout, stderr] = paths.map((path) => readFileSync(path, "utf8"));
    return { stdout, stderr, exit };
  } finally {
    for (const descriptor of [input, out, err]) closeSync(descriptor);
    rmSync(directory, { recursive: true });
  }
}
