import { join, relative } from "../../../core/posix_path.ts";
import type { CgroupPlace } from "../../contract/workloads.ts";
import { readText } from "../proc/kernel_file.ts";
import { parseCgroups } from "../processes/process_entry.ts";
import { parseCgroupMounts } from "./cgroup_place.ts";
import type { CgroupMount } from "./cgroup_place.ts";

/** Where the files of a cgroup are that others have made, as far as its hierarchies are mounted where we see them. */
export interface ObservedDirectories {
  /** In cgroup v2, which counts CPU in any case. */
  readonly v2: string | null;
  /** In the hierarchy of v1 that counts memory. */
  readonly v1Memory: string | null;
  /** In the hierarchy of v1 that counts CPU. */
  readonly v1Cpu: string | null;
  /** One that lists the members; null when none is in sight. */
  readonly list: string | null;
}

/**
 * Where the files of a cgroup are.
 * @param places its paths as /proc/PID/cgroup shows them, one for each hierarchy that has it
 * @param proc where to read instead of /proc, for captured trees
 */
export function observedDirectories(places: readonly CgroupPlace[], proc = "/proc"): ObservedDirectories {
  const hierarchies = parseCgroups(readText(`${proc}/self/cgroup`) ?? "").map(({ hierarchy }) => hierarchy);
  const mounts = parseCgroupMounts(readText(`${proc}/self/mountinfo`) ?? "", hierarchies);
  const directory = (has: (controllers: readonly string[]) => boolean) => {
    const place = places.find(({ hierarchy }) => hierarchy !== null && has(hierarchy.split(",")));
    return place ? directoryOf(place, mounts) : null;
  };
  const v2 = directory(([only]) => only === "");
  const v1Memory = directory((controllers) => controllers.includes("memory"));
  const v1Cpu = directory((controllers) => controllers.includes("cpuacct"));
  const list = v2 ?? v1Memory ?? v1Cpu ?? directory(() => true);
  return { v2, v1Memory, v1Cpu, list };
}

/** Null where no mount shows it: seen from a cgroup namespace, what is outside is at `/..` or above. */
export function directoryOf({ hierarchy, path }: CgroupPlace, mounts: readonly CgroupMount[]): string | null {
  if (path.split("/").includes("..")) return null;
  for (const mount of mounts) {
    if (mount.hierarchy !== hierarchy || mount.root.split("/").includes("..")) continue;
    const below = relative(mount.root, path);
    if (below !== ".." && !below.startsWith("../")) return join(mount.point, below);
  }
  return null;
}
