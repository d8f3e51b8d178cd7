import { notifySchema } from "../../../../supervisor/config/notify_schema.ts";
import type { NotifyRule } from "../../../../supervisor/config/notify_schema.ts";
import type { ProcessState, SupervisorEvent } from "../../../../supervisor/control.ts";

/** A rule with its defaults. */
export const rule = (given: object): NotifyRule => notifySchema.parse(given);

/** An event, of a health check unless said otherwise. */
export function event(sequence: number, given: Partial<SupervisorEvent> = {}): SupervisorEvent {
  return {
    sequence,
    timestamp: "2026-01-31T12:00:00.000Z",
    kind: "health",
    id: "web",
    from: null,
    to: null,
    pid: null,
    reason: "unhealthy",
    ...given,
  };
}

/** A process goes from one state to another. */
export const transition = (sequence: number, from: ProcessState, to: ProcessState, id = "web") =>
  event(sequence, { kind: "transition", id, from, to, reason: null });
