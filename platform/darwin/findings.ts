import type { Finding } from "../contract/self.ts";
import { NO_CONTAINERS } from "./containment.ts";
import { FOOTPRINTS, NO_TRAFFIC, ORPHANS_LEAVE } from "./processes/tree_container.ts";
import { bsdInfo } from "./sys/libproc.ts";
import type { LibSystem } from "./sys/libsystem.ts";

const LINUX = "run on Linux, whose cgroups count and limit a tree";

/** What can be had on this Mac, and what not. */
export function readFindings(system: LibSystem): Finding[] {
  return [
    {
      topic: "containment",
      ok: false,
      detail: `process_group: ${NO_CONTAINERS}; ${ORPHANS_LEAVE}`,
      advice: LINUX,
    },
    { topic: "memory", ok: true, detail: FOOTPRINTS, advice: null },
    {
      topic: "limits",
      ok: false,
      detail: "memory, CPU and processes of a tree cannot be limited",
      advice: LINUX,
    },
    { topic: "network", ok: false, detail: NO_TRAFFIC, advice: LINUX },
    otherUsers(system),
  ];
}

/** Tried on launchd, which is root's. */
function otherUsers(system: LibSystem): Finding {
  const ok = bsdInfo(system, 1) !== null;
  return {
    topic: "processes",
    ok,
    detail: ok ? "every process can be read" : "processes of other users are visible, but not what they use",
    advice: ok ? null : "run as root",
  };
}
