import { STATES_BY_URGENCY } from "../../../core/schema/state_order.ts";
import type { ProcessStatus } from "../../../supervisor/control.ts";
import type { MonitorState } from "./state.ts";

const UNHEALTHY = STATES_BY_URGENCY.indexOf("backoff") + 0.5;

type Asked = Pick<MonitorState, "filter" | "sort" | "isReversed">;

/** The processes that are to be shown, in their order. */
export function rowsOf(
  statuses: readonly ProcessStatus[],
  { filter, sort, isReversed }: Asked,
): ProcessStatus[] {
  const chosen = statuses.filter((status) => passes(status, filter));
  const compared = COMPARED[sort];
  if (compared) chosen.sort(compared);
  return isReversed ? chosen.reverse() : chosen;
}

type Compare = (a: ProcessStatus, b: ProcessStatus) => number;

/** The most of anything comes first; who is alike stays in the order of the configuration. */
const COMPARED: Readonly<Record<MonitorState["sort"], Compare | null>> = {
  order: null,
  id: (a, b) => a.id < b.id ? -1 : 1,
  state: (a, b) => urgency(a) - urgency(b),
  uptime: (a, b) => (b.uptime_seconds ?? -1) - (a.uptime_seconds ?? -1),
  restarts: (a, b) => b.restarts - a.restarts,
  cpu: (a, b) => (b.cpu_percent ?? -1) - (a.cpu_percent ?? -1),
  memory: (a, b) => (b.memory_bytes ?? -1) - (a.memory_bytes ?? -1),
};

function urgency({ state, health }: ProcessStatus): number {
  return health === "unhealthy" ? UNHEALTHY : STATES_BY_URGENCY.indexOf(state);
}

/** Whether a filter lets a process through: a part of its id, state or health, or `@group`. */
function passes({ id, state, health, groups }: ProcessStatus, filter: string): boolean {
  if (filter.startsWith("@")) return (groups ?? []).some((group) => group.startsWith(filter.slice(1)));
  const text = filter.toLowerCase();
  return [id.toLowerCase(), state, health ?? ""].some((word) => word.includes(text));
}
