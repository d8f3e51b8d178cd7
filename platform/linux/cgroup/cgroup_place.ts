import { nodeFs } from "../../../io/builtins.ts";
import { join } from "../../../core/posix_path.ts";
import type { CgroupPlace } from "../../contract/workloads.ts";
import { unescapeOctal } from "../proc/mountinfo.ts";

/** Where a cgroup hierarchy is mounted. */
export interface CgroupMount {
  readonly point: string;
  /** Which of its directories is mounted. */
  readonly root: string;
  /** As in /proc/PID/cgroup (cgroups(7)): `cpu,cpuacct`, `name=systemd`, or nothing for v2. */
  readonly hierarchy: string;
}

/**
 * The mounts of cgroups in /proc/PID/mountinfo (proc_pid_mountinfo(5)): v1 names its controllers among the options of
 * the file system, the last field.
 * @param hierarchies as /proc/PID/cgroup names them
 */
export function parseCgroupMounts(mountinfo: string, hierarchies: readonly string[]): CgroupMount[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [before, after] = line.split(" - ");
    const [type, , options] = after?.split(" ") ?? [];
    const [, , , root, point] = before.split(" ").map(unescapeOctal);
    if (type === "cgroup2") return [{ point, root, hierarchy: "" }];
    if (type !== "cgroup" || options === undefined) return [];
    const words = options.split(",");
    const hierarchy = hierarchies.find((one) =>
      one !== "" && one.split(",").every((word) => words.includes(word))
    );
    return hierarchy === undefined ? [] : [{ point, root, hierarchy }];
  });
}

/** The cgroup that a path names; what lies below no mount is a path in any hierarchy. */
export function cgroupPlace(path: string, mounts: readonly CgroupMount[]): CgroupPlace {
  // Debian has links such as `cpu` to `cpu,cpuacct`.
  const directory = resolved(path);
  const above = mounts.filter(({ point }) => directory === point || directory.startsWith(`${point}/`));
  const nearest = above.sort((one, other) => other.point.length - one.point.length)[0];
  const inside = nearest ? join("/", nearest.root, directory.slice(nearest.point.length)) : join("/", path);
  return { hierarchy: nearest?.hierarchy ?? null, path: inside.replace(/\/$/, "") };
}

function resolved(path: string): string {
  try {
    return nodeFs().realpathSync(path);
  } catch {
    return join("/", path).replace(/\/$/, "");
  }
}
