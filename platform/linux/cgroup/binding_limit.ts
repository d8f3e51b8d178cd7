import { join } from "../../../core/posix_path.ts";
import { readText } from "../proc/kernel_file.ts";
import { parseCpuMax, parseLimit } from "./cgroup_files.ts";
import { directoriesUpwards, ownCgroups } from "./cgroup_path.ts";
import type { OwnCgroup, OwnCgroups } from "./cgroup_path.ts";

/*
 * The least limit from our cgroup up to the root, in either version of cgroups; Infinity where there is none. `sys`
 * is where what lies in /sys is to be found, for captured trees.
 */

/** Most memory in bytes (`memory.max`, `memory.limit_in_bytes`). */
export function leastMemoryLimit(own: OwnCgroups, sys = "/sys"): number {
  const limit = (name: string) => (directory: string) => parseLimit(readText(join(directory, name)) ?? "max");
  return Math.min(
    least(own.v2, sys, limit("memory.max")),
    least(own.v1("memory"), sys, limit("memory.limit_in_bytes")),
  );
}

/** Most CPU in cores (`cpu.max`, `cpu.cfs_quota_us`). */
export function leastCpuLimit(own: OwnCgroups = ownCgroups(), sys = "/sys"): number {
  return Math.min(
    least(own.v2, sys, (directory) => parseCpuMax(readText(join(directory, "cpu.max")) ?? "max")),
    least(own.v1("cpu"), sys, v1Cores),
  );
}

/** The cores that the quota of one cgroup v1 allows; Infinity without one. */
function v1Cores(directory: string): number {
  const value = (name: string) => Number(readText(join(directory, name)) ?? -1);
  const quota = value("cpu.cfs_quota_us");
  return quota < 0 ? Infinity : quota / value("cpu.cfs_period_us");
}

/** The root, and a cgroup without the controller, have no such file. */
function least(own: OwnCgroup | null, sys: string, limitOf: (directory: string) => number): number {
  return Math.min(...directoriesUpwards(own).map((one) => limitOf(one.replace(/^\/sys(?=\/)/, sys))));
}
