import type { ContainerRequest } from "../../contract/containment.ts";
import { unknownCounts } from "../../contract/counters.ts";
import type { TreeCounters } from "../../contract/counters.ts";
import { unknownTraffic } from "../../contract/traffic.ts";
import type { TreeTraffic } from "../../contract/traffic.ts";

/** What Windows does not count for a tree, each with the reason where it was asked for. */

/** Why nobody knows what a tree receives and sends. */
export const NO_TRAFFIC = "Windows does not count it by process";

/** What sockets receive and send. */
export function noTraffic({ traffic }: ContainerRequest): TreeTraffic {
  const obstacle = traffic ? NO_TRAFFIC : null;
  return { counted: unknownTraffic(), source: null, obstacle };
}

/** Events of the kernel and the processor. */
export function noCounters({ counters }: ContainerRequest): TreeCounters | null {
  if (!counters) return null;
  return {
    source: null,
    includesKernel: false,
    obstacle: "Windows does not count them for a tree",
    hasHardware: false,
    hardwareObstacle: null,
    advice: null,
    gap: null,
    read: unknownCounts,
  };
}
