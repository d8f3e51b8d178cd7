/* Looks for what a run must not leave behind, in the kernel's own files. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { v1DirectoriesOf } from "../../support/v1.ts";

const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 10;

/** The state letter of /proc/PID/stat; undefined when there is no such process. */
export function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2)[0];
  } catch {
    return undefined;
  }
}

/** Wait until something holds; fail when it does not in time. */
export async function until(holds: () => boolean, what: string, patienceMs = PATIENCE_MS): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!holds()) {
    assert.ok(Date.now() < end, `not in ${patienceMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Expect processes to be gone, at once. */
export function assertGone(pids: readonly number[]): void {
  const left = pids.filter((pid) => stateOf(pid) !== undefined);
  assert.deepEqual(left, [], "processes that are still there");
}

/** Directories of cgroups made by a proctor with this PID, wherever cgroups of either version are mounted, v2 first. */
export function cgroupsOf(pid: number): string[] {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n")
    .filter((line) => / - cgroup2 /.test(line)).map((line) => line.split(" ")[4]);
  return [
    ...[...new Set(mounts)].flatMap((mount) => search(mount, `proctor-${pid}-`)),
    ...v1DirectoriesOf(pid),
  ];
}

function search(directory: string, prefix: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory()).flatMap(
    (entry) => {
      const path = join(directory, entry.name);
      return entry.name.startsWith(prefix) ? [path] : search(path, prefix);
    },
  );
}
