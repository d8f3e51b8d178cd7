import type { PageEvent } from "../../../core/schema/page_messages.ts";

/** Whether an event is one that somebody should look at. */
export function isBad({ kind, to, reason }: PageEvent): boolean {
  if (to === "failed" || to === "backoff") return true;
  if (kind === "health") return /unhealthy|fail/.test(reason ?? "");
  // That it can do something again is told by the same kind.
  if (kind === "degraded") return !(reason ?? "").endsWith(" again");
  return BAD_KINDS.includes(kind);
}

const BAD_KINDS: readonly string[] = [
  "schedule",
  "output_dropped",
  "reload_failed",
  "rollout_stopped",
];
