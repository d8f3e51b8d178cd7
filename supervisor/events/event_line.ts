import type { SupervisorEvent } from "../control.ts";
import { tellsRecovery } from "../process/degradation.ts";
import type { Level } from "../process/supervised.ts";

/** An event as a line of the supervisor's own log, and how much it matters. */
export function eventLine({ kind, id, from, to, pid, reason }: SupervisorEvent): [Level, string] {
  const why = reason ? `: ${reason}` : "";
  const who = pid ? ` (PID ${pid})` : "";
  if (kind === "transition") {
    const level = to === "failed" ? "error" : to === "backoff" ? "warn" : "info";
    return [level, `${id}: ${from} → ${to}${to === "running" ? who : ""}${why}`];
  }
  const words = kind.replaceAll("_", " ");
  const isOver = kind === "degraded" && reason !== null && tellsRecovery(reason);
  const level = isOver ? "info" : LEVELS[kind] ?? "info";
  return [level, id === null ? `${words}${who}${why}` : `${id}: ${words}${why}`];
}

const LEVELS: Partial<Record<SupervisorEvent["kind"], Level>> = {
  limit: "warn",
  breaker: "warn",
  schedule: "warn",
  output_dropped: "warn",
  degraded: "error",
  reload_failed: "error",
  rollout_stopped: "error",
  health: "info",
};
