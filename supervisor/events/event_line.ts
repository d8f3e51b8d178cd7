import { eventSentence } from "../../core/schema/event_words.ts";
import type { SupervisorEvent } from "../control.ts";
import { tellsRecovery } from "../process/degradation.ts";
import type { Level } from "../process/supervised.ts";

/** An event as a line of the supervisor's own log, and how much it matters. */
export function eventLine(event: SupervisorEvent): [Level, string] {
  return [levelOf(event), eventSentence(event)];
}

function levelOf({ kind, to, reason }: SupervisorEvent): Level {
  if (kind === "transition") return to === "failed" ? "error" : to === "backoff" ? "warn" : "info";
  const isOver = kind === "degraded" && reason !== null && tellsRecovery(reason);
  return isOver ? "info" : LEVELS[kind] ?? "info";
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
