import { join } from "../../../core/posix_path.ts";
import { readText } from "../proc/kernel_file.ts";
import { ownCgroup, v1Cgroup } from "./cgroup_path.ts";

/** A cgroup of one's own, with what systemd hands down: to the user's services, or to root's. */
const SCOPE = `systemd-run ${process.getuid?.() === 0 ? "" : "--user "}--scope -p Delegate=yes proctor …`;

/** How to get a place to make a cgroup, as a clause. */
export function howToGetCgroup(): string {
  return "reason" in ownCgroup()
    ? "mount cgroup v2 (kernel command line systemd.unified_cgroup_hierarchy=1)"
    : `start it as ${SCOPE} (in a container: with a writable /sys/fs/cgroup of its own)`;
}

/** How to get controllers for the cgroups we make, as a clause. */
export function howToGetControllers(): string {
  const own = ownCgroup();
  if ("reason" in own) return howToGetCgroup();
  const offered = readText(join(own.mountPoint, "cgroup.controllers")) ?? "";
  return /\bmemory\b/.test(offered)
    ? howToGetCgroup()
    : "boot with systemd.unified_cgroup_hierarchy=1, which gives cgroup v2 all controllers";
}

/**
 * How to get limits and the kernel's count of memory, as a clause. Where cgroup v1 has the controllers root needs no
 * more than a place for groups; users are given none there.
 */
export function howToGetLimits(): string {
  const v1 = v1Cgroup("memory");
  return process.getuid?.() === 0 && v1 && "directory" in v1 ? howToGetCgroup() : howToGetControllers();
}
