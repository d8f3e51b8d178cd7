/* The v1 hierarchies of cgroups, and what is left in them; by the kernel's own files. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { v1Cgroup } from "../../platform/linux/cgroup/cgroup_path.ts";
import { noCgroup } from "./linux.ts";

/** A controller of cgroup v1 that proctor makes use of. */
export type V1Controller = "memory" | "cpu" | "pids";

/** Where the hierarchy of a controller is mounted. */
export function mountOf(controller: V1Controller): string {
  const own = v1Cgroup(controller);
  if (!own || "reason" in own) throw new Error(`no v1 hierarchy of ${controller}`);
  return own.mountPoint;
}

/** Our own directory in the hierarchy of a controller. */
export function ownV1(controller: V1Controller): string {
  const own = v1Cgroup(controller);
  if (!own || "reason" in own) throw new Error(`no v1 hierarchy of ${controller}`);
  return own.directory;
}

function canMake(controller: V1Controller): boolean {
  try {
    const trial = join(ownV1(controller), `test-${process.pid}`);
    mkdirSync(trial);
    rmdirSync(trial);
    return true;
  } catch {
    return false;
  }
}

/** Why groups cannot have v1 controllers here; false where they can. */
export const noV1 = noCgroup ||
  !(["memory", "cpu", "pids"] as const).every(canMake) &&
    "needs root on a hybrid host: cgroup v2 without controllers beside those of cgroup v1";

/** The directory of a process in the hierarchy of a controller. */
export function v1Of(pid: number, controller: V1Controller): string {
  const found = v1Cgroup(controller, pid);
  if (!found || "reason" in found) throw new Error(`process ${pid} is in no v1 hierarchy of ${controller}`);
  return found.directory;
}

/** A file of the directory that a process is in. */
export function v1File(pid: number, controller: V1Controller, name: string): string {
  return readFileSync(join(v1Of(pid, controller), name), "utf8").trim();
}

/** The value after a word in a file of such a directory. */
export function v1Value(pid: number, controller: V1Controller, name: string, word: string): number {
  const found = new RegExp(`^${word} (\\d+)$`, "m").exec(v1File(pid, controller, name));
  return found ? Number(found[1]) : NaN;
}

/** Directories that a proctor with this PID has made in any hierarchy of cgroup v1. */
export function v1DirectoriesOf(pid: number): string[] {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n")
    .filter((line) => / - cgroup /.test(line)).map((line) => line.split(" ")[4]);
  return [...new Set(mounts)].flatMap((mount) => search(mount, `proctor-${pid}-`));
}

function search(directory: string, prefix: string): string[] {
  let entries;
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch {
    return []; // Gone since it was listed.
  }
  return entries.filter((entry) => entry.isDirectory()).flatMap(({ name }) => {
    const path = join(directory, name);
    return name.startsWith(prefix) ? [path] : search(path, prefix);
  });
}

/** A cgroup v1 of our own for as long as `use` runs; afterwards nothing may be in it. */
export async function withV1<T>(
  controller: V1Controller,
  files: Readonly<Record<string, string>>,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = join(ownV1(controller), `test-${process.pid}-${Date.now()}`);
  mkdirSync(directory);
  try {
    for (const [name, value] of Object.entries(files)) writeFileSync(join(directory, name), value);
    return await use(directory);
  } finally {
    await removeSoon(directory);
  }
}

/** What has ended in a directory leaves it a moment later. */
async function removeSoon(directory: string): Promise<void> {
  for (let round = 0; existsSync(directory); round++) {
    try {
      rmdirSync(directory);
    } catch (error) {
      if (round > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** The command line of a command that is to run in such a directory. */
export function inV1(directory: string, command: readonly string[]): string[] {
  return ["sh", "-c", 'echo 0 > "$0/cgroup.procs" && exec "$@"', directory, ...command];
}

/** The most PIDs there can be. */
export function pidMax(): number {
  return Number(readFileSync("/proc/sys/kernel/pid_max", "utf8"));
}
