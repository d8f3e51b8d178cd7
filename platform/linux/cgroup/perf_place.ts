import { refusalToCountEverybody } from "../perf/cgroup_rung.ts";
import type { PerfPlace } from "../perf/perf_counters.ts";
import { howToCount, whyNotCounted } from "../perf/perf_refusal.ts";
import { howToGetCgroup } from "./advice.ts";
import { v1Cgroup } from "./cgroup_path.ts";
import { v1Obstacle } from "./v1_places.ts";
import type { V1Directories } from "./v1_places.ts";

/*
 * Perf events count a cgroup in whichever hierarchy has the controller perf_event: that of v2, in which it is always
 * on, unless a hierarchy of v1 with it is mounted, as hybrid hosts do.
 */

const OF_V2 = "cgroup v2 has it";

/** Whether counting a group takes a directory in a hierarchy of cgroup v1. */
export function isCountedInV1(): boolean {
  return v1Cgroup("perf_event") !== null && v1Refusal() === null;
}

/**
 * Where a group is counted.
 * @param directory of the group in cgroup v2
 */
export function perfPlace(directory: string, v1: V1Directories | undefined): PerfPlace {
  const place = v1?.get("perf_event");
  if (place !== undefined) return { directory: place };
  return v1Cgroup("perf_event") === null ? { directory } : v1Refusal() ?? { directory };
}

/** Why no group can be counted by cgroup v1; null where one can. */
function v1Refusal(): Extract<PerfPlace, { reason: string }> | null {
  const errno = refusalToCountEverybody();
  if (errno !== 0) return { reason: whyNotCounted(errno, "everybody"), advice: howToCount() };
  const reason = v1Obstacle("perf_event", OF_V2);
  return reason === null ? null : { reason, advice: howToGetCgroup() };
}
