import { basename, join } from "../../../core/posix_path.ts";
import { ProctorError } from "../../../core/error.ts";
import { systemCall } from "../sys/machine_code.ts";
import { pathAddress, readFile, readText, text } from "../proc/kernel_file.ts";
import { describeErrno } from "../sys/errno.ts";
import { forEachPid } from "./cgroup_files.ts";
import type { Controller } from "./cgroup_home.ts";
import { v1Cgroup } from "./cgroup_path.ts";
import { removeEmpty } from "./group_directories.ts";

/*
 * Where groups have their directories in the hierarchies of cgroup v1: right below our own, by the name they have in
 * v2.
 */

/** Directories of one group by controller; two controllers of one hierarchy share theirs. */
export type V1Directories = ReadonlyMap<V1Controller, string>;

/** A controller of cgroup v1. Version 2 has perf_event everywhere and at all times, unless v1 has taken it. */
export type V1Controller = Controller | "perf_event";

/** The controllers of cgroup v1 that do for a group what those of v2 do; blkio does not count what io does. */
const V1_CONTROLLERS: readonly V1Controller[] = ["memory", "cpu", "pids", "perf_event"];

const W_OK = 2;
/** Until Linux 5.11 a group below ours could be outside of all limits around us; systemd has never had it so. */
const NOT_HIERARCHICAL = "memory.use_hierarchy is 0 there, so that no limit around us would hold";

/**
 * Why no group can be made in the v1 hierarchy of a controller; null when one can.
 * @param v2 why cgroup v2 does not serve: the answer where v1 does not have the controller either
 */
export function v1Obstacle(controller: V1Controller, v2: string): string | null {
  if (!V1_CONTROLLERS.includes(controller)) return v2;
  const own = v1Cgroup(controller);
  if (own === null) return v2;
  if ("reason" in own) return `${v2}, and ${own.reason}`;
  const refused = -systemCall("faccessat", 0, pathAddress(own.directory), W_OK);
  if (refused !== 0) return `no group can be made in ${own.directory}: ${describeErrno(refused)}`;
  const isFlat = controller === "memory" &&
    readText(join(own.directory, "memory.use_hierarchy"))?.trim() === "0";
  return isFlat ? `no group can be made in ${own.directory}: ${NOT_HIERARCHICAL}` : null;
}

/**
 * Where the directories of a group are to be, below our own in each hierarchy.
 * @throws ProctorError of kind `system` when a hierarchy cannot be reached
 */
export function planV1(name: string, controllers: readonly V1Controller[]): V1Directories {
  return new Map(controllers.map((controller) => {
    const own = v1Cgroup(controller);
    if (own === null || "reason" in own) {
      throw new ProctorError("system", own?.reason ?? `no cgroup v1 has the controller ${controller}`);
    }
    return [controller, join(own.directory, name)];
  }));
}

/**
 * Remove what stands below our own places under the names of groups that were abandoned.
 * @param names as found in cgroup v2
 */
export function removeLeftV1(names: readonly string[]): void {
  if (names.length === 0) return;
  for (const controller of V1_CONTROLLERS) {
    const own = v1Cgroup(controller);
    if (own === null || "reason" in own) continue;
    for (const name of names) removeEmpty(join(own.directory, name));
  }
}

/**
 * Where the directories of a group are that another process has made: below our own, or where a member is.
 * @param directory of the group in cgroup v2; those of v1 have the same name
 */
export function findV1(directory: string): V1Directories {
  const name = basename(directory);
  const member = firstMember(directory);
  const found = new Map<V1Controller, string>();
  for (const controller of V1_CONTROLLERS) {
    for (const place of [below(v1Cgroup(controller)), member && above(v1Cgroup(controller, member))]) {
      const candidate = place && place(name);
      if (!candidate || !readFile(join(candidate, "cgroup.procs"))) continue;
      found.set(controller, candidate);
      break;
    }
  }
  return found;
}

type Found = ReturnType<typeof v1Cgroup>;

function below(own: Found): ((name: string) => string) | null {
  return own && "directory" in own ? (name) => join(own.directory, name) : null;
}

/** The part of a member's path that ends in the name: the member may be in a cgroup of its own below. */
function above(own: Found): ((name: string) => string | null) | null {
  if (!own || "reason" in own) return null;
  return (name) => {
    const at = `${own.directory}/`.indexOf(`/${name}/`);
    return at < 0 ? null : own.directory.slice(0, at + 1 + name.length);
  };
}

function firstMember(directory: string): number | null {
  let first: number | null = null;
  if (readFile(join(directory, "cgroup.procs"))) {
    forEachPid(text.bytes, text.length, (pid) => first ??= pid);
  }
  return first;
}

/** Each directory once. */
export function unique(directories: V1Directories): string[] {
  return [...new Set(directories.values())];
}
