import { isLike } from "../../core/id_pattern.ts";
import type { NotifyRule } from "../config/notify_schema.ts";
import type { SupervisorEvent } from "../control.ts";
import { isNamed } from "../instance_rows.ts";

/** Whether a destination is to be told of an event as such. */
export function isWanted(
  rule: Pick<NotifyRule, "kinds" | "states" | "processes">,
  { kind, id, to }: SupervisorEvent,
): boolean {
  if (!rule.kinds.includes(kind)) return false;
  if (rule.processes && (id === null || !rule.processes.some((name) => isMeant(name, id)))) return false;
  return kind !== "transition" || (to !== null && rule.states.includes(to));
}

/** A name that has instances stands for all of them, as in `proctor ctl`. */
function isMeant(name: string, id: string): boolean {
  return isLike(name, id) || isNamed(name, id);
}
