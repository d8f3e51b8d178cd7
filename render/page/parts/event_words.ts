import type { PageEvent } from "../../../core/schema/page_messages.ts";

/** What an event says, without whose it is. */
export function eventWords({ kind, from, to, pid, reason }: PageEvent): string {
  if (kind !== "transition") return `${kind.replaceAll("_", " ")}${reason === null ? "" : `: ${reason}`}`;
  const change = from === null ? `${to}` : `${from} → ${to}`;
  const what = to === "running" && pid !== null ? `${change} (PID ${pid})` : change;
  return reason === null ? what : `${what}: ${reason}`;
}

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
