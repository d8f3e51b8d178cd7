/* Cgroups that look like those of containers and units, below our own. */
import { mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { cgroupIdentity } from "../../platform/linux/workloads/cgroup_layers.ts";
import { ownCgroup, parseMembership } from "../../platform/linux/cgroup/cgroup_path.ts";
import { readText } from "../../platform/linux/proc/kernel_file.ts";
import { fixture } from "./fixture.ts";
import { start } from "./live.ts";
import type { Live } from "./live.ts";
import { noCgroup } from "./linux.ts";

const own = parseMembership(readText("/proc/self/cgroup") ?? "") ?? "/";

/** Why no such cgroups can be made here; false where they can. What is inside of a container cannot be one itself. */
export const noWorkloads = noCgroup ||
  cgroupIdentity(own)?.container != null && "needs not to be inside of a container, as its cgroup tells";

/** Our own cgroup v2 directory. */
export function ownV2(): string {
  const found = ownCgroup();
  if ("reason" in found) throw new Error(found.reason);
  return found.directory;
}

/** A container ID that no other test has. */
export function freshId(): string {
  const digits = () => Math.floor(Math.random() * 2 ** 32).toString(16).padStart(8, "0");
  return Array.from({ length: 8 }, digits).join("");
}

let count = 0;
/** A word that no other test has, with letters only: of a container, a unit. */
export const freshName = (kind: string) => `${kind}-${process.pid}-${count++}`;

/** Make a directory below one, with all between, and remove them when they are disposed of. */
export function makeCgroup(below: string, path: string): AsyncDisposable & { readonly directory: string } {
  const steps = path.split("/");
  const directories = steps.map((_, at) => join(below, ...steps.slice(0, at + 1)));
  for (const directory of directories) mkdirSync(directory, { recursive: true });
  const removeAll = async () => {
    for (const directory of directories.reverse()) await removeSoon(directory);
  };
  return { directory: directories.at(-1)!, [Symbol.asyncDispose]: removeAll };
}

/** What has ended leaves its cgroup a moment later; one that others use as well stays. */
export async function removeSoon(directory: string): Promise<void> {
  for (let round = 0; round < 200; round++) {
    try {
      return rmdirSync(directory);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return;
      await sleep(10);
    }
  }
}

/** Start a fixture inside of a cgroup, of either version. */
export async function startInside(
  directories: readonly string[],
  name: string,
  ...args: string[]
): Promise<Live> {
  const enter = directories.map((_, at) => `echo 0 > "\${${at + 1}}/cgroup.procs"`).join(" && ");
  const script = `${enter} && shift ${directories.length} && exec "$@"`;
  return await start("sh", ["-c", script, "sh", ...directories, fixture(name), ...args]);
}
