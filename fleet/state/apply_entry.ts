import type { Arrival } from "../model/arrival.ts";
import type { AgentView } from "../model/view.ts";
import type { JournalEntry } from "../store/contract.ts";
import type { FleetState } from "./fleet_state.ts";

/** Hears of a message that could not be applied. */
export type ApplyFailed = (topic: string, error: unknown) => void;

/**
 * Apply what an entry of the journal tells. What is in the journal comes back after each restart, and to each manager
 * that follows: one arrival that cannot be applied is left out, and must not keep away all that comes after it.
 */
export function applyEntry(
  state: Pick<FleetState, "apply">,
  { topic, receivedAt }: Pick<JournalEntry, "topic" | "receivedAt">,
  arrivals: Iterable<Arrival>,
  failed: ApplyFailed,
  isStored?: (agent: AgentView, time: number) => boolean,
): void {
  for (const arrival of arrivals) {
    try {
      state.apply(arrival, receivedAt, isStored);
    } catch (error) {
      failed(topic, error);
    }
  }
}
