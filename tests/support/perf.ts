/* What a process counts by perf, as the kernel lists its descriptors. */
import { readdirSync, readlinkSync } from "node:fs";
import { refusalToCountEverybody } from "../../platform/linux/perf/cgroup_rung.ts";

/** Why no cgroup can be counted here; false when one can. */
export const noPerf: string | false = refusalToCountEverybody() !== 0 &&
  "needs root, or CAP_PERFMON, and a kernel that counts cgroups";

/** How many counters a process has open. */
export function perfDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`) === "anon_inode:[perf_event]";
    } catch {
      return false; // Closed since it was listed.
    }
  }).length;
}
